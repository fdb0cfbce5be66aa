"""The picture of Grad-CAM maps: each image above its maps for the true and the predicted class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from normstudy.report.drawing import HEAT, LITERAL, WIDTH
from normstudy.report.pixels import cut
from normstudy.report.wording import confidence_text

MARGIN, HEAD = 0.2, 0.58
"""Left of the pictures and above them, in widths of a picture."""

ROOM = 8
"""Characters of a class's name above a picture."""

ACROSS = 10
"""Pictures that fill a page's width."""


class Sight(NamedTuple):
    """An image of bytes, its maps on its pixels, none below 0, what they are for, and its probability.

    The image is (h, w) where it is drawn in ink, else (h, w, 3).
    """

    pixels: np.ndarray
    for_true: np.ndarray
    for_predicted: np.ndarray
    true: str
    predicted: str
    confidence: float


@matplotlib.style.context(LITERAL)
def grad_cam_figure(sights: Sequence[Sight]) -> Figure:
    """A column for each image: itself, its map for the true class, and that for the predicted one, on one scale."""
    unit = WIDTH / (ACROSS + MARGIN)
    width, height = len(sights) + MARGIN, 3 + HEAD
    picture = Figure(figsize=(unit * width, unit * height))
    axes = picture.add_axes((0, 0, 1, 1))
    axes.axis("off")
    for column, sight in enumerate(sights):
        left = MARGIN + column
        largest = max(sight.for_true.max(), sight.for_predicted.max()) or 1
        title = f"true {cut(sight.true, ROOM)}\nsaid {cut(sight.predicted, ROOM)}\n{confidence_text(sight.confidence)}"
        axes.text(left + 0.5, HEAD - 0.02, title, ha="center", va="bottom", fontsize=7, linespacing=1.1)
        for row, heat in enumerate((None, sight.for_true / largest, sight.for_predicted / largest)):
            top = HEAD + row
            extent = (left + 0.03, left + 0.97, top + 0.97, top + 0.03)
            axes.imshow(_coloured(sight.pixels, heat), extent=extent, aspect="auto")
            frame = {"fill": False, "edgecolor": "#bbbbbb", "linewidth": 0.5}
            axes.add_patch(Rectangle((left + 0.03, top + 0.03), 0.94, 0.94, **frame))
    for row, what in enumerate(("image", "for true", "for predicted")):
        axes.text(MARGIN / 2, HEAD + row + 0.5, what, ha="center", va="center", rotation=90, fontsize=7)
    axes.set(xlim=(0, width), ylim=(height, 0))
    return picture


def _coloured(pixels: np.ndarray, heat: np.ndarray | None) -> np.ndarray:
    """(h, w, 3): grey `pixels` as black ink on the colours of `heat` (0 to 1), or on white.

    Coloured ones are as they are, and lie in grey below the colours of `heat`.
    """
    if pixels.ndim == 3:
        return pixels / 255 if heat is None else HEAT(heat)[..., :3] * (0.35 + 0.65 * _luma(pixels)[..., None])
    ground = np.ones((*pixels.shape, 3)) if heat is None else HEAT(heat)[..., :3]
    ink = (pixels / 255)[..., None]
    return ground * (1 - (1 if heat is None else 0.8) * ink)


def _luma(pixels: np.ndarray) -> np.ndarray:
    """(h, w): the brightness of colours, 0 to 1, by ITU-R BT.601."""
    return pixels @ np.array([0.299, 0.587, 0.114]) / 255
