"""What several figures draw: runs as dots with their means, rows of dots with intervals, labels at line ends, axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, MaxNLocator, NullFormatter, NullLocator

from normstudy.report.core.style import MARKERS, colour, norm_of
from normstudy.report.core.text import called

if TYPE_CHECKING:  # every run's notebook imports this module, and none has tables
    import pandas as pd

LINE_HEIGHT = 13
"""Points from one label at a line's end to the next."""


def over(
    axes: Axes,
    runs: pd.DataFrame,
    x: str,
    y: str = "error",
    scale: float = 100.0,
    factor: str = "model",
    mean: Callable[[np.ndarray], float] | None = None,
    looks: Mapping[str, Mapping] | None = None,
    names: Mapping[str, str] | None = None,
) -> None:
    """Every run of `runs` as a dot over `x`, and a line per value of `factor` through their means, labelled at its end.

    `y` is multiplied by `scale` (100: percent). `mean` of the values at one x is geometric unless another function is
    given. `looks`: by value of `factor`, what matplotlib is to use instead of the normalization's colour and marker.
    """
    mean = mean or (lambda values: float(np.exp(np.mean(np.log(values)))))
    ends = []
    for model, own in runs.dropna(subset=[y]).groupby(factor, sort=False):
        look = {"color": colour(norm_of(str(model))), "marker": MARKERS[norm_of(str(model))]} | dict(
            (looks or {}).get(str(model), {})
        )
        line = look.pop("linestyle", "-")
        axes.plot(own[x], scale * own[y], look["marker"], color=look["color"], ms=3.5, alpha=0.5, mew=0)
        if own[x].isna().all():  # a model that has no such parameter: its mean holds for every x
            level = scale * mean(np.asarray(own[y]))
            axes.axhline(level, color=look["color"], linestyle=line, linewidth=1)
            ends.append((level, (names or {}).get(str(model), called(str(model))), look["color"], axes.get_xlim()[1]))
            continue
        means = scale * own.groupby(x)[y].agg(lambda values: mean(np.asarray(values)))
        axes.plot(means.index, means, line, color=look["color"], linewidth=1.5)
        ends.append((means.iloc[-1], (names or {}).get(str(model), called(str(model))), look["color"], means.index[-1]))
    label_ends(axes, ends)


def log_axis(axes: Axes, which: str, ticks: Sequence[float], labels: Sequence[str] | None = None) -> None:
    """A logarithmic axis, `x` or `y`, with these ticks alone."""
    getattr(axes, f"set_{which}scale")("log")
    axis = getattr(axes, f"{which}axis")
    axis.set_major_locator(FixedLocator(list(ticks)))
    axis.set_major_formatter(FixedFormatter(list(labels or [f"{tick:g}" for tick in ticks])))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def label_ends(axes: Axes, ends: Sequence[tuple[float, str, str, float]]) -> None:
    """Write each line's label right of its end, moved apart where labels would overlap.

    `ends`: the last value of each line, its label, its colour and the x of its end. Call it when the limits are set.
    """
    ends = sorted(ends)
    height = axes.get_figure().get_figheight() * axes.get_position().height * 72
    unit = LINE_HEIGHT / max(height, 1)
    to_height = axes.transScale.transform
    bottom, top = (to_height((1, limit))[1] for limit in axes.get_ylim())
    wanted = [(to_height((1, value))[1] - bottom) / (top - bottom) for value, *_ in ends]
    sizes = [unit * (1 + text.count("\n")) for _, text, *_ in ends]
    for (value, text, ink, x), place in zip(ends, apart(wanted, sizes), strict=True):
        arrow = {"arrowstyle": "-", "color": ink, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 2, "relpos": (0, 0.5)}
        axes.annotate(
            text,
            xy=(x, value),
            xytext=(1.03, place),
            textcoords="axes fraction",
            color=ink,
            fontsize=9,
            va="center",
            annotation_clip=False,
            arrowprops=arrow,
        )


def apart(wanted: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Middles of labels with `sizes`, as near to the rising heights `wanted` as they can be without an overlap.

    Fractions of an axes' height. Labels begin at the bottom of it or above; what has no room there is moved down.
    """
    placed: list[float] = []
    for middle, size in zip(wanted, sizes, strict=True):
        lowest = placed[-1] + (sizes[len(placed) - 1] + size) / 2 if placed else 0.0
        placed.append(max(middle, lowest))
    ceiling = 1.0 + (sizes[-1] / 2 if len(sizes) else 0)
    for at in reversed(range(len(placed))):
        placed[at] = min(placed[at], ceiling - sizes[at] / 2)
        ceiling = placed[at] - sizes[at] / 2
    return placed


def dot_rows(
    axes: Axes,
    rows: Mapping[str, Sequence[float]],
    estimates: pd.DataFrame | None = None,
    colours: Sequence[str] | None = None,
    text: Callable[[pd.Series], str] | None = None,
    margin: float | None = None,
) -> None:
    """A row per name, from the top: every value a dot (piled up), below them the mean and its interval.

    `estimates` has `value`, `low` and `high` by name, in the unit of the values; `text` of a row of it stands at the
    right. Shaded within ± `margin` of 0, where there is one.
    """
    every = np.concatenate([np.asarray(values, float) for values in rows.values()])
    limits = [] if estimates is None else list(estimates[["low", "high"]].to_numpy().ravel())
    every = np.concatenate([every, [each for each in limits if math.isfinite(each)]])
    if margin is not None:
        axes.axvspan(-margin, margin, color=colour("band"), linewidth=0)
        axes.axvline(0, color=colour("note"), linewidth=0.8)
        axes.text(
            0,
            0.7,
            f"within ±{margin:g}",
            ha="center",
            va="top",
            fontsize=8,
            color=colour("accent"),
            backgroundcolor=colour("band"),
        )
        every = np.append(every, [-1.1 * margin, 1.1 * margin])
    width = max(float(np.ptp(every)), 1e-9) / 60  # dots nearer to each other are piled up
    for place, (name, values) in enumerate(rows.items()):
        ink = colours[place] if colours else colour("note")
        ranked = np.sort(np.asarray(values, float))
        bins = np.floor(ranked / width)
        under = np.arange(len(bins)) - np.searchsorted(bins, bins)
        step = min(0.075, 0.6 / (under.max(initial=0) + 1))
        axes.plot(ranked, -place + 0.05 + under * step, "o", color=ink, alpha=0.55, ms=4, mew=0)
        if estimates is None or name not in estimates.index:
            continue
        found = estimates.loc[name]
        if math.isfinite(found["low"]) and math.isfinite(found["high"]):
            axes.plot([found["low"], found["high"]], [-place - 0.14] * 2, color=ink, linewidth=4, alpha=0.7)
        axes.plot(found["value"], -place - 0.14, "D", color=colour("note"), ms=4)
        if text:
            at = {"xycoords": ("axes fraction", "data"), "va": "center", "fontsize": 9, "annotation_clip": False}
            axes.annotate(text(found), (1.02, -place), color=ink, **at)
    axes.set(ylim=(0.45 - len(rows), 0.75), yticks=[-place for place in range(len(rows))])
    axes.set_yticklabels(list(rows))
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)


def accuracy_axis(axes: Axes, images: int = 10_000) -> None:
    """A y-axis of percent, stretched towards 100 %, so that first and last epochs can be read in one picture.

    `images` were evaluated: 100 % stands where half an image would be wrong.
    """
    floor = 50 / images
    axes.set_yscale(
        "function",
        functions=(
            lambda percent: -np.log10(np.maximum(100 - percent, 0) + floor),
            lambda height: 100 + floor - 10.0 ** (-height),
        ),
    )
    drawn = [y for line in axes.lines for y in np.asarray(line.get_ydata(), float) if math.isfinite(y)]
    ticks = [0, 20, 40, 60, 80, 90, 95, 98, 99, 99.5, 99.8, 99.9, 100]
    lowest = max([tick for tick in ticks if tick <= min(drawn, default=0)], default=0)
    highest = min([tick for tick in ticks if tick >= max(drawn, default=100)], default=100)
    if lowest == highest:  # all that is drawn lies on one tick
        lowest, highest = max([0, *ticks[: ticks.index(lowest)]]), min([*ticks[ticks.index(highest) + 1 :], 100])
    shown = [tick for tick in ticks if lowest <= tick <= highest]
    axes.set_ylim(lowest, highest)
    axes.yaxis.set_major_locator(FixedLocator(shown))
    axes.yaxis.set_major_formatter(FixedFormatter([f"{tick:g}" for tick in shown]))
    axes.yaxis.set_minor_locator(NullLocator())


def loss_axis(axes: Axes) -> None:
    """A logarithmic y-axis with plain numbers at 1, 2 and 5."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    ticks = [digit * 10.0**power for power in range(-6, 4) for digit in (1, 2, 5)]
    axes.yaxis.set_major_locator(FixedLocator([tick for tick in ticks if low <= tick <= high] or [low, high]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())


def epoch_axis(axes: Axes) -> None:
    """Whole epochs on the x-axis of `axes`, whose lines are drawn."""
    if all(len(np.asarray(line.get_xdata())) <= 1 for line in axes.lines):
        axes.xaxis.set_major_locator(FixedLocator([1]))  # else a single epoch stands between hundredths of epochs
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
