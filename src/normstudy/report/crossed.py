"""How far a mean accuracy could be off for new seeds and new images at once: a bootstrap crossed over both."""

from __future__ import annotations

import numpy as np

from normstudy.report.statistics import CONFIDENCE

RESAMPLES = 4000
"""Drawn for each interval: its limits move by some hundredths of its width from one set of draws to another."""


def crossed_interval(values: np.ndarray, resamples: int = RESAMPLES, seed: int = 0) -> tuple[float, float, float]:
    """Mean of `values` (seeds, images) with a 95 % percentile interval of the pigeonhole bootstrap (Owen 2007).

    Seeds and images are resampled independently of each other, each with replacement, as the seeds that could have
    been drawn and the images that could have been written. `values` are 1 where a run is right, or the difference of
    two models in that, seed by seed. `seed`: of the resampling. It is too narrow with few seeds that differ much, and
    too wide where it is mostly chance which run errs on which image (benchmarks/coverage.md).
    """
    values = np.asarray(values, float)
    mean = float(values.mean())
    seeds, images = values.shape
    # Nearly all images are right in all runs: alike, they need to be drawn only as one.
    usual = np.round(np.median(values))
    told = np.flatnonzero((values != usual).any(axis=0))
    deviations = values[:, told] - usual
    shares = np.full(len(told) + 1, 1 / images)
    shares[-1] = 1 - len(told) / images
    rng = np.random.default_rng(seed)
    of_seeds = rng.multinomial(seeds, np.full(seeds, 1 / seeds), resamples) / seeds
    of_images = rng.multinomial(images, shares, resamples)[:, :-1] / images
    means = usual + np.einsum("bi,bi->b", of_seeds @ deviations, of_images)
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return mean, float(low), float(high)
