"""The picture of Grad-CAM maps: each image beside its maps for the true and the predicted class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from normstudy.report.drawing import HEAT, PLAIN, WIDTH
from normstudy.report.wording import confidence_text

PER_ROW = 2
"""Images, each with its two maps, beside each other."""

GAP, HEAD = 0.35, 0.36
"""Between two images and above each, in widths of a picture."""


class Sight(NamedTuple):
    """An image (h, w) of bytes, its maps on its pixels, none below 0, what they are for, and its probability."""

    pixels: np.ndarray
    for_true: np.ndarray
    for_predicted: np.ndarray
    true: str
    predicted: str
    confidence: float


@matplotlib.style.context(PLAIN)
def grad_cam_figure(sights: Sequence[Sight]) -> Figure:
    """`PER_ROW` images a row, each followed by its maps for the true and for the predicted class, on one scale."""
    rows = -(-len(sights) // PER_ROW)
    columns = PER_ROW * 3 + (PER_ROW - 1) * GAP
    unit = WIDTH / columns
    picture = Figure(figsize=(WIDTH, unit * (rows * (1 + HEAD) + 0.1)))
    axes = picture.add_axes((0, 0, 1, 1))
    axes.axis("off")
    axes.set(xlim=(0, columns), ylim=(rows * (1 + HEAD) + 0.1, 0))
    for number, sight in enumerate(sights):
        row, column = divmod(number, PER_ROW)
        left, top = column * (3 + GAP), row * (1 + HEAD) + HEAD
        largest = max(sight.for_true.max(), sight.for_predicted.max()) or 1
        panels = (
            (None, f"true {sight.true}, said {sight.predicted}\n{confidence_text(sight.confidence)}"),
            (sight.for_true / largest, f"for {sight.true}\n(true)"),
            (sight.for_predicted / largest, f"for {sight.predicted}\n(predicted)"),
        )
        for place, (heat, title) in enumerate(panels):
            x = left + place
            axes.imshow(
                _coloured(sight.pixels, heat), extent=(x + 0.03, x + 0.97, top + 0.97, top + 0.03), aspect="auto"
            )
            axes.add_patch(
                Rectangle((x + 0.03, top + 0.03), 0.94, 0.94, fill=False, edgecolor="#bbbbbb", linewidth=0.5)
            )
            axes.text(x + 0.5, top, title, ha="center", va="bottom", fontsize=7, linespacing=1.1)
    axes.set(xlim=(0, columns), ylim=(rows * (1 + HEAD) + 0.1, 0))
    return picture


def _coloured(pixels: np.ndarray, heat: np.ndarray | None) -> np.ndarray:
    """(h, w, 3): `pixels` as black ink on the colours of `heat` (0 to 1), or on white."""
    ground = np.ones((*pixels.shape, 3)) if heat is None else HEAT(heat)[..., :3]
    ink = (pixels / 255)[..., None]
    return ground * (1 - (1 if heat is None else 0.8) * ink)
