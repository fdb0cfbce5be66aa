"""Pictures of a study of learning rates: errors over the rates, and gradients beside weights over the layers."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from normstudy.report.drawing import PLAIN, WIDTH, styles
from normstudy.report.gradients import Moment, moments
from normstudy.report.rate_lines import SOUND, Line, Setting, by_setting

Look = tuple[str, str, str]

DODGE = 0.035
"""By how much, in powers of ten, the points of one model lie beside those of the next."""

ROW = 0.055
"""Of a panel's height, a row of crosses above it."""


@matplotlib.style.context(PLAIN)
def errors_figure(lines: Sequence[Line]) -> Figure:
    """Error against peak rate; a row of panels for each depth, a column for each warm-up. Diverged runs are crosses."""
    settings = by_setting(lines)
    depths = sorted({setting.convolutions for setting in settings})
    warmups = sorted({setting.warmup for setting in settings})
    looks = _looks(lines)
    figure = Figure(figsize=(WIDTH, 0.5 + 2.9 * len(depths)), layout="constrained")
    panels = figure.subplots(len(depths), len(warmups), squeeze=False, sharex=True, sharey=True)
    for row, depth in zip(panels, depths, strict=True):
        for axes, warmup in zip(row, warmups, strict=True):
            _draw_errors(axes, settings.get(Setting(depth, warmup), []), looks)
            axes.set_title(setting_title(Setting(depth, warmup)), fontsize=10, pad=6 + 9 * len(looks))
    for axes in panels[:, 0]:
        axes.set_ylabel(f"{lines[0].config.evaluate_on} error (%)")
    for axes in panels[-1]:
        axes.set_xlabel("peak learning rate")
    rates = sorted({rate for line in lines for rate in line.runs})
    axes = panels[0, 0]
    axes.set(xscale="log", yscale="log", xlim=(rates[0] / 1.4, rates[-1] * 1.4))
    axes.xaxis.set_major_locator(FixedLocator(rates))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}".removeprefix("0")))
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    _legend(figure, looks, [Line2D([], [], color="#222222", marker="x", linestyle="", label="diverged")])
    return figure


def setting_title(setting: Setting) -> str:
    """`12 convolutions, warm-up over 20 %`."""
    rise = f"warm-up over {100 * setting.warmup:g} %" if setting.warmup else "no warm-up"
    return f"{setting.convolutions} convolutions, {rise}"


def _draw_errors(axes: Axes, lines: Sequence[Line], looks: dict[str, Look]) -> None:
    floor = 0.01  # percent: a logarithm has no place for no error at all
    axes.axhline(100 * (1 - SOUND), color="#999999", linewidth=0.8, linestyle=(0, (4, 3)))
    for line in lines:
        colour, dashes, marker = looks[line.name]
        row = list(looks).index(line.name)
        shift = 10 ** (DODGE * (row - (len(looks) - 1) / 2))
        means = []
        for rate, runs in line.runs.items():
            errors = [max(floor, 100 * (1 - run.final("test_accuracy"))) for run in runs if not run.diverged]
            axes.plot([rate * shift] * len(errors), errors, marker, color=colour, markersize=3.5, alpha=0.75)
            means.append(np.mean(errors) if errors and len(errors) == len(runs) else np.nan)
            diverged = len(runs) - len(errors)
            places = [rate * 10 ** (0.05 * (at - (diverged - 1) / 2)) for at in range(diverged)]
            height = 1 + ROW * (len(looks) - row - 0.4)
            above = {"transform": axes.get_xaxis_transform(), "clip_on": False, "in_layout": False}
            axes.plot(places, [height] * diverged, "x", color=colour, markersize=4, **above)
        axes.plot([rate * shift for rate in line.runs], means, dashes, color=colour, linewidth=1.3)


@matplotlib.style.context(PLAIN)
def gradients_figure(lines: Sequence[Line]) -> Figure:
    """‖gradient‖/‖weights‖ over the layers; a row of panels for each `moments`, a column for each depth."""
    found, looks = moments(lines), _looks(lines)
    depths = sorted({moment.convolutions for moment in found})
    titles = list(dict.fromkeys(moment.title for moment in found))
    figure = Figure(figsize=(WIDTH, 0.6 + 2.1 * len(titles)), layout="constrained")
    panels = figure.subplots(len(titles), len(depths), squeeze=False, sharex="col", sharey=True)
    panels[0, 0].set_yscale("log")
    for row, title in zip(panels, titles, strict=True):
        for axes, depth in zip(row, depths, strict=True):
            here = [each for each in found if (each.title, each.convolutions) == (title, depth)]
            _draw_moments(axes, here, looks)
            axes.set_title(f"{depth} convolutions, {title}", fontsize=9)
    for axes in panels[:, 0]:
        axes.set_ylabel("‖gradient‖ / ‖weights‖")
    for axes in panels[-1]:
        axes.set_xlabel("layer (the last: linear)")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _legend(figure, looks, [])
    return figure


def _draw_moments(axes: Axes, found: Sequence[Moment], looks: dict[str, Look]) -> None:
    for moment in found:
        colour, dashes, marker = looks[moment.name]
        layers = np.arange(1, moment.ratios.shape[1] + 1)
        for own in moment.ratios:
            axes.plot(layers, own, marker, color=colour, markersize=2.5, alpha=0.5)
        axes.plot(layers, moment.mean, dashes, color=colour, linewidth=1.3)


def _looks(lines: Sequence[Line]) -> dict[str, Look]:
    """Colour and line style of each model, by its name."""
    configs = {line.name: line.config for line in lines}
    return dict(zip(configs, styles(list(configs.values())), strict=True))


def _legend(figure: Figure, looks: dict[str, Look], more: Sequence[Line2D]) -> None:
    handles = [
        Line2D([], [], color=colour, linestyle=dashes, marker=marker, markersize=4, label=name)
        for name, (colour, dashes, marker) in looks.items()
    ]
    figure.legend(handles=[*handles, *more], loc="outside upper center", ncols=len(handles) + len(more), frameon=False)
