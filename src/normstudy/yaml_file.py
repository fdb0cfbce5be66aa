"""A file of YAML 1.2, as people write one: `010` is ten, `1:30` and `no` are text, and no key counts twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError, SafeConstructor
from ruamel.yaml.nodes import MappingNode, Node

from normstudy.errors import NormstudyError
from normstudy.text import one_line

LARGEST = 100_000
"""Bytes; a parameter file has a few hundred."""


class YamlError(NormstudyError):
    """A file cannot be read, or is not valid YAML."""


def read_yaml(path: str | Path) -> Any:
    """What the file holds; None when that is nothing, or comments alone.

    Raises `YamlError`: one line with the file, its line if one is at fault, and why.
    """
    path, shown = Path(path), one_line(path)
    try:
        if path.stat().st_size > LARGEST or not path.is_file():
            raise YamlError(f"{shown}: cannot be read (it is no file of at most {LARGEST:,} bytes)")
        content = path.read_bytes()
    except OSError as error:
        raise YamlError(f"{shown}: cannot be read ({error.strerror})") from None
    reader = YAML(typ="safe", pure=True)
    reader.Constructor = _Constructor
    try:
        return reader.load(content)
    except Exception as error:  # ruamel's own, and what `2020-13-45` or `!!int x` make Python's types say
        mark = getattr(error, "problem_mark", None)
        where = f"{shown}, line {mark.line + 1}" if mark else shown
        parts = [getattr(error, name, None) for name in ("context", "problem")]
        problem = one_line(", ".join(filter(None, parts)) or error)
        problem += "; save it as UTF-8" if "invalid start byte" in problem else ""
        raise YamlError(f"{where}: not valid YAML ({problem})") from None


class _Constructor(SafeConstructor):
    def flatten_mapping(self, node: MappingNode) -> None:
        """Insert what `<<: *base` merges. Next to that ruamel would let a key be given twice, and merge without end."""
        seen: dict[tuple[str, str], Node] = {}
        for key, _ in () if node.merge else node.value:
            if seen.setdefault((key.tag, str(key.value)), key) is not key:
                problem = f"`{key.value}` is given twice; delete one of the two lines"
                raise ConstructorError(problem=problem, problem_mark=key.start_mark)
        super().flatten_mapping(node)
        if len(node.value) > LARGEST:
            raise ConstructorError(problem="too much is merged", problem_mark=node.start_mark)
