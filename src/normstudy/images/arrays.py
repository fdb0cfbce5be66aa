"""Images and labels as they came from a folder or a function, and what must be true of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from normstudy.images.errors import OwnImagesError
from normstudy.images.facts import MOST_CLASSES
from normstudy.text import one_line, visible

LARGEST_EDGE = 512
"""Pixels: all images of a run lie in memory at once."""

LONGEST_NAME = 40
"""Characters of a class's name that are shown."""

FEW = 0.01
"""Share of the test images that may be training images as well, byte for byte, as happens in large collections."""


class Part(NamedTuple):
    """Images (n, c, h, w) as bytes and labels (n,) as int64, 0 for the first class."""

    images: np.ndarray
    labels: np.ndarray


class Images(NamedTuple):
    """What a run can be about; `names` are those of the classes, by label."""

    train: Part
    test: Part
    names: tuple[str, ...]


def part(images: Any, labels: Any, where: str) -> Part:
    """One part of what a function returned. Raises `OwnImagesError`, beginning with `where`."""
    pixels, classes = _array(images, f"{where} images"), _array(labels, f"{where} labels")
    _refuse_pixels(pixels, f"{where} images")
    if classes.dtype.kind not in "iu":
        raise OwnImagesError(f"{where} labels: {classes.dtype}, where whole numbers are needed: astype(int)")
    if classes.shape != (len(pixels),):
        raise OwnImagesError(
            f"{where} labels: of the shape {classes.shape}, where ({len(pixels)},) is needed: one for each image"
        )
    if classes.min() < 0:
        raise OwnImagesError(f"{where} labels: {classes.min()} is below 0; number the classes 0, 1, 2, …")
    if classes.max() >= MOST_CLASSES:
        raise OwnImagesError(
            f"{where} labels: {classes.max()}, where at most {MOST_CLASSES} classes 0, 1, 2, … can be told apart"
        )
    return Part(np.ascontiguousarray(pixels), classes.astype(np.int64))


def class_names(given: Sequence[Any] | None, count: int, where: str) -> tuple[str, ...]:
    """How `count` classes are called, made so that all of it can be seen; without `given` names, by their numbers.

    Raises `OwnImagesError`, beginning with `where`.
    """
    if given is None:
        return tuple(str(number) for number in range(count))
    if isinstance(given, str) or not isinstance(given, Sequence) or not all(isinstance(name, str) for name in given):
        raise OwnImagesError(f"{where}: the names of the classes are no list of texts")
    if len(given) != count:
        raise OwnImagesError(f"{where}: {len(given)} names for {count} classes; give each class one, in order")
    names = [visible(one_line(name)) for name in given]
    names = [name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…" for name in names]
    if "" in names:
        raise OwnImagesError(f"{where}: class {names.index('')} has a name that shows nothing; give it another")
    if twice := [name for name in names if names.count(name) > 1]:
        raise OwnImagesError(f"{where}: two classes are called {twice[0]} (what is shown of it); rename one")
    return tuple(names)


def checked(train: Part, test: Part, names: Sequence[Any] | None, where: str) -> Images:
    """Both parts as a data set. Raises `OwnImagesError`, beginning with `where`, if they are none."""
    if train.images.shape[1:] != test.images.shape[1:]:
        shapes = " and ".join(str(each.images.shape[1:]) for each in (train, test))
        raise OwnImagesError(f"{where}: training and test images are {shapes}: (channels, height, width) must be one")
    count = len(names) if isinstance(names, Sequence) and not isinstance(names, str) else _classes(train, test)
    called = class_names(names, count, where)
    if count < 2:
        raise OwnImagesError(f"{where}: all images are of one class; at least two are needed")
    for split, each, fewest in (("training", train, 2), ("test", test, 1)):
        counts = np.bincount(each.labels, minlength=count)
        if len(counts) > count:
            raise OwnImagesError(
                f"{where}: {split} images of class {len(counts) - 1}, but the names are of classes 0 to {count - 1}"
            )
        scarce = int(counts.argmin())
        if counts[scarce] < fewest:
            have = "one training image" if counts[scarce] else f"no {split} images"
            raise OwnImagesError(
                f"{where}: {have} of class {scarce} ({called[scarce]}); each, numbered from 0, needs at least {fewest}"
            )
    if train.images.min() == train.images.max():
        raise OwnImagesError(f"{where}: all pixels of all training images are {train.images.min()}: nothing to learn")
    return Images(train, test, called)


def repeated(images: Images) -> np.ndarray:
    """(m, 2) places of test images that are training images as well, byte for byte, and of the first such one."""
    first = {}
    for place, pixels in enumerate(images.train.images):
        first.setdefault(pixels.tobytes(), place)
    pairs = [(place, first.get(pixels.tobytes())) for place, pixels in enumerate(images.test.images)]
    return np.array([pair for pair in pairs if pair[1] is not None], dtype=int).reshape(-1, 2)


def _classes(train: Part, test: Part) -> int:
    return int(max(train.labels.max(), test.labels.max())) + 1


def _array(value: Any, where: str) -> np.ndarray:
    """`value`, of numpy or torch, as an array of numpy."""
    if type(value).__module__.partition(".")[0] == "torch":
        value = value.detach().cpu().numpy()
    try:
        array = np.asarray(value)
    except ValueError as error:  # a list of arrays of several sizes
        raise OwnImagesError(f"{where}: no array ({one_line(error)[:100]}); all images must have one size") from None
    if array.dtype == object:
        raise OwnImagesError(f"{where}: {type(value).__name__}, where an array of numpy or torch is needed")
    return array


def _refuse_pixels(pixels: np.ndarray, where: str) -> None:
    shape = pixels.shape
    if pixels.ndim != 4:
        grey = "; of grey images without that axis make images[:, None]" if pixels.ndim == 3 else ""
        raise OwnImagesError(f"{where}: of the shape {shape}, where (n, channels, height, width) is needed{grey}")
    if not len(pixels):
        raise OwnImagesError(f"{where}: there are none")
    if pixels.dtype != np.uint8:
        raise OwnImagesError(
            f"{where}: {pixels.dtype}, where bytes (uint8) from 0 to 255 are needed; of fractions make "
            "(images * 255).round().astype('uint8')"
        )
    if shape[1] not in (1, 3):
        last = "; with channels last, make images.transpose(0, 3, 1, 2)" if shape[3] in (1, 3) else ""
        raise OwnImagesError(f"{where}: {shape[1]} channels, where 1 (grey) or 3 (red, green, blue) are needed{last}")
    refuse_size(shape[2], shape[3], where)


def refuse_size(height: int, width: int, where: str) -> None:
    """Raises `OwnImagesError`, beginning with `where`, unless images of this size can be used."""
    if height != width:
        raise OwnImagesError(
            f"{where}: {width} x {height} pixels; images must be square: crop them, or put them onto a square ground"
        )
    if not 1 <= height <= LARGEST_EDGE:
        raise OwnImagesError(
            f"{where}: {width} x {height} pixels, where an edge of 1 to {LARGEST_EDGE} is needed; make them smaller"
        )
