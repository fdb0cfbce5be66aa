"""Two models over the seeds that both have: tests, intervals and what the pairing gained.

Arrays in, estimates out. `first` and `second` are (n,) final accuracies (fractions) of two models, with one seed at one
place. Where there are fewer than two seeds, or all differences are alike, they say nothing of the spread: then no test
finds anything.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.stats import mannwhitneyu, norm, pearsonr, ttest_rel
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import ttost_paired

from normstudy.report.statistics import CONFIDENCE, has_spread

MARGIN = 0.0005
"""Accuracies less than this apart (0.05 percentage points) are equivalent; fixed before the runs were made."""

POWER = 0.8
"""With which the smallest difference would have been found."""


MOST_SEEDS = 1_000_000
"""Nobody trains more."""


class Pairing(NamedTuple):
    """Pearson's correlation of two models over seeds, and what it gains.

    `p_value`: of "they are not correlated". `variance_ratio`: of the difference, to what it would be with independent
    seeds; 1 where pairing gains nothing.
    """

    correlation: float
    p_value: float
    variance_ratio: float


def paired_p(first: np.ndarray, second: np.ndarray) -> float:
    """Two-sided p-value of Student's paired t test of "both have the same mean"."""
    return float(ttest_rel(first, second).pvalue) if has_spread(first - second) else 1.0


def equivalence_p(first: np.ndarray, second: np.ndarray, margin: float = MARGIN) -> float:
    """p-value of two one-sided paired t tests (Schuirmann 1987) of "the means are `margin` or more apart"."""
    return float(ttost_paired(first, second, -margin, margin)[0]) if has_spread(first - second) else 1.0


def smallest_detectable(first: np.ndarray, second: np.ndarray) -> float:
    """The smallest true difference of the means that a paired t test at 5 % would find with the power `POWER`.

    Of as many seeds, from the standard deviation of the differences at hand; infinite where it is unknown.
    """
    differences = first - second
    return _detectable_sd(len(differences)) * float(differences.std(ddof=1)) if has_spread(differences) else np.inf


@cache
def _detectable_sd(seeds: int) -> float:
    """`smallest_detectable` in standard deviations."""
    return float(TTestPower().solve_power(nobs=seeds, alpha=1 - CONFIDENCE, power=POWER))


def seeds_needed(sd: float, difference: float) -> int:
    """With how many seeds a paired t test at 5 % finds a true `difference` of the means with the power `POWER`.

    `sd`: of the differences, seed by seed; both as fractions and above 0. At most `MOST_SEEDS`.
    """
    power, effect = TTestPower().power, difference / sd
    counts = range(2, MOST_SEEDS)
    return counts[0] + bisect_left(counts, POWER, key=lambda count: power(effect, count, 1 - CONFIDENCE))


def pairing(first: np.ndarray, second: np.ndarray) -> Pairing:
    """What comes of comparing runs of the same seed; no numbers of fewer than three seeds, or alike accuracies."""
    if len(first) < 3 or not (has_spread(first) and has_spread(second)):
        return Pairing(np.nan, 1.0, np.nan)
    found = pearsonr(first, second)
    independent = first.var(ddof=1) + second.var(ddof=1)
    return Pairing(float(found.statistic), float(found.pvalue), float((first - second).var(ddof=1) / independent))


def chance_to_win(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float]:
    """The probability that a fresh run of the first model beats one of the second, with its 95 % interval.

    (m,) and (n,), of any seeds; a tie counts half. Mann and Whitney's U / mn, with the interval of Newcombe (2006,
    part 2, method 5), which holds with few runs as well, and where every run of one model beats every run of the other.
    It takes the runs for independent: where seeds are shared and help both, it is wider than it need be.
    """
    if not len(first) or not len(second):
        return np.nan, np.nan, np.nan
    pairs = len(first) * len(second)
    won = float(mannwhitneyu(first, second, method="asymptotic").statistic) / pairs
    quantile = norm.ppf((1 + CONFIDENCE) / 2)
    mean_freedom = (len(first) + len(second)) / 2 - 1

    def distance(chance: float) -> float:
        """How far `won` is from the true `chance`, beyond what the variance of Hanley and McNeil (1982) explains."""
        spread = 1 + mean_freedom * ((1 - chance) / (2 - chance) + chance / (1 + chance))
        return abs(won - chance) - quantile * np.sqrt(chance * (1 - chance) * spread / pairs)

    edge = 1e-12  # at 0 and 1 themselves nothing varies
    low = brentq(distance, edge, min(won, 1 - edge)) if won > edge else 0.0
    high = brentq(distance, max(won, edge), 1 - edge) if won < 1 - edge else 1.0
    return won, float(low), float(high)
