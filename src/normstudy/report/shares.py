"""How much of the variance over runs each source of chance makes: arrays in, estimates out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import f as fisher

from normstudy.report.statistics import CONFIDENCE


class Share(NamedTuple):
    """A part of the variance over runs: the estimate with its 95 % limits, as fractions of the whole.

    `variance`: of accuracies as fractions, and the degrees of freedom that it rests on.
    """

    share: float
    low: float
    high: float
    variance: float
    freedom: float


def share_of_source(groups: Sequence[np.ndarray], everything: np.ndarray) -> Share:
    """What one source makes when the others are fixed: the variance within `groups`, of (n_i,) runs that differ in it.

    `everything`: (n,) runs that differ in all sources, independent of those. The mean of the variance given the other
    sources, which is the source's own and that of all interactions in which it takes part; limits are those of
    Fisher's F, for runs about normal.
    """
    squares = sum(float(((group - group.mean()) ** 2).sum()) for group in groups)
    freedom = sum(len(group) - 1 for group in groups)
    return _relative(squares / freedom, freedom, everything)


def sum_of_shares(shares: Sequence[Share], everything: np.ndarray) -> Share:
    """All sources together: 1 where they act independently of each other, more where they interact.

    Their sum is never below the whole (Efron & Stein 1981). Degrees of freedom by Satterthwaite (1946).
    """
    variances = np.array([each.variance for each in shares])
    total = float(variances.sum())
    weights = float((variances**2 / [each.freedom for each in shares]).sum())
    return _relative(total, total**2 / weights if weights else 1.0, everything)


def _relative(variance: float, freedom: float, everything: np.ndarray) -> Share:
    whole, other = float(everything.var(ddof=1)), len(everything) - 1
    ratio = variance / whole if whole else np.nan
    low, high = (ratio / fisher.ppf(share, freedom, other) for share in ((1 + CONFIDENCE) / 2, (1 - CONFIDENCE) / 2))
    return Share(ratio, float(low), float(high), variance, freedom)
