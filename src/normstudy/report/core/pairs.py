"""Every two models compared: over the seeds that both have, or of single runs on the images that both were shown."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from normstudy.config import Config
from normstudy.report.core import statistics
from normstudy.report.core.models import Model, has_several_seeds, images_of, seeds_of, shared_seeds
from normstudy.runs.reproduction import SEEDS

MARGIN = 0.0005
"""Accuracies less than this apart (0.05 percentage points) are equivalent: fixed before the published runs."""

LEAST_SEEDS = 10
"""With fewer seeds, resampled seeds vary too little and `crossed` is too narrow (benchmarks/coverage.md)."""

RESAMPLES = 4000
"""Of `crossed`: its limits move by some hundredths of its width from one set of draws to another."""

FINDINGS = ("better", "better, yet equivalent", "equivalent", "all right", "undecided")
"""What is found of a pair; `all right` where neither model misclassifies any image in any run."""

_OF_THE_NORMALIZATION = {"norm", "groups", "statistics_batch"}
_FOLLOWS = {"code", "images", "adamw_lr"}
"""Parameters that follow from others, or differ with them."""


def margin(images: int) -> float:
    """How far apart equivalent models may be (a fraction): `MARGIN`, but at least one of so many images."""
    return max(MARGIN, 1 / images)


def differing(configs: Sequence[Config]) -> list[str]:
    """The parameters in which `configs` differ apart from the normalization and seeds.

    Where there are any, models are recipes: a difference between them is not one between normalizations alone.
    """
    values = [config.model_dump(exclude=SEEDS | _OF_THE_NORMALIZATION) for config in configs]
    names = [name for name in values[0] if len({str(each[name]) for each in values}) > 1]
    return [name for name in names if name not in _FOLLOWS] or names


def compare(models: Sequence[Model]) -> pd.DataFrame:
    """One row per pair of `models` that finished, the more accurate one first; empty where there is no pair.

    `first`, `second` (names), `value` with `low` and `high` (difference of the accuracies, fractions, with its 95 %
    interval for this pair alone), `p` (adjusted for all pairs by Holm's method), `smallest` (the smallest true
    difference that the first step of that method finds with a probability of 80 %) and `finding`, one of `FINDINGS`.

    Where any model has several runs, pairs are compared on their common seeds: `n` of them, by paired t tests, with
    `p_equivalence` (two one-sided tests, adjusted as well) and, from `LEAST_SEEDS` on, `new_low` and `new_high`, the
    interval for new seeds and new images. Single runs are compared on their images by McNemar's exact test: then there
    are `only_first` and `only_second`, the images that only one of them misclassified, and no interval.
    """
    several = has_several_seeds(models)
    pairs = [
        (one, other)
        for one, other in itertools.combinations(models, 2)
        if (shared_seeds(one, other) if several else one.finished and other.finished)
    ]
    rows = [(_over_seeds if several else _on_images)(*pair) for pair in pairs]
    if not rows:
        return pd.DataFrame(columns=["first", "second", "value", "p", "smallest", "finding"])
    found = pd.DataFrame(rows)
    found["p"] = statistics.holm(found["p"])
    found["p_equivalence"] = statistics.holm(found["p_equivalence"])
    found["smallest"] *= [_quantiles(n, len(found)) for n in found["n"]]
    verdicts = [statistics.verdict(row) for _, row in found.iterrows()]
    found["finding"] = np.where(found.pop("all_right"), "all right", verdicts)
    return found


def accuracies(models: Sequence[Model]) -> pd.DataFrame:
    """One row per model that finished, by name: its accuracy as `value`, with `low` and `high` (fractions).

    The mean over seeds with Student's interval where any model has several runs; else that of its single run, with
    Wilson's interval for other images. `new_low` and `new_high`: for new seeds and new images, where known.
    """
    rows = {}
    for model in models:
        if not model.finished:
            continue
        seeds, values = shared_seeds(model), model.final("test_accuracy")
        if not has_several_seeds(models):
            total = images_of(models)
            rows[model.name] = statistics.proportion(round(float(values[0]) * total), total)
            continue
        # The true mean is not above 1: an interval that is cut there holds as often as the whole one.
        found = statistics.mean(values)
        found["high"] = min(found["high"], 1) if np.isfinite(found["high"]) else np.inf
        known = len(seeds) >= LEAST_SEEDS and model.has_predictions
        found["new_low"], found["new_high"] = crossed(~model.is_wrong(seeds)) if known else (-np.inf, np.inf)
        rows[model.name] = found
    return pd.DataFrame(rows).T


def crossed(values: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """95 % percentile interval of the mean of `values` (seeds, images), by the pigeonhole bootstrap (Owen 2007).

    Seeds and images are resampled independently of each other, each with replacement, as the seeds that could have
    been drawn and the images that could have been written. `values` are 1 where a run is wrong, or the difference of
    two models in that. Infinite limits for fewer than `LEAST_SEEDS` seeds. `seed`: of the resampling.
    """
    values = np.asarray(values, float)
    seeds, images = values.shape
    if seeds < LEAST_SEEDS:
        return -np.inf, np.inf
    # Nearly all images are right in all runs: as they are alike, they are drawn as one.
    usual = np.round(np.median(values))
    unusual = np.flatnonzero((values != usual).any(axis=0))
    shares = np.append(np.full(len(unusual), 1 / images), 1 - len(unusual) / images)
    rng = np.random.default_rng(seed)
    of_seeds = rng.multinomial(seeds, np.full(seeds, 1 / seeds), RESAMPLES) / seeds
    of_images = rng.multinomial(images, shares, RESAMPLES)[:, :-1] / images
    means = usual + np.einsum("bi,bi->b", of_seeds @ (values[:, unusual] - usual), of_images)
    tail = (1 - statistics.CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def _over_seeds(one: Model, other: Model) -> dict:
    seeds = shared_seeds(one, other)
    if one.after("test_accuracy", seeds).mean() < other.after("test_accuracy", seeds).mean():
        one, other = other, one
    accuracies = [model.after("test_accuracy", seeds) for model in (one, other)]
    found = statistics.paired(*accuracies, margin(images_of([one])))
    spread = np.std(accuracies[0] - accuracies[1], ddof=1) if len(seeds) > 1 else np.inf
    row = {"first": one.name, "second": other.name, **found, "all_right": min(map(np.min, accuracies)) == 1}
    row |= {"smallest": spread if np.isfinite(found["smallest"]) else np.inf, "new_low": -np.inf, "new_high": np.inf}
    if len(seeds) >= LEAST_SEEDS and one.has_predictions and other.has_predictions:
        low, high = crossed(other.is_wrong(seeds).astype(np.int8) - one.is_wrong(seeds))
        row |= {"new_low": low, "new_high": high}
    return row


def _on_images(one: Model, other: Model) -> dict:
    wrong = [model.is_wrong([seeds_of(run) for run in model.finished[:1]])[0] for model in (one, other)]
    if wrong[1].sum() < wrong[0].sum():
        one, other, wrong = other, one, wrong[::-1]
    only_first, only_second, p = statistics.mcnemar(*wrong)
    row = {"first": one.name, "second": other.name, "value": float(wrong[1].mean() - wrong[0].mean())}
    row |= {"low": -np.inf, "high": np.inf, "p": p, "p_equivalence": 1.0, "n": 0, "all_right": not np.any(wrong)}
    row |= {"only_first": only_first, "only_second": only_second}
    # The variance of the difference of two counts of images is about the number of images on which they disagree.
    return row | {"smallest": np.sqrt(max(only_first + only_second, 1)) / len(wrong[0])}


def _quantiles(n: int, family: int) -> float:
    """The smallest true difference that is found, in standard deviations of what was observed.

    Of `n` seeds in a paired t test; of the images of single runs (0), in standard errors.
    """
    level = (1 - statistics.CONFIDENCE) / family
    if n == 0:
        return float(stats.norm.ppf(1 - level / 2) + stats.norm.ppf(statistics.POWER))
    return statistics.detectable(int(n), level) if n > 1 else np.inf
