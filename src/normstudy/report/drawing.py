"""What the pictures of all sections share: style, palette, the axes of loss and accuracy, labels at lines' ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from normstudy.config import Config
from normstudy.report.contrast import ink

STYLE = {
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same picture on every machine
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "image.interpolation": "none",  # pixels can be counted
}
PLAIN = ["default", STYLE]
"""Styles for `matplotlib.style.context`, which begin with matplotlib's own: a user's matplotlibrc does not count."""

LITERAL = [*PLAIN, {"text.parse_math": False}]
"""The same where names of classes are written, which may be anything: `$` is a dollar."""

WIDTH = 7.2
"""Inches."""

# Okabe and Ito's palette, safe for colour-blind readers; black text is readable beside each.
COLOURS = {"bn": "#0072B2", "gn": "#D55E00", "ln": "#009E73", "in": "#CC79A7", "ln2d": "#56B4E9", "none": "#595959"}

HEAT = LinearSegmentedColormap.from_list("heat", ["#ffffff", "#fdb97d", "#d94801"])
"""From nothing to much: black strokes and numbers are readable on all of it, and grey shows the same order."""

MARKERS = {"bn": "o", "gn": "s", "ln": "^", "in": "D", "ln2d": "v", "none": "P"}

LINE_STYLES = ("-", "--", ":", "-.")

GRID = (2, 5)
"""Rows and columns of a sheet of misclassified images."""

LINE_HEIGHT = 13
"""Points from one label at a line's end to the next."""

AXES_SHARE = 0.8
"""Of a panel's height, what its axes have at least."""


def styles(configs: Sequence[Config]) -> list[tuple[str, str, str]]:
    """(colour, line style, marker) for each of `configs`: the style tells models of one normalization apart.

    Colour and marker are the normalization's, so that normalizations differ in grey, too.
    """
    seen: Counter[str] = Counter()
    chosen = []
    for config in configs:
        line = LINE_STYLES[seen[config.norm] % len(LINE_STYLES)]
        chosen.append((COLOURS[config.norm], line, MARKERS[config.norm]))
        seen[config.norm] += 1
    return chosen


def scale_epochs(axes: Axes) -> None:
    """Whole epochs on the x-axis of `axes`, whose lines are drawn."""
    if all(len(line.get_xdata()) <= 1 for line in axes.lines):
        axes.xaxis.set_major_locator(FixedLocator([1]))  # else a single epoch stands between hundredths of epochs
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def scale_loss(axes: Axes) -> None:
    """A logarithmic y-axis, with ticks at 1, 2 and 5."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())


def scale_accuracy(axes: Axes) -> None:
    """A y-axis of percent, stretched towards 100 %, so that first and last epochs can be read in one picture."""
    floor = 0.01  # percent: keeps 100 % at a finite height
    axes.set_yscale(
        "function",
        functions=(
            lambda percent: -np.log10(np.maximum(100 - percent, 0) + floor),
            lambda height: 100 + floor - 10.0 ** (-height),
        ),
    )
    drawn = [y for line in axes.lines for y in line.get_ydata()]
    ticks = [0, 20, 40, 60, 80, 90, 95, 98, 99, 99.5, 99.8, 99.9, 100]
    lowest = max([tick for tick in ticks if tick <= min(drawn, default=0)], default=0)
    highest = min([tick for tick in ticks if tick >= max(drawn, default=100)], default=100)
    if lowest == highest:  # all that is drawn lies on one tick
        lowest, highest = max([0, *ticks[: ticks.index(lowest)]]), min([*ticks[ticks.index(highest) + 1 :], 100])
    axes.set_ylim(lowest, highest)
    axes.yaxis.set_major_locator(FixedLocator([tick for tick in ticks if lowest <= tick <= highest]))
    axes.yaxis.set_major_formatter(FixedFormatter([f"{tick:g}" for tick in ticks if lowest <= tick <= highest]))
    axes.yaxis.set_minor_locator(NullLocator())


def label_ends(axes: Axes, ends: Sequence[tuple[float, str, str, int]], height: float, most: int) -> None:
    """Write each line's label at its end, moved apart where labels would overlap.

    `ends`: the last value of each line, its label, its colour, and the epoch it ends in; `height`: of the panel,
    inches. Of more than `most` lines, those that end lowest and highest are labelled.
    """
    ends = sorted(ends)
    if left := max(0, len(ends) - most):
        low, high = ends[: most // 2], ends[-(most // 2) :]
        between = (low[-1][0] + high[0][0]) / 2
        ends = [*low, (between, f"… {left} between these", "#595959", 0), *high]
    unit = LINE_HEIGHT / (height * 72 * AXES_SHARE)  # one line of text, as a fraction of the axes' height
    to_fraction = axes.transScale.transform
    bottom, top = (to_fraction((0, limit))[1] for limit in axes.get_ylim())
    wanted = [(to_fraction((0, value))[1] - bottom) / (top - bottom) for value, *_ in ends]
    sizes = [unit * (1 + text.count("\n")) for _, text, *_ in ends]
    for (value, text, colour, epoch), place in zip(ends, _apart(wanted, sizes), strict=True):
        leader = {"arrowstyle": "-", "color": colour, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 2}
        leader |= {"relpos": (0, 0.5)}  # from the label's left edge: no leader crosses another label
        axes.annotate(
            text,
            xy=(epoch, value) if epoch else (1, place),
            xycoords="data" if epoch else "axes fraction",
            xytext=(1.03, place),
            textcoords="axes fraction",
            color=ink(colour),
            fontsize=9,
            va="center",
            annotation_clip=False,
            arrowprops=leader if epoch else None,
        )


def _apart(wanted: list[float], sizes: list[float]) -> list[float]:
    """Middles of labels with `sizes`, as near to the rising heights `wanted` as they can be without an overlap.

    Fractions of an axes' height. Labels begin at the bottom of it or above; what has no room there is moved down.
    """
    placed: list[float] = []
    for middle, size in zip(wanted, sizes, strict=True):
        lowest = placed[-1] + (sizes[len(placed) - 1] + size) / 2 if placed else 0.0
        placed.append(max(middle, lowest))
    ceiling = 1.0 + (sizes[-1] / 2 if sizes else 0)
    for at in reversed(range(len(placed))):
        placed[at] = min(placed[at], ceiling - sizes[at] / 2)
        ceiling = placed[at] - sizes[at] / 2
    return placed
