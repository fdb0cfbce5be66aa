"""Whether a run has trained, for any data: by what it would come to without looking at the images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom, gmean

from normstudy.config import Config, evaluated_images, image_facts
from normstudy.report.models import Model
from normstudy.report.series import errors, judged_alike
from normstudy.report.statistics import CONFIDENCE
from normstudy.runs.record import RecordedRun


@dataclass(frozen=True)
class Bar:
    """A run has trained if its error (a fraction) is below `error`.

    That is the geometric mean of `lowest`, the lowest mean error of a setting, and of `blind`, that of an answer which
    is no matter of the image: below it, a run is nearer to the former, as a ratio. Or else, where that is lower, what
    so blind an answer comes to by luck in 2.5 % of all cases, of as many `images` (binomial distribution). `answer`:
    which one it is, in words.
    """

    lowest: float
    blind: float
    answer: str
    images: int

    @property
    def between(self) -> float:
        """The geometric mean."""
        return float(np.sqrt(self.lowest * self.blind))

    @property
    def by_luck(self) -> float:
        """What a blind answer comes to in 2.5 % of all cases."""
        return float(binom.ppf((1 - CONFIDENCE) / 2, self.images, self.blind)) / self.images

    @property
    def error(self) -> float:
        """The lower of both."""
        return min(self.between, self.by_luck)


def bar_of(cells: Sequence[Model]) -> Bar | None:
    """That of the settings of a study; None where none has a run that finished, or they are not judged alike."""
    runs = [run for cell in cells for run in cell.runs if isinstance(run, RecordedRun)]
    means = [float(gmean(counted_errors(cell))) for cell in cells if cell.finished]
    if not means or not judged_alike(runs):
        return None
    blind, answer = _blind(runs)
    return Bar(min(means), blind, answer, evaluated_images(runs[0].config))


def counted_errors(cell: Model) -> np.ndarray:
    """(n,) `errors` of `cell`, of which none counts as half an image: nothing has no logarithm."""
    return np.maximum(errors(cell), half_an_image(cell.config))


def half_an_image(config: Config) -> float:
    """As a share of the images that the run of `config` is evaluated on."""
    return 0.5 / evaluated_images(config)


def trained(cell: Model, bar: Bar | None) -> int:
    """How many runs of `cell` have trained: without a `bar`, those that did not diverge."""
    return int((errors(cell) < bar.error).sum()) if bar else len(cell.finished)


def _blind(runs: Sequence[RecordedRun]) -> tuple[float, str]:
    """The error of an answer that is no matter of the image, and which: the best of them, where classes were kept."""
    for run in runs:
        if run.has_predictions:
            counts = np.bincount(run.predictions["label"])
            return 1 - float(counts.max() / counts.sum()), "always naming the most frequent class"
    classes = len(image_facts(runs[0].config).classes)
    return 1 - 1 / classes, f"guessing among {classes} classes"
