"""The runs at a place that somebody names: a run folder, a folder of runs, or the record of a study."""

from __future__ import annotations

import os
from pathlib import Path

from normstudy.paths import project_root
from normstudy.runs import manifest
from normstudy.runs.folder import FinishedRun, RunError, read_run, remedy
from normstudy.runs.record import read_record, record_names
from normstudy.text import one_line

MOST_SHOWN = 8
"""Runs that a message names."""


def whole_run(folder: Path | str) -> FinishedRun:
    """The run in `folder`, none of whose files is missing or altered. Raises `RunError`: one line, with the remedy."""
    place = Path(os.path.abspath(folder))  # `.` has no name, and a run is known by its own
    if not any((place / name).exists() for name in ("metrics.json", manifest.NAME)):
        raise RunError(f"{one_line(folder)}: no run there; {one_of_those(place)}")
    run = read_run(place)
    try:
        problem = manifest.altered(place)
    except ValueError as error:
        problem = str(error)
    if problem:
        raise RunError(f"{one_line(folder)}: {problem}; {remedy(place)}")
    return run


def runs_at(place: Path | str) -> list[FinishedRun]:
    """All runs at `place`, each once, by name; of a run with a folder and in a record, that of the folder.

    `place` is a run folder, a folder that holds run folders or records of studies or both, or such a record. Raises
    `RunError` and `RecordError` when one is damaged, and `RunError` when there is none.
    """
    shown, place = one_line(place), Path(os.path.abspath(place))
    found: dict[str, FinishedRun]
    if place.is_file() and place.suffix == ".json":
        found = {run.name: run for run in read_record(place).runs}
    elif (place / "metrics.json").is_file():
        found = {place.name: whole_run(place)}
    else:
        found = {run.name: run for name in record_names(place) for run in read_record(place / f"{name}.json").runs}
        found |= {folder.name: whole_run(folder) for folder in run_folders(place)}
    if not found:
        others = "name a folder of runs (runs, results), or a study's record"
        raise RunError(f"{shown}: no run there; {others}; or {one_of_those(place)}")
    return [found[name] for name in sorted(found)]


def one_of_those(place: Path) -> str:
    """Which run folders to name in the place of `place`: those in it, else those of `runs/` and `results/`.

    Of these, if there are any, those whose names begin alike.
    """
    usual = [folder for name in ("runs", "results") for folder in run_folders(project_root() / name)]
    there_are = run_folders(place) or [each for each in usual if each.name.startswith(place.name)] or usual
    if not there_are:
        return "train one first (`make train`)"
    shown = [one_line(os.path.relpath(each) if each.is_relative_to(Path.cwd()) else each) for each in there_are]
    more = f" or one of {len(shown) - MOST_SHOWN} others" if len(shown) > MOST_SHOWN else ""
    return f"name {', '.join(shown[:MOST_SHOWN])}{more}"


def run_folders(place: Path) -> list[Path]:
    """The run folders in `place`, by name; not the hidden folders that jobs keep there."""
    found = [path.parent for path in place.glob("*/metrics.json") if not path.parent.name.startswith(".")]
    return sorted(found)
