"""Runs as points over what a study varies, with the mean and its interval beside them: what its pictures share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, LogLocator, NullLocator
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from normstudy.report.contrast import ink
from normstudy.report.statistics import Estimate
from normstudy.report.wording import short

DECADES = 8
"""Values that are so many times apart stand on a logarithmic axis."""

STEEP = 4
"""As `DECADES`, of what is measured."""

APART = 8
"""Points on paper from one series to the next, at the same value."""

BESIDE = 3
"""Points on paper from a mean to the runs that it is of, where there are several."""

ROOM = 70
"""Characters that fit below an axis as wide as the page."""

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

    def draw(x: Sequence[float], y: Sequence[float], shift: float = look.shift, **style: Any) -> None:
        beside = axes.transData + ScaledTranslation(shift / 72, 0, axes.figure.dpi_scale_trans)
        # Matplotlib cannot tell limits from what stands beside its values.
        axes.add_artist(Line2D(x, y, color=look.colour, transform=beside, **style))
        axes.update_datalim([(at, value) for at, value in zip(x, y, strict=True) if np.isfinite(value)])

    small = {"marker": look.marker, "linestyle": "none", "markersize": 3.5, "alpha": 0.5, "mew": 0}
    large = {"marker": look.marker, "linestyle": "none", "markersize": 6, "mec": "white", "mew": 0.8, "zorder": 3}
    means = [mean for mean, *_ in estimates]
    if look.line:
        draw(places, means, linestyle=look.line, linewidth=1.3)
    for place, group, (mean, low, high) in zip(places, groups, estimates, strict=True):
        if np.isfinite([low, high]).all():
            draw([place, place], [low, high], linewidth=2.2, alpha=0.75)
        draw([place] * len(group), group, look.shift - (BESIDE if len(group) > 1 and np.isfinite(mean) else 0), **small)
    draw(places, means, **large)
    axes.autoscale_view()


def draw_diverged(axes: Axes, places: Sequence[Place], counts: Sequence[int], look: Look) -> None:
    """A cross above the axes, and of several their number, where runs diverged."""
    above = blended_transform_factory(axes.transData, axes.transAxes)
    above += ScaledTranslation(look.shift / 72, 0, axes.figure.dpi_scale_trans)
    for place, count in zip(places, counts, strict=True):
        if count:
            text = "✕" if count == 1 else f"✕{count}"
            axes.text(place, 1.0, text, color=ink(look.colour), fontsize=7, ha="center", va="bottom", transform=above)


def scale_values(axes: Axes, values: Sequence[float], columns: int = 1) -> None:
    """An x-axis with a tick at each of the numbers `values`: logarithmic where they are `DECADES` apart.

    `columns`: of panels beside each other.
    """
    distinct = sorted(set(values))
    if distinct[0] > 0 and distinct[-1] >= DECADES * distinct[0]:
        axes.set_xscale("log")
    axes.margins(x=0.06 * columns)
    names = [short(value) for value in distinct]
    axes.xaxis.set_major_locator(FixedLocator(distinct))
    axes.xaxis.set_major_formatter(FixedFormatter(names))
    axes.xaxis.set_minor_locator(NullLocator())
    if sum(map(len, names)) + 2 * len(names) > ROOM / columns:
        axes.tick_params(axis="x", rotation=45)


def scale_measure(axes: Axes, groups: Sequence[np.ndarray]) -> None:
    """A logarithmic y-axis where the values of `groups` are `STEEP` times apart and none is 0."""
    values = np.concatenate([*groups, np.zeros(0)])
    if len(values) and values.min() > 0 and values.max() >= STEEP * values.min():
        axes.set_yscale("log")
        near = values.max() < 20 * values.min()
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7) if near else (1, 2, 5)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_locator(NullLocator())


def shifts(count: int) -> list[float]:
    """How far each of so many series stands beside its values, so that none hides another (points on paper)."""
    return [APART * (number - (count - 1) / 2) for number in range(count)]
