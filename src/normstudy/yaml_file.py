"""A file of YAML 1.2, as people write one: `010` is ten, `1:30` and `no` are text, and no key counts twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

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
        return YAML(typ="safe", pure=True).load(path.read_bytes())
    except OSError as error:
        raise YamlError(f"{shown}: cannot be read ({error.strerror})") from None
    except YamlError:
        raise
    except Exception as error:  # ruamel's own, and what `2020-13-45` or `!!int x` make Python's types say
        mark = getattr(error, "problem_mark", None)
        where = f"{shown}, line {mark.line + 1}" if mark else shown
        parts = [getattr(error, name, None) for name in ("context", "problem")]
        problem = one_line(", ".join(filter(None, parts)) or error)
        remedy = {"invalid start byte": "save it as UTF-8", "duplicate key": "delete one of the two lines"}
        problem += "".join(f"; {words}" for sign, words in remedy.items() if sign in problem)
        raise YamlError(f"{where}: not valid YAML ({problem})") from None
