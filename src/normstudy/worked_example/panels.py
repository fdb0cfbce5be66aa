"""The example's batch as a picture: a panel per normalization, rows of images, columns of channels, sets outlined."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from normstudy.report.contrast import contrast
from normstudy.report.drawing import WIDTH
from normstudy.worked_example.definition import DEFINITIONS, IMAGES, SharedSet, shared_sets

# Okabe and Ito's hues; outlines and labels say the same again for readers who see no colours.
HUES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7")
INK = "#1a1a1a"
GAP = 0.35
"""Between two blocks, in cells."""


def panels(kinds: tuple[str, ...], extra: float = 0.0) -> Figure:
    """A figure with an empty panel per kind, at most two beside each other; `extra`: inches below them."""
    columns = min(2, len(kinds))
    rows = -(-len(kinds) // columns)
    figure = Figure(figsize=(WIDTH * columns / 2, 2.85 * rows + extra), layout="constrained")
    figure.get_layout_engine().set(h_pad=0.08, w_pad=0.08)
    for axes in figure.subplots(rows, columns, squeeze=False).flat[len(kinds) :]:
        axes.remove()
    return figure


def draw_cell(axes: Axes, position: tuple[int, ...], label: str, colour: tuple, size: float = 9) -> None:
    """One value of the batch: `label` on `colour` at its (image, channel, row, column)."""
    image, channel, row, column = position
    left, top = _corner(image, channel)
    axes.add_patch(Rectangle((left + column, top + row), 1, 1, facecolor=colour, edgecolor="white", linewidth=0.6))
    ink = max(("black", "white"), key=lambda choice: contrast(choice, colour))
    axes.text(left + column + 0.5, top + row + 0.52, label, ha="center", va="center", fontsize=size, color=ink)


def outline(axes: Axes, shared: SharedSet) -> None:
    """A frame around the blocks of a set, which lie side by side or one below the other."""
    (left, top), (right, bottom) = _corner(*shared.blocks[0]), _corner(*shared.blocks[-1])
    _, _, height, width = IMAGES.shape
    pad = GAP / 4
    axes.add_patch(
        Rectangle(
            (left - pad, top - pad), right - left + width + 2 * pad, bottom - top + height + 2 * pad,
            fill=False, edgecolor=INK, linewidth=1.8, label=shared.name,
        )
    )  # fmt: skip


def finish(axes: Axes, kind: str) -> None:
    """Limits, ticks and the title of a panel whose cells are drawn."""
    images, channels, height, width = IMAGES.shape
    axes.set(
        xlim=(-GAP / 2, _corner(0, channels)[0] - GAP / 2), ylim=(_corner(images, 0)[1] - GAP / 2, -GAP / 2), aspect=1,
        xticks=[_corner(0, c)[0] + width / 2 for c in range(channels)],
        yticks=[_corner(n, 0)[1] + height / 2 for n in range(images)],
        xticklabels=[f"channel {c + 1}" for c in range(channels)],
        yticklabels=[f"image {n + 1}" for n in range(images)],
    )  # fmt: skip
    axes.set_title(heading(kind), fontsize=9.5, fontweight="bold")
    axes.tick_params(length=0, labelsize=8, top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.grid(False)
    axes.spines[:].set_visible(False)


def heading(kind: str) -> str:
    """`GN: 6 sets of 8 values`."""
    sets = shared_sets(kind)
    return f"{kind.upper()}: {len(sets)} sets of {len(sets[0].members)} values"


def set_colours(kind: str) -> list[tuple[float, float, float]]:
    """A fill per set: the hue tells images apart (for bn: channels), the lightness the sets within an image."""
    sets = shared_sets(kind)
    firsts = [shared.positions[0] for shared in sets]
    if "N" in DEFINITIONS[kind].shared:
        return [_tint(HUES[channel], 0.45) for _, channel, *_ in firsts]
    strengths = np.linspace(0.15, 0.75, IMAGES.shape[1])
    if len(sets) == IMAGES.shape[0]:
        return [_tint(HUES[image], 0.45) for image, *_ in firsts]
    width = IMAGES.shape[3]
    return [_tint(HUES[image], strengths[channel or row * width + column]) for image, channel, row, column in firsts]


def _tint(colour: str, strength: float) -> tuple[float, float, float]:
    """`colour` mixed with white; `strength` 1 is the colour itself."""
    return tuple(1 - strength * (1 - part) for part in to_rgb(colour))


def _corner(image: int, channel: int) -> tuple[float, float]:
    """Upper left corner of a block; y grows downwards."""
    _, _, height, width = IMAGES.shape
    return channel * (width + GAP), image * (height + GAP)
