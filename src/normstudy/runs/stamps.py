"""`verified.json` of a folder of runs or records: which later sources give its runs the same numbers, bit by bit.

A list, to which `make verify STAMP=1` adds; the runs and records themselves stay as they were written.

    from, to        fingerprints of the sources that made the runs, and of those that trained them again
    runs, compared  the names of these runs, all of one kind of model, and of those among them that were trained again
    epochs          how many of their epochs were compared
    measures        what was compared of each
    environment     processor, versions, and the threads that trained them again
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from normstudy.errors import NormstudyError
from normstudy.paths import bring_back, write_whole
from normstudy.runs.contract import Count, checked
from normstudy.text import one_line

NAME = "verified.json"

Fingerprint = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]

Stamp = TypedDict(
    "Stamp",
    {
        "from": Fingerprint,
        "to": Fingerprint,
        "runs": list[str],
        "compared": list[str],
        "epochs": Count,
        "measures": list[str],
        "environment": dict[str, str],
    },
)


class StampError(NormstudyError):
    """The stamps of a folder are not readable."""


def read(folder: Path) -> list[Stamp]:
    """The stamps of the runs in `folder`. Raises `StampError`: one line with the file, fault and remedy."""
    try:
        return _stamps((folder / NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError, RecursionError) as error:
        remedy = bring_back(folder / NAME) or "delete it, and call `make verify STAMP=1` again"
        raise StampError(f"{folder / NAME}: not readable ({one_line(error)}); {remedy}") from None


@lru_cache(maxsize=4)  # which is asked for each run of a record
def _stamps(text: str) -> list[Stamp]:
    return checked(list[Stamp], json.loads(text))


def equivalent(folder: Path, run: str, made_by: str) -> set[str]:
    """The sources that give the numbers of `run` in `folder`, made by those of `made_by`. Raises as `read`."""
    stamps = [stamp for stamp in read(folder) if run in stamp["runs"]]
    known = {made_by}
    while more := {stamp["to"] for stamp in stamps if stamp["from"] in known} - known:
        known |= more
    return known


def add(folder: Path, stamps: Iterable[Stamp]) -> None:
    """Add to the stamps in `folder` those that are not there. Raises `DiskError`, and as `read`."""
    before = read(folder)
    if new := [stamp for stamp in stamps if stamp not in before]:
        lines = ",\n".join(json.dumps(stamp, ensure_ascii=False) for stamp in [*before, *new])
        write_whole(folder / NAME, f"[\n{lines}\n]\n")


def carry(runs: Iterable[str], source: Path, target: Path) -> None:
    """Add to the stamps in `target` those of `runs` in `source`, from where they were copied. Raises as `add`."""
    names = set(runs)
    add(target, [stamp for stamp in read(source) if names & set(stamp["runs"])])
