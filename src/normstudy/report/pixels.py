"""Images of a data set on the axes of a figure: as ink where they are drawn, as light where they were seen."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from normstudy.config import Config

ROOM = 20
"""Characters of text that fit above one of five pictures beside each other."""


WIDE, NAME = 22, 12
"""The same in smaller letters: characters of a line, and of a name with its number behind it."""

LONGEST = 24
"""Characters of a class's name above a picture."""


def cut(name: str, most: int) -> str:
    """`name`, or the beginning of one for which there is no room."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def show(axes: Axes, pixels: np.ndarray, config: Config) -> None:
    """Draw `pixels`, (h, w) or (h, w, 3), bytes or fractions of full brightness, on `axes`.

    Those that are ink on white get a frame, without which they would look cut.
    """
    if pixels.ndim == 3:
        axes.imshow(pixels)
    else:
        white = 255 if pixels.dtype == np.uint8 else 1
        axes.imshow(pixels, cmap="gray_r" if is_ink(config) else "gray", vmin=0, vmax=white)
        if is_ink(config) and config.dataset != "mnist":  # whose digits lie in the middle; others reach the edge
            height, width = pixels.shape
            frame = {"fill": False, "edgecolor": "#bbbbbb", "linewidth": 0.5, "clip_on": False}
            axes.add_patch(Rectangle((-0.5, -0.5), width, height, **frame))


def as_drawn(pixels: np.ndarray, config: Config) -> np.ndarray:
    """`pixels`, (h, w) where they are ink, else (h, w, 3)."""
    return pixels if pixels.ndim == 3 or is_ink(config) else np.repeat(pixels[..., None], 3, axis=2)


def is_ink(config: Config) -> bool:
    """Whether images are bright strokes on a dark ground, as MNIST's: they are shown dark on white.

    One's own grey images may be photographs, and are shown as they are.
    """
    return config.images is None


def above(text: str, room: int = ROOM) -> str:
    """`text` for the title of a picture, broken where it is wider than that, and cut where a word of it is."""
    return "\n".join(cut(line, room) for line in textwrap.wrap(text, room, break_long_words=False)) or text
