"""Data and augmentation: how far training images are turned, resized and shifted, and a sheet of such images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure

from normstudy.config import IMAGE_SHAPES, Config
from normstudy.report import markup
from normstudy.report.drawing import PLAIN, WIDTH
from normstudy.report.labels import DATA_TITLES
from normstudy.runs.folder import FinishedRun

if TYPE_CHECKING:
    from normstudy.training.data import Data


class Strength(NamedTuple):
    """How much an image may be changed, as text: degrees, percent, pixels, and percent of the epochs."""

    rotation: str
    scale: str
    shift: str
    fade: str


def pixels(runs: Sequence[FinishedRun]) -> str:
    """Height and width of the images of `runs`: `28 × 28`."""
    _, height, width = IMAGE_SHAPES[runs[0].config.dataset]
    return f"{height} × {width}"


def strength(runs: Sequence[FinishedRun]) -> Strength:
    """The augmentation of the first of `runs`."""
    config = runs[0].config
    return Strength(f"{config.rotation:g}", f"{100 * config.scale:g}", f"{config.shift:g}", f"{100 * config.fade:g}")


def sheet(runs: Sequence[FinishedRun]) -> str:
    """`@fig-augmentation`: the sheet that the first of `runs` drew of its data."""
    alt = (
        "A sheet of training images: the originals in the first row, below each four augmented versions of it, a "
        "little turned, resized and shifted."
    )
    data = DATA_TITLES[runs[0].config.dataset]
    caption = f"Training images of {data}: originals in the first row, augmented versions below."
    return markup.figure("augmentation", runs[0].folder / "augmentation.png", alt, caption)


@matplotlib.style.context(PLAIN)
def augmentation_figure(config: Config, data: Data, images: int = 5, versions: int = 4) -> Figure:
    """A sheet of training images: originals above, versions drawn as in training at full strength."""
    # A report shows sheets that are drawn already, and does without torch here.
    from normstudy.training.augmentation import augment, draw
    from normstudy.training.randomness import generator

    original = data.train.images[:images].float() / 255
    rows = [original]
    for epoch in range(1, versions + 1):
        draws = draw(images, generator(config.seed, epoch, "sheet"))
        rows.append(augment(original, draws, config.rotation, config.shift, config.scale))
    figure = Figure(figsize=(WIDTH * 0.8, WIDTH * 0.8 * (versions + 1) / images), layout="constrained")
    for (row, column), axes in np.ndenumerate(figure.subplots(versions + 1, images)):
        axes.imshow(rows[row][column, 0].numpy(), cmap="gray_r", vmin=0, vmax=1)
        axes.set(xticks=[], yticks=[])
        axes.grid(False)
        for spine in axes.spines.values():
            spine.set(visible=True, color="#bbbbbb")
        if column == 0:
            axes.set_ylabel("original" if row == 0 else f"version {row}", fontsize=9)
    return figure
