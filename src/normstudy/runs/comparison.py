"""All runs that the report compares: those with a folder, and further seeds of their models from the record beside."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from normstudy.paths import bring_back
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedRun, RecordError, read_record
from normstudy.runs.reproduction import kind_of_model
from normstudy.runs.studies import MAIN, verified_study


def compared_runs(folder: Path | str) -> list[FinishedRun]:
    """The runs of the main study in `folder`, verified, models in the order of studies.json, each by seed.

    Raises `RunError` as `verified_study`, and `RecordError` when the record is damaged or of other images.
    """
    found = {run.name: run for run in verified_study(folder)}
    models = list(dict.fromkeys(kind_of_model(run.config) for run in found.values()))
    judged = next((run for run in found.values() if not run.diverged), None)
    record = Path(folder) / f"{MAIN}.json"
    for run in read_record(record).runs if record.exists() else []:
        if run.name not in found and kind_of_model(run.config) in models:
            _refuse_other_images(run, judged)
            found[run.name] = run
    return sorted(found.values(), key=lambda run: (models.index(kind_of_model(run.config)), run.config.seed))


def _refuse_other_images(run: RecordedRun, judged: FinishedRun | None) -> None:
    if judged is None or run.diverged or not run.has_predictions:
        return
    for name in ("index", "label"):
        if not np.array_equal(run.predictions[name], judged.predictions[name]):
            path = run.source.with_suffix(".npz")
            remedy = bring_back(path) or f"delete it, and `make study STUDY={MAIN}` trains those runs again"
            raise RecordError(
                f"{path}: {name} is not that of {judged.name}, so that the runs cannot be compared; {remedy}"
            )
