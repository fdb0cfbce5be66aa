"""The picture of what networks say of one image, and of one channel before and after a normalization of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from normstudy.report.contrast import ink
from normstudy.report.drawing import PLAIN, WIDTH
from normstudy.report.markup import plain

SIGNED = LinearSegmentedColormap.from_list("signed", ["#8a6fd0", "#ffffff", "#e07b00"])
"""Negative, nothing, positive: as the page paints activations."""

ROW, HEAD = 1.45, 0.45
"""Inches: of a network, and above the first."""


class Shown(NamedTuple):
    """What is drawn of one network: `probabilities` (classes,), and a channel (h, w) `before` and `after`.

    `used`: the mean and the variance and where they are from, as text; without a normalization, that there is none.
    """

    name: str
    colour: str
    probabilities: np.ndarray
    before: np.ndarray
    after: np.ndarray
    channel: int
    used: str


@matplotlib.style.context([*PLAIN, {"text.parse_math": False}])
def networks_figure(pixels: np.ndarray, shown: Sequence[Shown], classes: Sequence[str]) -> Figure:
    """A row for each network; the image (h, w) of bytes stands before all of them."""
    figure = Figure(figsize=(WIDTH, HEAD + ROW * len(shown)), layout="constrained")
    grid = figure.add_gridspec(len(shown), 4, width_ratios=(1.3, 2.1, 1, 1))
    image = figure.add_subplot(grid[:, 0])
    image.imshow(pixels, cmap="gray_r", vmin=0, vmax=255)
    image.set_title("the image", fontsize=9)
    image.axis("off")
    for row, network in enumerate(shown):
        bars, before, after = (figure.add_subplot(grid[row, column]) for column in (1, 2, 3))
        _draw_bars(bars, network, classes)
        for axes, values, side in ((before, network.before, "before"), (after, network.after, "after")):
            largest = np.abs(values).max() or 1
            axes.imshow(values, cmap=SIGNED, vmin=-largest, vmax=largest)
            axes.set(xticks=[], yticks=[])
            axes.grid(False)
            for spine in axes.spines.values():
                spine.set(visible=True, color="#bbbbbb")
            axes.set_title(f"{side}: {_span(values)}", fontsize=8)
        before.set_xlabel(f"channel {network.channel + 1}: {network.used}", fontsize=7.5, loc="left")
    return figure


def _span(values: np.ndarray) -> str:
    return f"{values.min():.2g} to {values.max():.2g}".replace("-", "−")


def _draw_bars(axes: Axes, network: Shown, classes: Sequence[str]) -> None:
    best = int(network.probabilities.argmax())
    axes.bar(range(len(classes)), 100 * network.probabilities, color=network.colour, width=0.7)
    axes.set_title(f"{plain(network.name)} says {classes[best]}", fontsize=9, color=ink(network.colour))
    axes.set(ylim=(0, 105), yticks=[0, 50, 100], ylabel="probability (%)")
    axes.yaxis.label.set_size(8)
    axes.set_xticks(range(len(classes)), classes)
    axes.tick_params(labelsize=8)
    if len(classes[0]) > 1:
        axes.tick_params(axis="x", labelrotation=90)
    axes.grid(axis="x", visible=False)
