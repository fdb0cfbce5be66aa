"""Data and augmentation: how far training images are turned, resized and shifted, and a sheet of such images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure

from normstudy.config import Config, image_facts
from normstudy.report import markup
from normstudy.report.drawing import PLAIN, WIDTH
from normstudy.report.labels import data_name, markdown_title
from normstudy.report.pixels import show
from normstudy.runs.folder import FinishedRun, pictures

if TYPE_CHECKING:
    from normstudy.training.data import Data


class Strength(NamedTuple):
    """How much an image may be changed, as text: degrees, percent, pixels, and percent of the epochs."""

    rotation: str
    scale: str
    shift: str
    fade: str


def in_words(runs: Sequence[FinishedRun]) -> str:
    """What the images of `runs` are, how they came here, and how they are scaled."""
    config = runs[0].config
    facts = image_facts(config)
    channels, height, width = facts.shape
    each = "three brightnesses (red, green and blue)" if channels > 1 else "one brightness"
    return (
        f"The data are {data_name(runs)}. The images have {height} × {width} pixels with {each} each. "
        f"{_origin(config)} Images are scaled to mean 0 and variance 1 over the training set."
    )


def _origin(config: Config) -> str:
    facts = config.images
    if facts is None:
        unnamed = (
            "Where a parameter file names no data, they are those of MNIST [@lecun1998] if these can be had, otherwise "
            "scikit-learn’s UCI digits, as every caption says."
        )
        enlarged = "They come with scikit-learn, 8 × 8, and are enlarged. "
        return {"mnist": unnamed, "digits": enlarged + unnamed}.get(config.dataset, "They were asked for by name.")
    text = (
        f"They are the user’s own, of {len(facts.classes)} classes: {facts.training:,} to train on and {facts.test:,} "
        f"to test. What they are is told apart by a hash of their bytes, `{config.dataset.rpartition('@')[2]}`."
    )
    if not facts.repeated:
        return text
    are = "is a training image" if facts.repeated == 1 else "are training images"
    return f"{text} {facts.repeated:,} of the test images {are} as well, byte for byte."


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
    data = markdown_title(runs[0].config)
    caption = f"Training images of {data}: originals in the first row, augmented versions below."
    return markup.figure("augmentation", runs[0].folder / "augmentation.png", alt, caption)


@matplotlib.style.context(PLAIN)
def augmentation_figure(config: Config, data: Data, images: int = 5, versions: int = 4) -> Figure:
    """A sheet of training images: originals above, versions drawn as in training at full strength."""
    # A report shows sheets that are drawn already, and does without torch here.
    from normstudy.training.augmentation import augment, draw
    from normstudy.training.randomness import generator

    original = data.train.images[_shown(config, len(data.train), images)].float() / 255
    rows = [original]
    for epoch in range(1, versions + 1):
        draws = draw(images, generator(config.seed, epoch, "sheet"))
        rows.append(augment(original, draws, config.rotation, config.shift, config.scale))
    figure = Figure(figsize=(WIDTH * 0.8, WIDTH * 0.8 * (versions + 1) / images), layout="constrained")
    for (row, column), axes in np.ndenumerate(figure.subplots(versions + 1, images)):
        show(axes, pictures(rows[row][column : column + 1])[0].numpy(), config)
        axes.set(xticks=[], yticks=[])
        axes.grid(False)
        for spine in axes.spines.values():
            spine.set(visible=True, color="#bbbbbb")
        if column == 0:
            axes.set_ylabel("original" if row == 0 else f"version {row}", fontsize=9)
    return figure


def _shown(config: Config, training: int, images: int) -> list[int]:
    """The places of so many training images: the first, or of one's own, which may be sorted by class, some of all."""
    if config.images is None:
        return list(range(images))
    return np.linspace(0, training - 1, images).astype(int).tolist()
