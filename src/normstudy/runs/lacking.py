"""What the records of `results/` have of a study, and what has still to be trained."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from normstudy.config import run_name
from normstudy.runs.folder import is_of_present_sources
from normstudy.runs.record import RecordedRun, read_records
from normstudy.runs.studies import PlannedRun
from normstudy.runs.study_file import Study


def recorded_runs(study: Study, results: Path) -> dict[str, RecordedRun]:
    """By name, the runs of `study` of which the records in `results` have all that it keeps.

    Only those that the present sources made, or would make; whichever study they were trained for. Raises
    `RecordError` when a record is damaged.
    """
    models = {run_name(run.config): run.model for run in study.runs}
    found: dict[str, RecordedRun] = {}
    # Its own last, which takes precedence.
    for record in sorted(read_records(results).values(), key=lambda record: record.name == study.name):
        for run in record.runs:
            if run.name in models and is_of_present_sources(run) and is_enough(run, study):
                kept = {name: run.afterwards[name] for name in study.afterwards if name in run.afterwards}
                found[run.name] = replace(run, model=models[run.name], afterwards=kept)
    return found


def is_enough(run: RecordedRun, study: Study) -> bool:
    """Whether the record of `run` has all that `study` keeps of a run."""
    if run.diverged:
        return True
    return set(study.afterwards) <= run.afterwards.keys() and (not study.predictions or run.has_predictions)


def lacking(study: Study, results: Path) -> list[PlannedRun]:
    """The runs of `study` that `recorded_runs` does not have; raises as that."""
    return not_among(study, recorded_runs(study, results))


def not_among(study: Study, names: Collection[str]) -> list[PlannedRun]:
    """The runs of `study` whose name is not among `names`."""
    planned = [PlannedRun(study.path, run.config) for run in study.runs]
    return [run for run in planned if run.name not in names]
