"""The example's batch as a block of images, channels and positions, in which one set is solid, per normalization.

After Figure 2 of Wu & He 2018 (arXiv:1803.08494).
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Polygon
from matplotlib.path import Path

from normstudy.report.core import markup, style
from normstudy.worked_example.definition import DEFINITIONS, IMAGES, SharedSet, set_of
from normstudy.worked_example.sets import FIRST, NAMES

BACK = np.array([0.6, -0.45])
"""An image to the back, in cells to the right and downwards."""

SHADES = {"front": 0.0, "top": 0.35, "side": -0.25}
"""Of the faces: part of white, below 0 of black."""

Corner = tuple[int, int, int]
"""Image, channel and position (row by row), from 0."""


def figure() -> str:
    """`@fig-cubes`."""
    found = {NAMES[kind]: corners(set_of(kind, FIRST)) for kind in DEFINITIONS}
    sizes = {name: np.subtract(high, low) for name, (low, high) in found.items()}
    counts = ", ".join(f"{name} {size.prod()}" for name, size in sizes.items())
    shapes = "; ".join(f"{name}: {' × '.join(map(str, size))}" for name, size in sizes.items())
    caption = (
        "The batch as a block: channels $C$ to the right, positions $H \\times W$ downwards, images $N$ to the back. "
        f"Solid are the values that share a mean with the first value of image 1 (front, top left): {counts}. LN2d is "
        "the layer normalization of ConvNeXt, with one mean per position ([see below](#sec-layer-norms))."
    )
    alt = (
        "A block of small cubes, once per normalization, with the set of its first value solid. Images × channels "
        f"× positions of the solid part: {shapes}."
    )
    return markup.figure("cubes", draw, alt, caption)


def draw() -> Figure:
    """A block per normalization."""
    picture = Figure(figsize=(style.WIDTH, 1.75), layout="none")
    picture.subplots_adjust(left=0, right=1, bottom=0, top=0.85, wspace=0.1)
    images, channels, height, width = IMAGES.shape
    for axes, kind in zip(picture.subplots(1, len(DEFINITIONS)), DEFINITIONS, strict=True):
        _draw_block(axes, (0, 0, 0), (images, channels, height * width), None)
        _draw_block(axes, *corners(set_of(kind, FIRST)), style.colour("accent"))
        axes.set(
            aspect=1, xlim=(-0.9, channels + BACK[0] * images + 0.1), ylim=(height * width + 1, BACK[1] * images - 0.1)
        )
        axes.axis("off")
        axes.set_title(NAMES[kind], fontsize=9.5, fontweight="bold")
        axes.text(channels / 2, height * width + 0.15, "C", ha="center", va="top", fontsize=8)
        axes.text(-0.2, height * width / 2, "H·W", ha="right", va="center", fontsize=8, rotation=90)
        side = _point(images / 2, channels, height * width)
        axes.text(side[0] + 0.1, side[1] + 0.1, "N", ha="left", va="top", fontsize=8)
    return picture


def corners(shared: SharedSet) -> tuple[Corner, Corner]:
    """The first corner of a set's values in the block, and the one beyond its last."""
    width = IMAGES.shape[3]
    places = np.array([(image, channel, row * width + column) for image, channel, row, column in shared.positions])
    low, high = places.min(axis=0), places.max(axis=0) + 1
    return tuple(map(int, low)), tuple(map(int, high))


def _point(image: float, channel: float, position: float) -> tuple[float, float]:
    right, down = np.array([channel, position]) + image * BACK
    return float(right), float(down)


def _draw_block(axes: Axes, low: Corner, high: Corner, colour: str | None) -> None:
    """The three visible faces of a block, with lines between cells; without a colour the lines alone, faint."""
    (n, c, p), (n1, c1, p1) = low, high
    faces = {
        "front": (lambda at, down: _point(n, at, down), (c, c1), (p, p1)),
        "top": (lambda at, back: _point(back, at, p), (c, c1), (n, n1)),
        "side": (lambda back, down: _point(back, c1, down), (n, n1), (p, p1)),
    }
    lines = []
    for name, (at, (a, a1), (b, b1)) in faces.items():
        if colour is not None:
            face = [at(a, b), at(a1, b), at(a1, b1), at(a, b1)]
            axes.add_patch(Polygon(face, closed=True, facecolor=_shaded(colour, SHADES[name]), edgecolor="none"))
        lines += [[at(place, b), at(place, b1)] for place in range(a, a1 + 1)]
        lines += [[at(a, place), at(a1, place)] for place in range(b, b1 + 1)]
    path = Path(np.concatenate(lines), [Path.MOVETO, Path.LINETO] * len(lines))
    edge = style.colour("faint") if colour is None else axes.get_facecolor()
    axes.add_patch(PathPatch(path, facecolor="none", edgecolor=edge, linewidth=0.5 if colour is None else 0.7))


def _shaded(colour: str, part: float) -> tuple[float, ...]:
    towards = 1.0 if part > 0 else 0.0
    return tuple(one + abs(part) * (towards - one) for one in to_rgb(colour))
