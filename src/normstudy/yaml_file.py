"""A file of YAML 1.2, as people write one: `010` is ten, `1:30` and `no` are text, and no key counts twice.

YAML 1.1, which PyYAML reads, makes of these 8, 90 and false, in silence.
"""

from __future__ import annotations

import codecs
import stat
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError, SafeConstructor
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from normstudy.errors import NormstudyError
from normstudy.text import one_line

LARGEST = 100_000
"""Bytes; a parameter file has a few hundred."""

VERSION = (1, 2)

MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
"""With which bytes Windows' editors begin a text, and what its encoding is then."""


class YamlError(NormstudyError):
    """A file cannot be read, or is not valid YAML."""


def read_yaml(path: str | Path) -> Any:
    """What the file holds; None when that is nothing, or comments alone.

    Raises `YamlError`: one line with the file, its line if one is at fault, and why.
    """
    shown = one_line(path)
    try:
        text = _text(Path(path))
    except (OSError, ValueError) as error:
        raise YamlError(f"{shown}: cannot be read ({one_line(getattr(error, 'strerror', None) or error)})") from None
    reader = YAML(typ="safe", pure=True)
    reader.Constructor = _Constructor
    try:
        return reader.load(text)
    except Exception as error:  # ruamel's own, and what `2020-13-45` or `!!int x` make Python's types say
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        told = [getattr(error, "context", None), getattr(error, "problem", None)]
        problem = one_line(", ".join(filter(None, told)) or error)
        raise YamlError(f"{shown}{line}: not valid YAML ({problem})") from None


def _text(path: Path) -> str:
    """What a file of text holds. Raises `OSError`, or `ValueError` when it is something else."""
    state = path.stat()
    if not stat.S_ISREG(state.st_mode):  # a pipe or a device may have no end
        raise ValueError("it is no file")
    if state.st_size > LARGEST:
        raise ValueError(f"it has {state.st_size:,} bytes where {LARGEST:,} are more than enough")
    content = path.read_bytes()
    encoding = next((encoding for mark, encoding in MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f"{error}; save it as UTF-8") from None


class _Constructor(SafeConstructor):
    """Refuses another version of YAML, and a key that is given twice or is no scalar; has no `<<: *another`."""

    def construct_document(self, node: Node) -> Any:
        version = self.loader.version
        if version not in (None, VERSION):
            asked, ours = (".".join(map(str, each)) for each in (version, VERSION))
            raise ConstructorError(problem=f"`%YAML {asked}`: it is read as YAML {ours}; delete this line")
        return super().construct_document(node)

    def check_mapping_key(self, node: Node, key_node: Node, mapping: dict, key: Any, value: Any) -> bool:
        if not isinstance(key_node, ScalarNode):
            raise ConstructorError(problem="a key must be a word", problem_mark=key_node.start_mark)
        if key in mapping:
            raise ConstructorError(
                problem=f"`{key_node.value}` is given twice; delete one of the two lines",
                problem_mark=key_node.start_mark,
            )
        return True

    def flatten_mapping(self, node: MappingNode) -> None:
        pass  # its result can be exponentially larger than the file
