"""Images and labels from a folder or function, and what a run needs of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from normstudy.data.facts import MOST_CLASSES
from normstudy.errors import DataError
from normstudy.text import one_line, visible

LARGEST_EDGE = 512
"""Pixels: all images of a run are in memory at once."""

LONGEST_NAME = 40
"""Characters of a class name that are shown."""

FEW = 0.01
"""Share of the test images that may be training images as well, byte for byte, as in large collections."""


class Part(NamedTuple):
    """Images (n, c, h, w) as bytes and labels (n,) as int64, 0 for the first class."""

    images: np.ndarray
    labels: np.ndarray


class Images(NamedTuple):
    """A data set; `names` are those of the classes, by label."""

    train: Part
    test: Part
    names: tuple[str, ...]


def checked(train: Part, test: Part, names: Sequence[str] | None, where: str) -> Images:
    """Both parts as a data set, classes named by number if there are no `names`.

    Raises `DataError`, one line that begins with `where`.
    """
    count = int(max(train.labels.max(), test.labels.max())) + 1
    names = [str(number) for number in range(count)] if names is None else names
    shown = tuple(short(name) for name in names)
    need(
        len(shown) >= count and 2 <= len(shown) <= MOST_CLASSES,
        f"{where}: {count} classes with {len(shown)} names; 2 to {MOST_CLASSES} are needed, each with a name",
    )
    need(len({*shown, ""}) > len(shown), f"{where}: class names must differ in what is shown of them: {_list(shown)}")
    need(
        train.images.shape[1:] == test.images.shape[1:],
        f"{where}: training images are {train.images.shape[1:]}, test images {test.images.shape[1:]} (channels, "
        "height, width); they must be alike",
    )
    for kind, part, fewest in (("training", train, 2), ("test", test, 1)):
        counts = np.bincount(part.labels, minlength=len(shown))
        scarce = int(counts.argmin())
        need(
            counts[scarce] >= fewest,
            f"{where}: {counts[scarce]} {kind} images of class {scarce} ({shown[scarce]}); each class, numbered from "
            f"0, needs at least {fewest}",
        )
    need(train.images.min() < train.images.max(), f"{where}: all pixels of all training images are equal")
    return Images(train, test, shown)


def repeated(images: Images) -> list[tuple[int, int]]:
    """Places of test images that are training images as well, byte for byte, each with that of such a one."""
    first: dict[bytes, int] = {}
    for place, pixels in enumerate(images.train.images):
        first.setdefault(pixels.tobytes(), place)
    pairs = ((place, first.get(pixels.tobytes())) for place, pixels in enumerate(images.test.images))
    return [(place, twin) for place, twin in pairs if twin is not None]


def refuse_repeated(images: Images, where: str, train: Sequence[object], test: Sequence[object]) -> None:
    """Raises `DataError` if many test images are training images; `train` and `test` name each image."""
    pairs = repeated(images)
    n = len(images.test.labels)
    if len(pairs) > FEW * n:
        place, twin = pairs[0]
        raise DataError(
            f"{where}: {len(pairs)} of {n} test images are training images as well, such as {test[place]} and "
            f"{train[twin]}; remove them from one of the two"
        )


def part(images: Any, labels: Any, where: str) -> Part:
    """One part of what a function returned. Raises `DataError`, one line that begins with `where`."""
    pixels, classes = _array(images, f"{where} images"), _array(labels, f"{where} labels")
    shape = pixels.shape
    hint = ""
    if pixels.ndim == 3:
        hint = "; of grey images make images[:, None]"
    elif pixels.ndim == 4 and shape[3] in (1, 3):
        hint = "; with channels last make images.transpose(0, 3, 1, 2)"
    need(
        pixels.ndim == 4 and len(pixels) and shape[1] in (1, 3),
        f"{where} images: shape {shape}, where (n, channels, height, width) is needed, with 1 or 3 channels{hint}",
    )
    need(
        pixels.dtype == np.uint8,
        f"{where} images: {pixels.dtype}, where bytes (uint8) from 0 to 255 are needed; of fractions make "
        "(images * 255).round().astype('uint8')",
    )
    refuse_size(shape[2], shape[3], f"{where} images")
    need(
        classes.shape == (len(pixels),) and classes.dtype.kind in "iu" and 0 <= classes.min() <= classes.max() < 256,
        f"{where} labels: {classes.dtype} of shape {classes.shape}, where ({len(pixels)},) whole numbers are needed: "
        f"0 for the first class, at most {MOST_CLASSES - 1}",
    )
    return Part(np.ascontiguousarray(pixels), classes.astype(np.int64))


def refuse_size(height: int, width: int, where: str) -> None:
    """Raises `DataError` unless images of this size can be used."""
    need(
        height == width and 1 <= height <= LARGEST_EDGE,
        f"{where}: {width} x {height} pixels; images must be square, with an edge of 1 to {LARGEST_EDGE}: crop or "
        "resize them",
    )


def need(holds: Any, line: str) -> None:
    """Raises `DataError` with `line` unless something `holds`."""
    if not holds:
        raise DataError(line)


def short(name: Any) -> str:
    """A name as one line in which every character can be seen, cut where it is long."""
    text = visible(one_line(name))
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"


def _array(value: Any, where: str) -> np.ndarray:
    """`value`, of numpy or torch, as an array of numpy."""
    try:
        return np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
    except ValueError:  # a list of arrays of several sizes
        raise DataError(f"{where}: no array; all images must have one size") from None


def _list(names: Sequence[str]) -> str:
    return ", ".join(name or "(empty)" for name in names[:10])
