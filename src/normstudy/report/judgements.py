"""What all finished runs of each model said of the same images: the ground for sections on mistakes and certainty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from normstudy.config import Config
from normstudy.report.models import Model, models_of
from normstudy.report.wording import counted, join_words
from normstudy.runs.folder import FinishedRun


@dataclass(frozen=True)
class Judgements:
    """A model's answers to the same images, run by run: those that finished, by seed.

    `index` (images,): numbers in the data set; `label` (images,); `predicted` (runs, images); `confidence` (runs,
    images): the probability given to the predicted class; `loss` (runs, images): cross-entropy, nats.
    """

    name: str
    config: Config
    seeds: tuple[int, ...]
    index: np.ndarray
    label: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray
    loss: np.ndarray

    @cached_property
    def wrong(self) -> np.ndarray:
        """(runs, images) bool."""
        return self.predicted != self.label

    @property
    def runs(self) -> int:
        return len(self.seeds)


def judgements(runs: Sequence[FinishedRun]) -> list[Judgements]:
    """By model, those of `runs` that finished; a model of which none did is left out."""
    return [_of_model(model) for model in models_of(runs) if model.finished]


def errors_of_each_run(judged: Sequence[Judgements]) -> np.ndarray:
    """(runs, images) bool: which run of whichever model got which image wrong."""
    return np.concatenate([each.wrong for each in judged])


def have_seeds(judged: Sequence[Judgements]) -> bool:
    """Whether some model has several runs."""
    return any(each.runs > 1 for each in judged)


def kind_of_mean(judged: Sequence[Judgements]) -> str:
    """What the numbers of a caption's table are."""
    return "mean over seeds with Student’s 95 % interval" if have_seeds(judged) else "one run of each model"


def note_on_left_out(runs: Sequence[FinishedRun]) -> str:
    """A further sentence of a caption, with a space before it, on runs that diverged; nothing where there is none."""
    parts = [
        f"{model.diverged} of {counted(len(model.runs), 'run')} of {model.name}"
        for model in models_of(runs)
        if len(model.finished) < len(model.runs)
    ]
    return f" Runs that diverged are left out: {join_words(parts)}." if parts else ""


def _of_model(model: Model) -> Judgements:
    columns = [run.predictions for run in model.finished]
    return Judgements(
        model.name,
        model.config,
        tuple(run.config.seed for run in model.finished),
        columns[0]["index"],
        columns[0]["label"],
        *(np.stack([each[name] for each in columns]) for name in ("predicted", "predicted_probability", "loss")),
    )
