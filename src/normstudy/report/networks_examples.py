"""Images to show to networks in the page: some that a model misclassifies, some that none does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

import numpy as np

from normstudy.report import disputed
from normstudy.report.labels import model_names
from normstudy.report.wording import some_of
from normstudy.runs.folder import FinishedRun, wrong

if TYPE_CHECKING:
    from normstudy.training.data import Data

WRONG, RIGHT_EACH = 16, 2
"""Misclassified images, and images of each class that all models get right."""


@dataclass(frozen=True)
class Example:
    """An image (h, w) of bytes, its number `index` in the data set, its label; `note`: who misclassifies it, if any."""

    pixels: np.ndarray
    index: int
    label: int
    note: str


def misclassified(runs: Sequence[FinishedRun], count: int = WRONG) -> list[Example]:
    """The images of which one of `runs` was surest in its error: each one's surest, then each one's second, …"""
    names, first = model_names(runs), runs[0].predictions
    position = {int(index): at for at, index in enumerate(first["index"])}
    mistaken = [wrong(run) for run in runs]
    in_turn = zip_longest(*(range(len(run.misclassified["index"])) for run in runs))
    found: dict[int, Example] = {}
    for run, place in chain.from_iterable(zip(runs, places, strict=True) for places in in_turn):
        if place is None or len(found) == count:
            continue
        errors = run.misclassified
        index = int(errors["index"][place])
        by = [name for name, own in zip(names, mistaken, strict=True) if own[position[index]]]
        note = disputed.noted(f"misclassified by {some_of(by)}", index, run.config)
        found.setdefault(index, Example(errors["images"][place], index, int(errors["label"][place]), note))
    return list(found.values())


def all_right(runs: Sequence[FinishedRun], data: Data, each: int = RIGHT_EACH) -> list[Example]:
    """Of each class, the first `each` images of evaluation that all of `runs` get right; in the order of classes."""
    right = ~np.any([wrong(run) for run in runs], axis=0)
    labels, index = runs[0].predictions["label"], runs[0].predictions["index"]
    places = [np.flatnonzero(right & (labels == label))[:each] for label in np.unique(labels)]
    return [
        Example(data.evaluation.images[at, 0].numpy(), int(index[at]), int(labels[at]), "")
        for at in map(int, np.concatenate(places))
    ]
