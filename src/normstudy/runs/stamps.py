"""`verified.json` of a run folder: under which later sources the run was found to have the same numbers, bit by bit.

A list of records, each written by `make verify STAMP=1`:

    from, to        fingerprints of the sources that made the run, and of those that trained it again
    compared        the run that was trained again: this one, or another of the same kind of model
    epochs          how many of its epochs were compared
    measures        what was compared of each
    environment     processor, versions, and the threads that trained it again

It counts while SHA256SUMS lists it. A process that is killed while it adds a record leaves the folder without
one, and otherwise as it was.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from normstudy.paths import write_whole
from normstudy.runs import manifest
from normstudy.runs.contract import Stamp, checked
from normstudy.text import one_line

NAME = "verified.json"

LEFT_BEHIND = {NAME, f".{NAME}.new", f".{manifest.NAME}.new"}
"""What a stamped run folder may hold besides what another folder of the same run has."""


def read(folder: Path) -> list[Stamp]:
    """The records in `folder`. Raises `ValueError`, as `manifest.read` does, or when they cannot be understood."""
    sums = manifest.read(folder)
    if NAME not in sums:
        return []
    try:
        if manifest.digest(folder / NAME) != sums[NAME]:
            raise ValueError("not as it was written (checksum differs)")
        return checked(list[Stamp], json.loads((folder / NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{NAME}: {one_line(error)}") from None


def equivalent(stamps: Sequence[Stamp], made_by: str) -> set[str]:
    """The sources that give the numbers of a run, made by those of fingerprint `made_by`, by its `stamps`."""
    known = {made_by}
    while more := {stamp["to"] for stamp in stamps if stamp["from"] in known} - known:
        known |= more
    return known


def add(folder: Path, stamp: Stamp) -> None:
    """Add a record to those in `folder`. Raises `DiskError`, `OSError`, and `ValueError` as `read`."""
    stamps = [*read(folder), stamp]
    others = {name: each for name, each in manifest.read(folder).items() if name != NAME}
    # One after the other, so that no file is ever listed by a sum that is not its own.
    manifest.put(folder, others)
    write_whole(folder / NAME, json.dumps(stamps, indent=1, ensure_ascii=False) + "\n")
    manifest.put(folder, {**others, NAME: manifest.digest(folder / NAME)})
