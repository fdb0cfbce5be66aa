"""All runs that the report compares: those with a folder, and further seeds of their models from the record."""

from __future__ import annotations

from pathlib import Path

from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedRun, read_record
from normstudy.runs.reproduction import kind_of_model
from normstudy.runs.studies import MAIN, verified_study


def compared_runs(folder: Path | str) -> list[FinishedRun]:
    """The runs of the main study in `folder`, verified, models in the order of studies.json, each by seed.

    The record may have more than these, or none. What it has of other models is left out, and of the runs that have a
    folder. Raises `RunError` as `verified_study`, and `RecordError` when the record is damaged.
    """
    from normstudy.runs.verification import verify_together  # which has much to import

    found = {run.name: run for run in verified_study(folder)}
    models = list(dict.fromkeys(kind_of_model(run.config) for run in found.values()))
    record = Path(folder) / f"{MAIN}.json"
    for run in read_record(record).runs if record.exists() else []:
        if kind_of_model(run.config) in models:
            found.setdefault(run.name, run)
    # Those with folders first, so that a mismatch is reported as one of the record.
    verify_together([run for run in found.values() if not isinstance(run, RecordedRun) or run.has_predictions])
    return sorted(found.values(), key=lambda run: (models.index(kind_of_model(run.config)), run.config.seed))
