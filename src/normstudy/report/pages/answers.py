"""What every run answers on every test image, and the tables on mistakes that follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap

from normstudy.config import Config
from normstudy.report.core.models import models_of
from normstudy.report.core.names import class_names
from normstudy.report.core.style import is_dark
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedRun

WIDTH = 4.6
"""Inches: figures of these pages are so narrow that their letters can be read on a phone."""

HEAT = {"light": ["#ffffff", "#fdd9a8", "#f08a00"], "dark": ["#1c1c1c", "#5a3406", "#a85f00"]}
"""Colours of what is counted or weighed: from the ground of the page (nothing) to the most."""


@dataclass(frozen=True)
class Answers:
    """The answers of all finished runs to the same images.

    `runs` (a row per run: `model`, its name, and `seed`); `config`: of one of them; `index` (images,): numbers in the
    data set; `label` (images,); `predicted` and `confidence` (the probability given to the predicted class), each
    (runs, images). `shown`: by model, the run whose folder has images and weights.
    """

    runs: pd.DataFrame
    config: Config
    index: np.ndarray
    label: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray
    shown: dict[str, FinishedRun]

    @cached_property
    def wrong(self) -> np.ndarray:
        """(runs, images) bool."""
        return self.predicted != self.label

    @property
    def classes(self) -> list[str]:
        """The names of the classes."""
        return class_names(self.config)

    @property
    def models(self) -> list[str]:
        """The names of the models, in the order of the runs."""
        return list(self.runs["model"].unique())

    def of(self, model: str) -> np.ndarray:
        """(runs,) bool: which runs are of `model`."""
        return (self.runs["model"] == model).to_numpy()

    def at(self, numbers: Sequence[int]) -> np.ndarray:
        """Positions among the images of those with these `numbers` in the data set. Raises `KeyError`."""
        return pd.Series(range(len(self.index)), self.index)[list(numbers)].to_numpy()

    @cached_property
    def pictures(self) -> dict[int, np.ndarray]:
        """By number in the data set, the images (h, w) of bytes that some model of `shown` misclassifies."""
        found: dict[int, np.ndarray] = {}
        for run in self.shown.values():
            found |= dict(zip(run.misclassified["index"].tolist(), run.misclassified["images"], strict=True))
        return found


def answers(runs: Sequence[FinishedRun]) -> Answers:
    """The `Answers` of those of `runs` that finished; all were evaluated on the same images."""
    models = [model for model in models_of(runs) if model.finished]
    every = [(model.name, run) for model in models for run in model.finished]
    columns = [run.predictions for _, run in every]
    shown = {model.name: model.shown for model in models if not isinstance(model.shown, RecordedRun)}
    return Answers(
        pd.DataFrame({"model": [name for name, _ in every], "seed": [run.config.seed for _, run in every]}),
        every[0][1].config,
        columns[0]["index"],
        columns[0]["label"],
        *(np.stack([each[name] for each in columns]) for name in ("predicted", "predicted_probability")),
        shown,
    )


def agreement(answers: Answers) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How many errors two runs share, and Cohen's kappa of their errors: means by model (rows) and model (columns).

    Over all pairs of runs with different seeds. A kappa of 0 means that two runs share as many errors as by chance,
    1 that they make the same errors.
    """
    errors, models, seeds = answers.wrong.astype(np.float32), answers.runs["model"], answers.runs["seed"].to_numpy()
    both, rate = errors @ errors.T, answers.wrong.mean(axis=1)
    same = 1 - rate[:, None] - rate + 2 * both / errors.shape[1]
    expected = rate[:, None] * rate + (1 - rate[:, None]) * (1 - rate)
    kappa = (same - expected) / (1 - expected)  # as sklearn's cohen_kappa_score, which takes too long for all pairs

    def by_model(values: np.ndarray) -> pd.DataFrame:
        frame = pd.DataFrame(np.where(seeds[:, None] == seeds, np.nan, values))
        rows = frame.groupby(models, sort=False).mean()
        return rows.T.groupby(models, sort=False).mean().T.rename_axis(columns=None)

    return by_model(both), by_model(kappa)


def heat() -> LinearSegmentedColormap:
    """The colours of `HEAT` in the current style."""
    return LinearSegmentedColormap.from_list("heat", HEAT["dark" if is_dark() else "light"])
