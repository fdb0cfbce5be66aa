"""Sheets of images: five in a row, text above each, dark on light or, in the dark style, light on dark."""

from __future__ import annotations

import csv
import textwrap
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from normstudy.config import Config
from normstudy.report.core.style import WIDTH, colour, is_dark

COLUMNS = 5
"""Images in a row."""

MOST = 10
"""Images of a sheet."""

MARK = "†"
LEGEND = f"{MARK} people dispute this label (Northcutt et al. 2021)"

_DISPUTED = Path(__file__).parents[1] / "data" / "mnist_disputed_labels.csv"


def sheet(pixels: Sequence[np.ndarray], titles: Sequence[str], config: Config) -> Callable[[], Figure]:
    """A function that draws at most `MOST` images with their titles above them, for `markup.figure`.

    `pixels`: (h, w) or (h, w, 3) each, bytes or fractions of full brightness. A dollar in a title is a dollar.
    """

    def draw() -> Figure:
        if not titles:
            picture = Figure(figsize=(WIDTH, 0.6))
            picture.text(0.5, 0.5, "none", ha="center", va="center")
            return picture
        rows = -(-len(titles) // COLUMNS)
        lines = max(title.count("\n") + 1 for title in titles)
        with matplotlib.rc_context({"text.parse_math": False}):
            picture = Figure(figsize=(WIDTH, rows * (1.3 + 0.17 * lines)))
            for place, axes in enumerate(picture.subplots(rows, COLUMNS, squeeze=False).flat):
                axes.axis("off")
                if place < len(titles):
                    show(axes, pixels[place], config)
                    axes.set_title(titles[place], fontsize=8.5)
            if any(MARK in title for title in titles):
                picture.supxlabel(LEGEND, fontsize=8, x=0.01, ha="left")
        return picture

    return draw


def show(axes: Axes, pixels: np.ndarray, config: Config) -> None:
    """Draw `pixels`, (h, w) or (h, w, 3), bytes or fractions of full brightness, on `axes`.

    Strokes have the colour of text. They get a frame where they may reach the edge of the image.
    """
    if pixels.ndim == 3:
        axes.imshow(pixels)
        return
    white = 255 if pixels.dtype == np.uint8 else 1
    axes.imshow(pixels, cmap=_strokes() if is_ink(config) else "gray", vmin=0, vmax=white)
    if is_ink(config) and config.dataset != "mnist":  # whose digits lie in the middle
        height, width = pixels.shape
        frame = {"fill": False, "edgecolor": colour("faint"), "linewidth": 0.5, "clip_on": False}
        axes.add_patch(Rectangle((-0.5, -0.5), width, height, **frame))


def _strokes() -> LinearSegmentedColormap:
    """From the ground of the current style to the colour of its text."""
    ground, ink = matplotlib.rcParams["figure.facecolor"], matplotlib.rcParams["text.color"]
    return LinearSegmentedColormap.from_list("strokes", [ground, ink if is_dark() else "black"])


def is_ink(config: Config) -> bool:
    """Whether images are bright strokes on a dark ground, as MNIST's. Grey images of a user's may be photographs."""
    return config.images is None


def fit(text: str, room: int) -> str:
    """`text` in lines of at most `room` characters, long words cut: for the title of an image."""
    return "\n".join(cut(line, room) for line in textwrap.wrap(text, room, break_long_words=False)) or text


def cut(name: str, most: int) -> str:
    """`name`, or the beginning of one for which there is no room."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def is_disputed(index: int, config: Config) -> bool:
    """Whether people dispute the label of this image, by its number in the evaluated split: known of MNIST's test."""
    return (config.dataset, config.evaluate_on) == ("mnist", "test") and int(index) in disputes()


@cache
def disputes() -> dict[int, dict[str, int]]:
    """By number in MNIST's test set: `label`, the `other` class, and votes `for_label`, `for_other`, `for_neither`."""
    lines = _DISPUTED.read_text(encoding="utf-8").splitlines()
    found = csv.DictReader(line for line in lines if not line.startswith("#"))
    rows = [{name: int(value) for name, value in row.items()} for row in found]
    return {row["index"]: row for row in rows}
