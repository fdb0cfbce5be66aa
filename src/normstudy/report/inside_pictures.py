"""Pictures of what normalization does inside a network: activations, γ and β, and BN's running statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from normstudy.report.drawing import PLAIN, WIDTH

TIMES = {"start": "start", "first_epoch": "after epoch 1", "end": "end", "end_running": "end, running statistics"}
"""As the measurement calls them, and as the picture does."""

SHADES = {"start": 0.3, "first_epoch": 0.6, "end": 1.0, "end_running": 1.0}
"""Of a model's colour: the later the stronger."""

LINEAR = 2.0
"""Up to this size, values are on a linear axis; beyond, on a logarithmic one."""

Numbers = Mapping[str, Any]


@matplotlib.style.context(PLAIN)
def activations_figure(measured: Mapping[str, Numbers], colours: Mapping[str, str]) -> Figure:
    """Distributions before and after each normalization, of each model (a column) at each of the times."""
    figure = Figure(figsize=(WIDTH, 5.6), layout="constrained")
    panels = figure.subplots(2, len(measured), squeeze=False, sharey=True, sharex="col")
    for column, (name, own) in zip(panels.T, measured.items(), strict=True):
        for axes, side in zip(column, ("before", "after"), strict=True):
            _draw_layers(axes, own, side, colours[name])
            axes.set_title(f"{name}: {side}", fontsize=10)
        axes.set_xlabel("normalization")
        axes.xaxis.set_major_locator(FixedLocator(range(1, len(own["end"]) + 1)))
    for axes in panels[:, 0]:
        axes.set_ylabel("activation")
    scale_signed(panels[0, 0])
    found = [time for time in TIMES if any(own.get(time) for own in measured.values())]
    handles = [
        Line2D([], [], color="#333333", alpha=SHADES[time], linewidth=5, solid_capstyle="butt", label=TIMES[time])
        for time in found
        if time != "end_running"
    ]
    if "end_running" in found:
        handles.append(Line2D([], [], color="#333333", linewidth=1.2, marker="_", label=TIMES["end_running"]))
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), frameon=False, fontsize=9)
    return figure


def scale_signed(axes: Axes) -> None:
    """A y-axis for values of both signs and of very different sizes."""
    axes.set_yscale("symlog", linthresh=LINEAR)
    widest = max(abs(limit) for limit in axes.get_ylim())
    sizes = [1, 2, 5, 10] if widest < 20 else [1, 2, *(10.0**power for power in range(1, 40))]
    ticks = [-size for size in reversed(sizes)] + [0] + sizes
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_major_formatter(FixedFormatter([f"{tick:g}".replace("-", "−") for tick in ticks]))
    axes.yaxis.set_minor_locator(NullLocator())


def _draw_layers(axes: Axes, own: Numbers, side: str, colour: str) -> None:
    present = [time for time in TIMES if own.get(time)]
    step = 0.8 / len(present)
    for at, time in enumerate(present):
        for layer, found in enumerate(own[time], start=1):
            quantiles = found[side]["quantiles"]
            if any(value is None for value in quantiles):
                continue
            x = layer + step * (at - (len(present) - 1) / 2)
            outer, inner = (quantiles[0], quantiles[-1]), (quantiles[1], quantiles[-2])
            wide = 1.2 if time == "end_running" else 5
            axes.plot([x, x], outer, color=colour, alpha=SHADES[time], linewidth=1)
            axes.plot([x, x], inner, color=colour, alpha=SHADES[time], linewidth=wide, solid_capstyle="butt")
            ends = {"marker": "_", "markersize": 5, "linestyle": ""}
            if time == "end_running":
                axes.plot([x] * len(quantiles), quantiles, color=colour, **ends)
            else:
                axes.plot([x], [quantiles[2]], "o", color="white", markersize=2.5)


@matplotlib.style.context(PLAIN)
def parameters_figure(measured: Mapping[str, Numbers], colours: Mapping[str, str]) -> Figure:
    """γ and β of every channel at the end, layer by layer; a column for each model."""
    figure = Figure(figsize=(WIDTH, 4.2), layout="constrained")
    panels = figure.subplots(2, len(measured), squeeze=False, sharey="row", sharex="col")
    for column, (name, own) in zip(panels.T, measured.items(), strict=True):
        for axes, key, start in zip(column, ("gamma", "beta"), (1, 0), strict=True):
            axes.axhline(start, color="#999999", linewidth=0.8, linestyle=(0, (4, 3)))
            for layer, values in enumerate(own[key], start=1):
                known = [value for value in values if value is not None]
                places = layer + 0.3 * (np.arange(len(known)) / max(1, len(known) - 1) - 0.5)
                axes.plot(places, known, "o", color=colours[name], markersize=3, alpha=0.6)
        column[0].set_title(name, fontsize=10)
        column[1].set_xlabel("normalization")
        column[1].xaxis.set_major_locator(FixedLocator(range(1, len(own["gamma"]) + 1)))
    panels[0, 0].set_ylabel("γ at the end")
    panels[1, 0].set_ylabel("β at the end")
    return figure


@matplotlib.style.context(PLAIN)
def running_figure(own: Numbers, colour: str) -> Figure:
    """BN's running mean and deviation of every channel against those of the images at hand, layer by layer."""
    figure = Figure(figsize=(WIDTH, 3.4), layout="constrained")
    means, deviations = figure.subplots(1, 2)
    layers = len(own["running_mean"])
    for layer in range(layers):
        at_hand = own["end"][layer]["before"]
        shade = 0.25 + 0.75 * layer / max(1, layers - 1)
        look = {"color": colour, "alpha": shade, "markersize": 4, "label": f"normalization {layer + 1}"}
        means.plot(_floats(at_hand["channel_means"]), _floats(own["running_mean"][layer]), "o", **look)
        running = np.sqrt(_floats(own["running_var"][layer]))
        deviations.plot(_floats(at_hand["channel_sds"]), running, "o", **look)
    for axes, of in ((means, "mean"), (deviations, "standard deviation")):
        ends = axes.get_xlim()
        axes.plot(ends, ends, color="#999999", linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
        axes.set(xlabel=f"{of} over the images at hand", ylabel=f"running {of}")
    figure.legend(*means.get_legend_handles_labels(), loc="outside upper center", ncols=4, frameon=False, fontsize=9)
    return figure


def _floats(values: Sequence[float | None]) -> np.ndarray:
    return np.array(values, float)
