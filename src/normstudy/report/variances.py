"""What makes accuracies vary: seeds, images, and chance that decides anew on each image. Arrays in, estimates out.

`wrong` is (seeds, images), 1 where the run with that seed errs on that image. All variances are of fractions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import chi2, norm

from normstudy.report.paired_seeds import POWER
from normstudy.report.statistics import CONFIDENCE

DETECTABLE = float(norm.ppf((1 + CONFIDENCE) / 2) + norm.ppf(POWER))
"""What a two-sided normal test finds with the power `POWER`, in standard deviations of the estimate."""


class SpreadOfRuns(NamedTuple):
    """The variance of the accuracy over seeds, on the same images, and what chance alone would make of it.

    `observed`: as it is. `independent`: what it would be if errors on different images were independent of each other
    over seeds (Jordan 2023, arXiv:2304.01910). `ratio`: of the first to the second, with its 95 % limits by the
    χ² distribution; the first exceeds the second by the variance that runs would have on infinitely many images.
    """

    observed: float
    independent: float
    ratio: tuple[float, float, float]

    @property
    def genuine(self) -> float:
        """The variance on infinitely many images; estimated without bias, so that it can fall below 0."""
        return self.observed - self.independent


class Parts(NamedTuple):
    """Of the difference of two models, seed by seed, on an image: variances over seeds, images, and of the rest.

    `seeds`: of the mean over infinitely many images, over seeds; `images`: of the mean over infinitely many seeds, over
    images; `rest`: over seeds, on one image, on average. `observed`: over seeds, on the images at hand.
    """

    seeds: float
    images: float
    rest: float
    observed: float

    def variance(self, seeds: int, images: float) -> float:
        """Of the mean difference over so many new seeds and new images."""
        return self.seeds / seeds + (self.images + self.rest / seeds) / images


def spread_of_runs(wrong: np.ndarray) -> SpreadOfRuns:
    """Of at least two runs; the ratio has no numbers where no image is wrong in some runs and right in others."""
    seeds, images = wrong.shape
    observed = float(wrong.mean(axis=1).var(ddof=1))
    independent = float(wrong.var(axis=0, ddof=1).sum()) / images**2
    if not independent:
        return SpreadOfRuns(observed, independent, (np.nan, np.nan, np.nan))
    ratio, freedom = observed / independent, seeds - 1
    low, high = (freedom * ratio / chi2.ppf(share, freedom) for share in ((1 + CONFIDENCE) / 2, (1 - CONFIDENCE) / 2))
    return SpreadOfRuns(observed, independent, (ratio, float(low), float(high)))


def parts_of_difference(first: np.ndarray, second: np.ndarray) -> Parts:
    """Of `wrong` of two models, at least two seeds at the same places; negative estimates are taken for 0."""
    difference = first.astype(float) - second
    seeds, images = difference.shape
    observed = float(difference.mean(axis=1).var(ddof=1))
    rest = float(difference.var(axis=0, ddof=1).mean())
    of_images = float(difference.mean(axis=0).var(ddof=1)) - rest / seeds
    return Parts(max(0.0, observed - rest / images), max(0.0, of_images), rest, observed)


def mean_parts(parts: list[Parts]) -> Parts:
    """The mean of several pairs of models."""
    return Parts(*np.mean(parts, axis=0).tolist())


def images_needed(parts: Parts, difference: float, seeds: int) -> float:
    """How many new images tell models apart that truly differ by `difference`, with so many seeds of each.

    For a two-sided test at 5 % with the power `POWER`, by the normal distribution; infinite where the seeds alone
    leave it undecided.
    """
    bearable = (difference / DETECTABLE) ** 2 - parts.seeds / seeds
    return (parts.images + parts.rest / seeds) / bearable if bearable > 0 else np.inf


def seeds_at_least(parts: Parts, difference: float) -> float:
    """With how many seeds, not a whole number, `images_needed` begins to be finite."""
    return parts.seeds * (DETECTABLE / difference) ** 2


def chances_of_counts(shares: np.ndarray) -> np.ndarray:
    """(images + 1,) how likely 0, 1, … errors are, when those on images are independent and have these `shares`."""
    chances = np.ones(1)
    for share in shares:
        chances = np.convolve(chances, [1 - share, share])
    return chances
