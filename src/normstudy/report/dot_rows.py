"""A picture of estimates with all that they were made of: a row each, every run a dot, mean and intervals below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from normstudy.report.contrast import ink
from normstudy.report.drawing import PLAIN, WIDTH

TALLEST = 9.5
"""Inches of a picture that fits on a page."""

ROW, SINGLE = 0.75, 0.55
"""Inches that a row has, where there is room, and that one with a single dot has."""

BEYOND = 0.5
"""How far ticks reach to the left of what is drawn otherwise, in widths of the latter."""

BINS = 60
"""Dots nearer to each other than this part of the axis are piled up."""


@dataclass(frozen=True)
class Row:
    """`values` (runs,) as dots, their mean and its interval `inner`, and perhaps a wider one, `outer`, as a thin line.

    `ticks`: what others found, below; of those far lower than everything else, the number stands at the left.

    `text` stands at the right, which says the same in numbers; limits that are not finite are not drawn.
    """

    name: str
    colour: str
    values: np.ndarray
    inner: tuple[float, float]
    text: str
    outer: tuple[float, float] = (math.nan, math.nan)
    ticks: tuple[float, ...] = ()


@matplotlib.style.context(PLAIN)
def rows_figure(rows: Sequence[Row], label: str, margin: float | None = None) -> Figure:
    """The `rows`, from the top, over an axis called `label`; shaded within ± `margin` of 0, where there is one."""
    piled = any(len(row.values) > 1 for row in rows)
    height = min(TALLEST, 0.7 + (ROW if piled else SINGLE) * len(rows))
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.subplots()
    drawn = np.concatenate([[*row.values, *filter(math.isfinite, (*row.inner, *row.outer))] for row in rows])
    if margin is not None:
        axes.axvspan(-margin, margin, color="#56B4E9", alpha=0.18, linewidth=0)
        axes.axvline(0, color="#595959", linewidth=0.8)
        shown = {"ha": "center", "va": "top", "fontsize": 8, "color": "#1d6a96", "backgroundcolor": "#e1f0fa"}
        axes.text(0, 0.7, f"within ±{margin:g}", **shown)
        drawn = np.append(drawn, [-1.1 * margin, 1.1 * margin])
    bin_width = max(np.ptp(drawn), 1e-9) / BINS
    size = min(4.5, 45 * (height - 0.7) / len(rows) / 8) if piled else 4.5  # points: eight dots fit into a row
    lowest = drawn.min() - BEYOND * np.ptp(drawn)
    for place, row in enumerate(rows):
        _draw_ticks(axes, row.ticks, -place - 0.3, lowest)
        _draw(axes, row, -place, bin_width, size)
    if any(value < lowest for row in rows for value in row.ticks):
        axes.set_xlim(left=lowest - 0.14 * (drawn.max() - lowest))  # room for how many these are
    axes.set(ylim=(0.45 - len(rows), 0.75), xlabel=label, yticks=[-place for place in range(len(rows))])
    axes.set_yticklabels([row.name for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    return figure


def _draw(axes: Axes, row: Row, middle: float, bin_width: float, size: float) -> None:
    ranked = np.sort(row.values)
    bins = np.floor(ranked / bin_width)
    under = np.arange(len(bins)) - np.searchsorted(bins, bins)  # of the same pile
    heights = middle + 0.05 + under * min(0.075, 0.6 / (under.max(initial=0) + 1))
    axes.plot(ranked, heights, "o", color=row.colour, alpha=0.55, ms=size, mew=0)
    below = middle - 0.14
    if math.isfinite(row.outer[0]):
        axes.plot(row.outer, (below, below), color=row.colour, linewidth=1, solid_capstyle="butt")
    if math.isfinite(row.inner[0]):
        axes.plot(row.inner, (below, below), color=row.colour, linewidth=4, alpha=0.7, solid_capstyle="butt")
    axes.plot(np.mean(row.values), below, "D", color="black", ms=4)
    place = {"xycoords": ("axes fraction", "data"), "va": "center", "fontsize": 9, "annotation_clip": False}
    axes.annotate(row.text, (1.02, middle), color=ink(row.colour), **place)


def _draw_ticks(axes: Axes, ticks: Sequence[float], height: float, lowest: float) -> None:
    shown = [value for value in ticks if value >= lowest]
    axes.plot(shown, [height] * len(shown), "|", color="#595959", ms=7, mew=1)
    if len(shown) < len(ticks):
        place = {"xycoords": ("axes fraction", "data"), "va": "center", "fontsize": 8}
        axes.annotate(f"← {len(ticks) - len(shown)} lower", (0.005, height), color="#595959", **place)
