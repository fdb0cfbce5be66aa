"""What a measure does over the epochs: of a model with one run, its course; with several, their mean and range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from normstudy.report.models import Model, models_of
from normstudy.runs.folder import FinishedRun


@dataclass(frozen=True)
class Course:
    """A line of a chart: (epochs,) `values` of a measure, as the history has it, after epochs 1, 2, …

    Of a model with several runs, the means over those that finished, with the (epochs,) lowest and highest in `low`
    and `high`. Where none finished, what the first run has, and `name` says so. `run` is the first of the `seeds` runs
    that it stands for.
    """

    name: str
    run: FinishedRun
    values: np.ndarray
    low: np.ndarray
    high: np.ndarray
    seeds: int


def courses(runs: Sequence[FinishedRun], measure: str) -> list[Course]:
    """One for each model of `runs`, in their order; `measure` is a key of the history."""
    return [_course(model, measure) for model in models_of(runs)]


def _course(model: Model, measure: str) -> Course:
    drawn = model.finished or model.runs[:1]
    values = np.array([[entry[measure] for entry in run.history] for run in drawn], float)
    name = model.name if model.finished else f"{model.name} (diverged)"
    return Course(name, drawn[0], values.mean(axis=0), values.min(axis=0), values.max(axis=0), len(drawn))
