"""Runs as points over what a study varies, with the mean and its interval beside them: what its pictures share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from normstudy.report.drawing import scale_loss
from normstudy.report.estimates import Estimate
from normstudy.report.wording import short

DECADES = 8
"""Values that are so many times apart stand on a logarithmic axis."""

STEEP = 4
"""As `DECADES`, of what is measured."""

APART = 5
"""Points on paper from one series to the next, at the same value."""

Place = float


@dataclass(frozen=True)
class Look:
    """Of a series: colour, marker, line style, and how far it stands beside its values (points on paper)."""

    colour: str
    marker: str
    line: str = "-"
    shift: float = 0.0


def draw_points(
    axes: Axes, places: Sequence[Place], groups: Sequence[np.ndarray], estimates: Sequence[Estimate], look: Look
) -> None:
    """Each run of `groups` as a small point at its place; means and, where they are finite, intervals; a line."""
    beside = axes.transData + ScaledTranslation(look.shift / 72, 0, axes.figure.dpi_scale_trans)
    for place, group in zip(places, groups, strict=True):
        axes.plot(
            [place] * len(group), group, look.marker, color=look.colour, markersize=3.5, alpha=0.4, mew=0,
            transform=beside,
        )  # fmt: skip
    means = [mean for mean, *_ in estimates]
    if look.line:
        axes.plot(places, means, look.line, color=look.colour, linewidth=1.3, transform=beside)
    for place, (mean, low, high) in zip(places, estimates, strict=True):
        if np.isfinite([low, high]).all():
            axes.plot([place, place], [low, high], "-", color=look.colour, linewidth=2.2, alpha=0.75, transform=beside)
        axes.plot([place], [mean], look.marker, color=look.colour, markersize=6, mec="white", mew=0.8, transform=beside)


def draw_diverged(axes: Axes, places: Sequence[Place], counts: Sequence[int], look: Look) -> None:
    """A cross and, of several, their number above the axes, where runs diverged."""
    above = blended_transform_factory(axes.transData, axes.transAxes)
    above += ScaledTranslation(look.shift / 72, 0, axes.figure.dpi_scale_trans)
    for place, count in zip(places, counts, strict=True):
        if count:
            text = "✕" if count == 1 else f"✕\n{count}"
            axes.text(place, 1.0, text, color=look.colour, fontsize=7, ha="center", va="bottom", transform=above)


def scale_values(axes: Axes, values: Sequence[float]) -> None:
    """An x-axis with a tick at each of the numbers `values`: logarithmic where they are `DECADES` apart."""
    distinct = sorted(set(values))
    if distinct[0] > 0 and distinct[-1] >= DECADES * distinct[0]:
        axes.set_xscale("log")
        axes.margins(x=0.06)
    axes.xaxis.set_major_locator(FixedLocator(distinct))
    axes.xaxis.set_major_formatter(FixedFormatter([short(value) for value in distinct]))
    axes.xaxis.set_minor_locator(NullLocator())


def scale_measure(axes: Axes, groups: Sequence[np.ndarray]) -> None:
    """A logarithmic y-axis where the values of `groups` are `STEEP` times apart and none is 0."""
    values = np.concatenate([*groups, np.zeros(0)])
    if len(values) and values.min() > 0 and values.max() >= STEEP * values.min():
        scale_loss(axes)


def shifts(count: int) -> list[float]:
    """How far each of so many series stands beside its values, so that none hides another (points on paper)."""
    return [APART * (number - (count - 1) / 2) for number in range(count)]
