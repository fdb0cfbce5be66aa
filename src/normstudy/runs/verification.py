"""Whether a report may draw from a run: every file that it takes something from is whole, and fits the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from normstudy.runs import manifest
from normstudy.runs.folder import FinishedRun, RunError, remedy

NOTEBOOK = "train.ipynb"
ALWAYS = ("metrics.json", "model.safetensors", "augmentation.png")
WHEN_COMPLETE = ("predictions.npz", "misclassified.npz", "misclassified.png")


def verify(run: FinishedRun) -> None:
    """Raises `RunError`, one line with the folder and what is wrong, unless its files are those that were written."""
    needed = [*ALWAYS, *(() if run.diverged else WHEN_COMPLETE), *[NOTEBOOK] * (run.folder / NOTEBOOK).exists()]
    try:
        listed = manifest.read(run.folder)
        unlisted = next((f"{name}: not among its {manifest.NAME}" for name in needed if name not in listed), "")
        problem = unlisted or manifest.altered(run.folder)
    except ValueError as error:
        problem = str(error)
    if problem:
        raise RunError(f"{run.folder}: {problem}; {remedy(run.folder)}")
    if not run.diverged:
        _ = run.predictions, run.misclassified  # each refuses what does not fit


def verify_together(runs: Sequence[FinishedRun]) -> None:
    """Raises `RunError` unless `runs`, verified each, were evaluated on the same images in the same order."""
    finished = [run for run in runs if not run.diverged]
    for run in finished[1:]:
        for name in ("index", "label"):
            if not np.array_equal(run.predictions[name], finished[0].predictions[name]):
                raise RunError(
                    f"{run.predictions_file}: {name} is not that of {finished[0].name}, so that the runs "
                    f"cannot be compared; {run.remedy}"
                )
