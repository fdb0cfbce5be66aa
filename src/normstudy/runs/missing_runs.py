"""What the records of `results/` have of a study, and what has still to be trained."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from normstudy.config import run_name
from normstudy.paths import project_root
from normstudy.runs.folder import is_of_present_sources
from normstudy.runs.record import RecordedRun, read_record, read_records
from normstudy.runs.studies import PlannedRun
from normstudy.runs.study_file import FOLDER, Study, study_file_names

RESULTS = Path("results")
"""Of this project: the records of the studies in `params/studies/`."""


def record_path(study: Study, results: Path | None = None) -> Path:
    """Where the record of `study` is: in `results` if that is given, else where studies of its kind are recorded.

    Those of the project's `params/studies/` are in its `results/`. That of a user's own study is next to its file.
    """
    published = study.path.resolve().parent == project_root().resolve() / "params" / FOLDER
    if results is None and not published:
        return study.path.with_suffix(".json")
    return (results or RESULTS) / f"{study.name}.json"


def own_studies(params: Path) -> list[Path]:
    """The records of a user's own studies in `params`, a folder of parameter files: next to `studies/*.yaml` there."""
    if params.resolve() == project_root().resolve() / "params":
        return []
    files = [params / FOLDER / f"{name}.yaml" for name in study_file_names(params)]
    return [file.with_suffix(".json") for file in files if file.with_suffix(".json").exists()]


def recorded_runs(study: Study, results: Path | None = None) -> dict[str, RecordedRun]:
    """By name, the runs of `study` of which a record has all that it keeps: its own, or one of those in `results`.

    Only those that the present sources made, or would make; whichever study they were trained for. Raises
    `RecordError` when a record is damaged.
    """
    models = {run_name(run.config): run.model for run in study.runs}
    found: dict[str, RecordedRun] = {}
    own = record_path(study, results)
    records = [record for record in read_records(results or RESULTS).values() if record.name != own.stem]
    # Its own last, which takes precedence.
    for record in [*records, *([read_record(own)] if own.exists() else [])]:
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


def missing_runs(study: Study, results: Path | None = None) -> list[PlannedRun]:
    """The runs of `study` that `recorded_runs` does not have; raises as that."""
    return not_among(study, recorded_runs(study, results))


def not_among(study: Study, names: Collection[str]) -> list[PlannedRun]:
    """The runs of `study` whose name is not among `names`."""
    planned = [PlannedRun(study.path, run.config) for run in study.runs]
    return [run for run in planned if run.name not in names]
