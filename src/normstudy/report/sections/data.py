"""Data and augmentation: what the images are, how far training images are changed, and a sheet of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib import image
from matplotlib.figure import Figure

from normstudy.config import Config, image_facts, training_images
from normstudy.report.core import images, markup
from normstudy.report.core.models import Model, images_of
from normstudy.report.core.names import markdown_classes, markdown_title, some_of
from normstudy.report.core.style import WIDTH, colour, is_dark
from normstudy.report.core.text import count
from normstudy.runs.folder import pictures
from normstudy.runs.record import RecordedRun

if TYPE_CHECKING:
    from normstudy.data.loading import Data

SOURCES = {
    "mnist": " [@lecun1998]",
    "digits": ", which come with scikit-learn with 8 × 8 pixels and are enlarged",
}


def in_words(models: Sequence[Model]) -> str:
    """What the images are, how many, where they come from, and how they are scaled."""
    config = models[0].config
    facts = image_facts(config)
    channels, height, width = facts.shape
    text = (
        f"The images are those of {markdown_title(config)}{SOURCES.get(config.dataset, '')}: "
        f"{training_images(config):,} to train on and {count(images_of(models), f'{config.evaluate_on} image')}, with "
        f"{height} × {width} pixels{' in colour' if channels > 1 else ''}, of {len(facts.classes)} classes."
    )
    if facts.classes != image_facts(Config(dataset="mnist")).classes:
        text += f" The classes are {some_of(markdown_classes(config), 12)}."
    if config.images:
        digest = config.dataset.rpartition("@")[2]
        text += f" They are the user’s own; `{digest}` is a hash of their bytes."
    if facts.repeated:
        text += (
            f" Of the test images {facts.repeated:,} also {'occurs' if facts.repeated == 1 else 'occur'} in training."
        )
    return f"{text} Images are scaled to mean 0 and variance 1 over the training set."


def augmentation(models: Sequence[Model]) -> str:
    """How much training images are changed, with `@fig-augmentation`, the sheet that a run drew of its data."""
    config = models[0].config
    if len({_strength(model.config) for model in models}) > 1:
        text = "The models differ in how much training images are changed (@sec-hyperparameters)."
    elif not (config.rotation or config.scale or config.shift):
        return "Training images are not augmented."
    else:
        text = (
            f"In every epoch each training image is rotated by at most {config.rotation:g} degrees, resized by at most "
            f"{100 * config.scale:g} % and shifted by at most {config.shift:g} pixels (@fig-augmentation). "
        )
        if config.fade:
            text += f"Over the last {100 * config.fade:g} % of the epochs this fades out. "
        text += f"The {config.evaluate_on} images are never changed."
    drawn = [model.shown for model in models if not isinstance(model.shown, RecordedRun)]
    sheets = [run.folder / "augmentation.png" for run in drawn if (run.folder / "augmentation.png").is_file()]
    if not sheets:
        return text.replace(" (@fig-augmentation)", "")
    title = markdown_title(config)
    alt = "A sheet of training images: originals in the first row, four augmented versions of each below."
    caption = f"Training images of {title}: originals in the first row, augmented versions below."
    pixels = image.imread(sheets[0])[..., :3]
    return f"{text}\n\n{markup.figure('augmentation', lambda: _sheet(pixels, config), alt, caption)}"


def augmentation_figure(config: Config, data: Data, shown: int = 5, versions: int = 4) -> Figure:
    """A sheet of training images: originals above, versions drawn as in training at full strength."""
    # A report shows sheets that are drawn already, and does without torch here.
    from normstudy.data.augmentation import augment, draw
    from normstudy.training.randomness import generator

    # The first images, or some of a user's, which may be sorted by class.
    places = range(shown) if config.images is None else np.linspace(0, len(data.train) - 1, shown).astype(int).tolist()
    original = data.train.images[list(places)].float() / 255
    rows = [original]
    for epoch in range(1, versions + 1):
        draws = draw(shown, generator(config.seed, epoch, "sheet"))
        rows.append(augment(original, draws, config.rotation, config.shift, config.scale))
    picture = Figure(figsize=(WIDTH * 0.8, WIDTH * 0.8 * (versions + 1) / shown))
    for (row, column), axes in np.ndenumerate(picture.subplots(versions + 1, shown)):
        images.show(axes, pictures(rows[row][column : column + 1])[0].numpy(), config)
        axes.set(xticks=[], yticks=[])
        axes.grid(False)
        for spine in axes.spines.values():
            spine.set(visible=True, color=colour("faint"), linewidth=0.5)
        if column == 0:
            axes.set_ylabel("original" if row == 0 else f"version {row}", fontsize=9)
    return picture


def _sheet(pixels: np.ndarray, config: Config) -> Figure:
    """The drawn sheet (h, w, 3), in the dark style with light strokes on its ground where images are strokes."""
    height, width = pixels.shape[:2]
    if is_dark() and images.is_ink(config):
        ground, ink = (
            np.array(matplotlib.colors.to_rgb(matplotlib.rcParams[name])) for name in ("figure.facecolor", "text.color")
        )
        pixels = ink + pixels * (ground - ink)
    picture = Figure(figsize=(0.55 * WIDTH, 0.55 * WIDTH * height / width))
    axes = picture.subplots()
    axes.axis("off")
    axes.imshow(pixels, interpolation="antialiased")
    return picture


def _strength(config: Config) -> tuple[float, ...]:
    return config.rotation, config.scale, config.shift, config.fade
