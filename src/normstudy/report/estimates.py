"""Means of a sweep's cells, and differences of several at once, with intervals.

Where nothing speaks against it, all cells share one variance: of three runs or five, it is known badly. Intervals
that have to hold all at once are Bonferroni's: k of them have the confidence 1 − 0.05/k each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import levene, ttest_1samp, ttest_ind
from scipy.stats import t as student

from normstudy.report.statistics import (
    ANYTHING,
    CONFIDENCE,
    SHARE,
    Bounds,
    Estimate,
    has_spread,
    mean_interval,
    pooled_intervals,
    within,
)

FEWEST_ERRORS = 5e-5
"""An error rate below it counts as this, half an image of ten thousand: none has no logarithm."""

UNKNOWN: Estimate = (np.nan, np.nan, np.nan)


def in_percent(estimate: Estimate) -> Estimate:
    """An estimate of fractions, in percent."""
    middle, low, high = (100 * value for value in estimate)
    return middle, low, high


def similar_spread(groups: Sequence[np.ndarray]) -> bool:
    """Whether `groups`, each (n,), may have one variance: Brown and Forsythe's test (1974) finds no difference.

    Two values are equally far from their median, so that of a pair the test would see no spread of these distances.
    """
    several = [group for group in groups if len(group) > 2]
    if len(several) < 2 or not any(map(has_spread, several)):
        return True
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = levene(*several, center="median").pvalue
    return not p_value < 1 - CONFIDENCE  # no number where runs are too few for the test


def intervals(groups: Sequence[np.ndarray], bounds: Bounds = ANYTHING) -> list[Estimate]:
    """Mean of each of `groups` (n,) with its own 95 % interval, of the variance of all where `similar_spread`.

    `within` the `bounds` of what is possible.
    """
    filled = [group for group in groups if len(group)]
    found = iter(pooled_intervals(filled) if similar_spread(filled) else map(mean_interval, filled))
    return [within(next(found), bounds) if len(group) else UNKNOWN for group in groups]


def ratio_intervals(groups: Sequence[np.ndarray]) -> list[Estimate]:
    """As `intervals`, of error rates by their `logarithms`: the means are geometric."""
    return [within(_exponentials(each), SHARE) for each in intervals([logarithms(group) for group in groups])]


def logarithms(error_rates: np.ndarray) -> np.ndarray:
    """Of error rates, none of which counts as less than `FEWEST_ERRORS`: their spread does not grow with them."""
    return np.log(np.maximum(error_rates, FEWEST_ERRORS))


def differences(reference: np.ndarray, others: Sequence[np.ndarray], tests: int | None = None) -> list[Estimate]:
    """Mean of each of `others` minus that of `reference`, with 95 % intervals that hold all at once.

    Student's with the variance of all where `similar_spread`, else Welch's (1947). `tests`: of how many differences
    these are, if there are more than `others`.
    """
    level, shared = _each_of(tests or len(others)), _shared_variance([reference, *others])
    found = []
    for other in others:
        if not (len(other) and len(reference)):
            found.append(UNKNOWN)
            continue
        difference = float(other.mean() - reference.mean())
        if shared:
            found.append(shared.around(difference, 1 / len(other) + 1 / len(reference), level))
        elif min(len(other), len(reference)) < 2:
            found.append((difference, -np.inf, np.inf))
        else:
            low, high = ttest_ind(other, reference, equal_var=False).confidence_interval(level)
            found.append((difference, float(low), float(high)))
    return found


def ratios(reference: np.ndarray, others: Sequence[np.ndarray], tests: int | None = None) -> list[Estimate]:
    """As `differences`, of error rates by their `logarithms`: how many times that of `reference` each is."""
    found = differences(logarithms(reference), [logarithms(other) for other in others], tests)
    return [_exponentials(each) for each in found]


def paired_ratios(pairs: Sequence[tuple[np.ndarray, np.ndarray]], tests: int | None = None) -> list[Estimate]:
    """How many times the second error rate the first is, of each of `pairs` (both (n,), seed by seed).

    Geometric means with 95 % intervals that hold all at once, of the variance of all where `similar_spread`.
    `tests`: of how many these are, if there are more than `pairs`.
    """
    groups = [logarithms(first) - logarithms(second) for first, second in pairs]
    level, shared = _each_of(tests or len(pairs)), _shared_variance(groups)
    found = []
    for group in groups:
        if not len(group):
            found.append(UNKNOWN)
            continue
        mean = float(group.mean())
        if shared:
            found.append(shared.around(mean, 1 / len(group), level))
        elif len(group) < 2:
            found.append((mean, -np.inf, np.inf))
        else:
            low, high = ttest_1samp(group, 0).confidence_interval(level)
            found.append((mean, float(low), float(high)))
    return [_exponentials(each) for each in found]


@dataclass(frozen=True)
class _Variance:
    """One for several groups, and its degrees of freedom."""

    value: float
    freedom: int

    def around(self, mean: float, share: float, level: float) -> Estimate:
        """`mean`, whose variance is that `share` of this one, with Student's interval; none where nothing varies."""
        half = student.ppf((1 + level) / 2, self.freedom) * np.sqrt(self.value * share) if self.value else np.inf
        return mean, float(mean - half), float(mean + half)


def _shared_variance(groups: Sequence[np.ndarray]) -> _Variance | None:
    """The variance within `groups`, pooled; None where each has its own, or none has more than one value."""
    filled = [group for group in groups if len(group)]
    freedom = sum(len(group) - 1 for group in filled)
    if not freedom or not similar_spread(filled):
        return None
    squares = sum(float(((group - group.mean()) ** 2).sum()) for group in filled if has_spread(group))
    return _Variance(squares / freedom, freedom)


def _each_of(tests: int) -> float:
    """The confidence of each of so many intervals that hold all at once."""
    return 1 - (1 - CONFIDENCE) / max(tests, 1)


def _exponentials(estimate: Estimate) -> Estimate:
    middle, low, high = (float(np.exp(value)) for value in estimate)
    return middle, low, high
