"""Pictures of a study of penalties: errors and effects, shrinkage layer by layer, and effective learning rates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from normstudy.report.drawing import COLOURS, LINE_STYLES, MARKERS, PLAIN, WIDTH, scale_epochs
from normstudy.report.estimates import in_percent, intervals
from normstudy.report.models import Model
from normstudy.report.penalties import Normalization, penalties_of
from normstudy.report.penalty_effects import Effects
from normstudy.report.points import Look, draw_diverged, draw_points, scale_measure, shifts
from normstudy.report.series import errors
from normstudy.report.shrinkage import GAUSSIAN_SPREAD, gaussian_tiny, relative_rates, spreads, tiny
from normstudy.report.statistics import PERCENT

POINTS = ("o", "s", "^", "D", "v", "P")
"""By penalty."""


@matplotlib.style.context(PLAIN)
def effects_figure(normalizations: Sequence[Normalization], effects: Effects) -> Figure:
    """Left the error of each normalization with each penalty, right what a penalty changes within a normalization."""
    figure = Figure(figsize=(WIDTH, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    penalties = penalties_of(normalizations)
    groups = {
        (each.name, penalty): 100 * errors(model)
        for each in normalizations
        for penalty, model in each.by_penalty.items()
    }
    estimates = dict(zip(groups, intervals(list(groups.values()), PERCENT), strict=True))
    changed = [each.change for each in effects.of_penalties]
    changes = [penalty for penalty in penalties if penalty in changed]
    for each, shift in zip(normalizations, shifts(len(normalizations)), strict=True):
        look = Look(COLOURS[each.config.norm], MARKERS[each.config.norm], "", 1.6 * shift)
        own = [(penalties.index(penalty), (each.name, penalty), model) for penalty, model in each.by_penalty.items()]
        draw_points(
            left,
            [at for at, *_ in own],
            [groups[key] for _, key, _ in own],
            [estimates[key] for _, key, _ in own],
            look,
        )
        draw_diverged(left, [at for at, *_ in own], [model.diverged for *_, model in own], look)
        found = [effect for effect in effects.of_penalties if effect.place == each.name]
        draw_points(
            right,
            [changes.index(effect.change) for effect in found],
            [100 * effect.differences for effect in found],
            [in_percent(effect.estimate) for effect in found],
            look,
        )
    scale_measure(left, list(groups.values()))
    left.set_ylabel(f"{normalizations[0].config.evaluate_on} error (%)")
    right.axhline(0, color="black", linewidth=0.8)
    right.set_ylabel("more accurate than without (points)")
    for axes, names in ((left, penalties), (right, changes)):
        axes.set_xticks(range(len(names)), [name.replace(" + ", " +\n").replace(" (", "\n(") for name in names])
        axes.set_xlim(-0.5, max(0.5, len(names) - 0.5))
        axes.grid(visible=False, axis="x")
    handles = [
        Line2D([], [], color=COLOURS[each.config.norm], marker=MARKERS[each.config.norm], linestyle="", label=each.name)
        for each in normalizations
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), frameon=False)
    return figure


@matplotlib.style.context(PLAIN)
def shrinkage_figure(normalizations: Sequence[Normalization]) -> Figure:
    """‖w‖₁/(‖w‖₂ √n) and the share of tiny weights over the layers; a column for each normalization."""
    figure, panels = _panels(normalizations, 2)
    for column, each in zip(panels.T, normalizations, strict=True):
        for axes, numbers, usual in (
            (column[0], spreads, GAUSSIAN_SPREAD),
            (column[1], lambda runs: 100 * tiny(runs, "0.1"), 100 * gaussian_tiny(0.1)),
        ):
            axes.axhline(usual, color="#999999", linewidth=0.8, linestyle=(0, (4, 3)))
            for number, model in _penalised(each, normalizations):
                _draw_layers(axes, numbers(model.runs), each, number)
        column[1].set_xlabel("layer (last: linear)")
        column[1].xaxis.set_major_locator(MaxNLocator(integer=True))
    panels[0, 0].set_ylabel("‖w‖₁ / (‖w‖₂ √n)")
    panels[1, 0].set_ylabel("|w| < 0.1 r.m.s. (%)")
    return figure


@matplotlib.style.context(PLAIN)
def rates_figure(normalizations: Sequence[Normalization]) -> Figure:
    """rate/‖w‖ and rate/‖w‖² of the convolutions over the epochs; a column for each normalization."""
    figure, panels = _panels(normalizations, 2)
    for column, each in zip(panels.T, normalizations, strict=True):
        for axes, power in zip(column, (1, 2), strict=True):
            for number, model in _penalised(each, normalizations):
                by_epoch = relative_rates(model.runs, power)
                if by_epoch.size:
                    epochs = np.arange(1, by_epoch.shape[1] + 1)
                    axes.plot(epochs, by_epoch.mean(axis=0), color=COLOURS[each.config.norm], **_line(number))
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        column[1].set_xlabel("epoch")
        scale_epochs(column[1])
    for axes in panels[:, 0]:
        axes.set_ylim(bottom=0)
    panels[0, 0].set_ylabel("rate / ‖w‖")
    panels[1, 0].set_ylabel("rate / ‖w‖²")
    return figure


def _panels(normalizations: Sequence[Normalization], rows: int) -> tuple[Figure, np.ndarray]:
    """So many rows of panels, a column for each of `normalizations`, with a legend of the penalties above."""
    figure = Figure(figsize=(WIDTH, 0.6 + 2.3 * rows), layout="constrained")
    panels = figure.subplots(rows, len(normalizations), squeeze=False, sharex=True, sharey="row")
    for axes, each in zip(panels[0], normalizations, strict=True):
        axes.set_title(each.name, fontsize=10)
    handles = [
        Line2D([], [], color="#333333", label=penalty, **_line(at))
        for at, penalty in enumerate(penalties_of(normalizations))
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), frameon=False)
    return figure, panels


def _penalised(own: Normalization, every: Sequence[Normalization]) -> list[tuple[int, Model]]:
    """The number of each penalty of `own` among all, and its model."""
    penalties = penalties_of(every)
    return [(penalties.index(penalty), model) for penalty, model in own.by_penalty.items()]


def _line(number: int) -> dict[str, Any]:
    """How the line of the penalty of that number looks: the first is broad and pale, and is seen below others."""
    broad = {"linewidth": 3, "alpha": 0.4} if number == 0 else {"linewidth": 1.4}
    return {"linestyle": LINE_STYLES[number % len(LINE_STYLES)], **broad}


def _draw_layers(axes: Axes, by_layer: np.ndarray, own: Normalization, number: int) -> None:
    if not by_layer.size:
        return
    layers = np.arange(1, by_layer.shape[1] + 1) + 0.12 * (number - 1)
    colour, marker = COLOURS[own.config.norm], POINTS[number % len(POINTS)]
    axes.plot(np.tile(layers, len(by_layer)), by_layer.ravel(), marker, color=colour, markersize=2.5, mew=0, alpha=0.6)
    axes.plot(layers, by_layer.mean(axis=0), color=colour, **_line(number))
