"""Estimates with their intervals as text: numbers, error rates, differences in percentage points, ratios."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from normstudy.report.estimates import intervals, logarithms, similar_spread
from normstudy.report.statistics import SHARE, Estimate, within
from normstudy.report.wording import rounded


def number(estimate: Estimate, places: int) -> str:
    """`51.3 (48.7 to 53.9)`, of whatever it is; without brackets where there is no interval, `–` for none."""
    return _told(estimate, lambda value: rounded(value, places))


def percent(estimate: Estimate) -> str:
    """`0.62 (0.55 to 0.69)` of a fraction, in percent; without brackets where there is no interval, `–` for none."""
    return _told(estimate, lambda value: rounded(100 * value, 2))


def points(estimate: Estimate) -> str:
    """`+0.05 (−0.02 to +0.12)` of a difference of fractions, in percentage points."""
    return _told(estimate, lambda value: ("+" if 100 * value >= 0.005 else "") + rounded(100 * value, 2))


def times(estimate: Estimate) -> str:
    """`1.31 (1.08 to 1.59)` of a ratio."""
    return _told(estimate, lambda value: rounded(value, 2))


def nats(estimate: Estimate) -> str:
    """`0.0213 (0.0201 to 0.0225)` of a loss."""
    return _told(estimate, lambda value: rounded(value, 4))


def flat(text: str) -> str:
    """`0.62, 0.55 to 0.69` of `0.62 (0.55 to 0.69)`, to stand in brackets."""
    return text.replace(" (", ", ").removesuffix(")")


def on_spread(groups: Sequence[np.ndarray]) -> str:
    """On what the intervals of `groups` of shares, each (n,), rest, and where they end: a caption's sentences."""
    return _on_variance(groups) + on_ends(intervals(groups))


def on_ratios(groups: Sequence[np.ndarray]) -> str:
    """As `on_spread`, of error rates that are compared by their logarithms."""
    found = [logarithms(group) for group in groups]
    return _on_variance(found) + on_ends([tuple(map(math.exp, each)) for each in intervals(found)])


def on_ends(estimates: Sequence[Estimate]) -> str:
    """A caption's sentence, with a space before it, where `estimates` of shares, not yet `within` what is possible,
    go on beyond it; else nothing."""
    if all(within(each, SHARE) == each for each in estimates if math.isfinite(each[0])):
        return ""
    return " An interval that would go on beyond 0 or 100 % ends there."


def _on_variance(groups: Sequence[np.ndarray]) -> str:
    if all(len(group) < 2 for group in groups):
        return "One run each says nothing of the noise: there are no intervals."
    if similar_spread(groups):
        return "Intervals rest on one variance for all, as the spreads do not differ beyond chance [@brown1974]."
    return "Each interval rests on its own variance, as the spreads differ beyond chance [@brown1974]."


def _told(estimate: Estimate, number: Callable[[float], str]) -> str:
    middle, low, high = estimate
    if not math.isfinite(middle):
        return "–"
    if not (math.isfinite(low) and math.isfinite(high)):
        return number(middle)
    return f"{number(middle)} ({number(low)} to {number(high)})"
