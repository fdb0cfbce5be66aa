"""Intervals and tests that the sections share: arrays in, estimates out. All proportions are fractions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student
from scipy.stats import ttest_1samp
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

CONFIDENCE = 0.95

Estimate = tuple[float, float, float]
"""A mean or a difference, and the lower and upper limit of its interval: infinite where runs are too few for one."""

Bounds = tuple[float, float]
"""Between which numbers the true value of an estimate lies, whatever the runs were."""

ANYTHING: Bounds = (-np.inf, np.inf)
SHARE: Bounds = (0.0, 1.0)
PERCENT: Bounds = (0.0, 100.0)
AMOUNT: Bounds = (0.0, np.inf)


@dataclass(frozen=True)
class Paired:
    """Two models on the same images: how many only the first, and only the second, got wrong.

    `p_value`: exact McNemar test (McNemar 1947) of "both err equally often".
    """

    only_first: int
    only_second: int
    p_value: float


def proportion_interval(count: int, total: int) -> tuple[float, float]:
    """Wilson's score interval (Wilson 1927) of a proportion at 95 % confidence."""
    low, high = proportion_confint(count, total, alpha=1 - CONFIDENCE, method="wilson")
    return float(low), float(high)


def mean_interval(values: np.ndarray, bounds: Bounds = ANYTHING) -> Estimate:
    """Mean of `values` (n,) with Student's interval at 95 % (Student 1908), as `paired_interval` of them and 0.

    `within` the `bounds` of what is possible.
    """
    return within(paired_interval(values, np.zeros_like(values)), bounds)


def within(estimate: Estimate, bounds: Bounds) -> Estimate:
    """`estimate` with an interval that ends where `bounds` do, if it would go on beyond them.

    Student's intervals know nothing of them, and of few runs near 100 % they go on. The true value is never beyond, so
    that an interval that is cut holds as often as the whole one did. Limits that are infinite or no numbers stay.
    """
    middle, *limits = estimate
    low, high = (min(max(limit, bounds[0]), bounds[1]) if np.isfinite(limit) else limit for limit in limits)
    return middle, low, high


def paired_interval(first: np.ndarray, second: np.ndarray) -> Estimate:
    """Mean of `first` - `second`, both (n,), with Student's interval at 95 % (Student 1908).

    Without limits where the values say nothing of the spread: of one pair, and where all differences are alike, as
    those of accuracies can be, which are rounded to whole images. Limits are no numbers where a value is not finite.
    """
    differences = first - second
    mean = float(differences.mean()) if len(differences) else np.nan
    if not np.isfinite(mean):
        return mean, np.nan, np.nan
    if not has_spread(differences):
        return mean, -np.inf, np.inf
    low, high = ttest_1samp(differences, 0).confidence_interval(CONFIDENCE)
    return mean, float(low), float(high)


def pooled_intervals(groups: Sequence[np.ndarray]) -> list[Estimate]:
    """Mean of each of `groups`, (n_i,), with Student's interval at 95 %, of the variance pooled over all groups.

    That of the residuals of a one-way analysis of variance, with Σ(n_i - 1) degrees of freedom: defensible where runs
    of all groups can be expected to vary alike. A group with a value that is not finite (a run that diverged) adds
    nothing to the variance and has no numbers as limits; without any spread in the others, there are no limits.
    """
    groups = [np.asarray(group, float) for group in groups]
    sound = [group for group in groups if len(group) and np.isfinite(group).all()]
    squares = sum(float(np.sum((group - group.mean()) ** 2)) for group in sound)
    freedom = sum(len(group) - 1 for group in sound)
    known = any(has_spread(group) for group in sound)
    quantile = student.ppf((1 + CONFIDENCE) / 2, freedom) if known else np.inf
    found = []
    for group in groups:
        mean = float(group.mean()) if len(group) else np.nan
        half = quantile * np.sqrt(squares / freedom / len(group)) if known and len(group) else np.inf
        half = half if np.isfinite(mean) else np.nan
        found.append((mean, float(mean - half), float(mean + half)))
    return found


def has_spread(values: np.ndarray) -> bool:
    """Whether `values` (n,) differ by more than rounding of the last digits."""
    return len(values) > 1 and bool(np.ptp(values) > 1e-12 * np.max(np.abs(values)))


def compare_errors(first_wrong: np.ndarray, second_wrong: np.ndarray) -> Paired:
    """Compare two models by their errors, boolean arrays (n,) over the same images in the same order."""
    only_first = int(np.sum(first_wrong & ~second_wrong))
    only_second = int(np.sum(second_wrong & ~first_wrong))
    both = int(np.sum(first_wrong & second_wrong))
    neither = len(first_wrong) - both - only_first - only_second
    result = mcnemar([[both, only_first], [only_second, neither]], exact=True)
    return Paired(only_first, only_second, min(1.0, float(result.pvalue)))


def adjust_for_many(p_values: list[float]) -> list[float]:
    """Holm's adjustment (Holm 1979): the chance of any false alarm among all the tests stays below the level."""
    # As `multipletests` of statsmodels, which clears up all memory each time: a quarter of a second of a report's.
    order = np.argsort(p_values)
    steps = np.array(p_values, float)[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted.tolist()
