"""The reliability diagram: how often answers are wrong beside how often they should be, by what they claim."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from normstudy.report.calibrations import Calibration
from normstudy.report.drawing import COLOURS, PLAIN, WIDTH
from normstudy.report.statistics import PERCENT, mean_interval
from normstudy.report.wording import MOST_NAMES, counted

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""Of models in the order of their first appearance, again from the first where there are more."""

MOST_IN_LEGEND = 8

GREY = "#595959"

FLOOR = 1e-4
"""Percent: where the axis of expected errors begins; what is surer stands there."""


@matplotlib.style.context(PLAIN)
def reliability_figure(found: Sequence[Calibration]) -> Figure:
    """Errors against 1 - confidence, both in percent: for each bin a small mark for each run and one for their mean.

    Nearly all answers are nearly certain: on the usual axes, of accuracy and confidence, all marks would be one.
    """
    picture = Figure(figsize=(WIDTH, 4.6), layout="constrained")
    axes = picture.subplots()
    smallest = min(100 / (each.judged.runs * each.bins.sizes.max()) for each in found)  # but for none
    axes.set_xscale("log")
    axes.set_yscale("symlog", linthresh=smallest, linscale=0.5)
    calibrated = np.geomspace(FLOOR, 100, 200)  # no straight line, because one axis ends at 0
    axes.plot(calibrated, calibrated, "--", color=GREY, linewidth=1)
    for place, text, at in (((0.45, 0.9), "surer than right", "left"), ((0.98, 0.3), "less sure than right", "right")):
        axes.text(*place, text, transform=axes.transAxes, ha=at, color=GREY, fontsize=9)
    for number, each in enumerate(found):
        _draw_bins(axes, each, MARKERS[number % len(MARKERS)])
    axes.set_xlim(FLOOR / 1.5, 100)
    axes.set_ylim(-smallest / 4, 100)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(NullLocator())
    axes.set(xlabel="100 % − confidence: expected errors (%)", ylabel="errors (%)")
    if len(found) <= MOST_IN_LEGEND:
        axes.legend(frameon=False, loc="upper left", fontsize=9)
    return picture


def reliability_alt(found: Sequence[Calibration]) -> str:
    """Alternative text for `reliability_figure`: each model's least certain bin, and where it errs too often."""
    parts = []
    for each in found[:MOST_NAMES]:
        expected, errors = (100 * (1 - values.mean(axis=0)) for values in (each.bins.confidence, each.bins.accuracy))
        above = int((errors > expected).sum())
        parts.append(
            f"{each.judged.name} errs in {errors[0]:.2f} % of its least certain bin, where {expected[0]:.2f} % are "
            f"expected, and more often than expected in {above} of {counted(len(errors), 'bin')}"
        )
    rest = f"; {len(found) - MOST_NAMES} further models" if len(found) > MOST_NAMES else ""
    return f"Reliability diagram with marks beside a dashed diagonal: {'; '.join(parts)}{rest}."


def _draw_bins(axes: Axes, each: Calibration, marker: str) -> None:
    colour = COLOURS[each.judged.config.norm]
    expected, errors = 100 * (1 - each.bins.confidence), 100 * (1 - each.bins.accuracy)
    axes.plot(expected.clip(FLOOR), errors, marker, color=colour, markersize=2, alpha=0.25, linestyle="none")
    mean, low, high = np.array([mean_interval(column, PERCENT) for column in errors.T]).T
    reach = np.where(np.isfinite(low), [mean - low, high - mean], 0)
    place = expected.mean(axis=0).clip(FLOOR)
    look = {"color": colour, "markersize": 6, "linewidth": 1.2, "markeredgecolor": "white"}
    axes.errorbar(place, mean, reach, fmt=marker, label=each.judged.name, **look)
