"""Custom images in a folder of classes: `train/<class>/*.png` and `test/<class>/*.png`.

Classes and files are found, ordered and numbered as torchvision's `ImageFolder` does (a test compares), links are
followed, but hidden files and folders are skipped. What is skipped is printed. Pillow decodes.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from normstudy.data.facts import MOST_CLASSES
from normstudy.data.image_arrays import Images, Part, checked, need, refuse_repeated, refuse_size
from normstudy.data.storage import state_of
from normstudy.errors import DataError
from normstudy.text import one_line

SPLITS = ("train", "test")

ENDINGS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp", ".gif")
"""Of image files: those of `ImageFolder`, and GIF."""

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
"""What Pillow may decode: not what runs another program, as EPS does."""

LAYOUT = "it needs train/<class>/… and test/<class>/… with images in each"

GREY = ("1", "L", "LA")
"""Pillow's modes without colours."""

MOST_SKIPPED = 5
"""So many skipped files and folders are named."""


class File(NamedTuple):
    """An image file, the number of its class, and its state (`state_of`)."""

    path: Path
    label: int
    state: tuple[int, ...]


class Listing(NamedTuple):
    """Class names and image files of a folder, in the order of labels and names."""

    folder: Path
    names: tuple[str, ...]
    train: tuple[File, ...]
    test: tuple[File, ...]


def listing(folder: Path) -> Listing:
    """The image files in `folder`, unread. Raises `DataError` if it is not arranged as it should be."""
    shown = one_line(folder)
    skipped: list[Path] = []
    files: dict[str, tuple[File, ...]] = {}
    try:
        for split in SPLITS:
            need((folder / split).is_dir(), f"{shown}: no folder {split} in it; {LAYOUT}")
        skipped += [path for path in sorted(folder.iterdir()) if path.name not in SPLITS]
        names, of_test = (_classes(folder / split, skipped) for split in SPLITS)
        odd = sorted({*names} ^ {*of_test})
        need(
            not odd,
            f"{shown}: the class {one_line(next(iter(odd), ''))} is not in both train and test, which need the same",
        )
        need(2 <= len(names) <= MOST_CLASSES, f"{shown}: {len(names)} classes in train; 2 to {MOST_CLASSES} are needed")
        for split in SPLITS:
            found = [(path, n) for n, name in enumerate(names) for path in _images(folder / split / name, skipped)]
            files[split] = tuple(File(path, label, state_of(path)) for path, label in found)
    except OSError as error:
        raise DataError(f"{one_line(error.filename or folder)}: cannot be read ({error.strerror})") from None
    if skipped:
        named = ", ".join(one_line(path.relative_to(folder)) for path in skipped[:MOST_SKIPPED])
        more = f" and {len(skipped) - MOST_SKIPPED} more" if len(skipped) > MOST_SKIPPED else ""
        _print_once(f"{shown}: skipped, as hidden or no image in a class: {named}{more}")
    return Listing(folder, tuple(names), *files.values())


@lru_cache
def _print_once(line: str) -> None:
    """A plan lists a folder for each of its runs."""
    print(line, file=sys.stderr)


def read(found: Listing) -> Images:
    """The images that were listed. Raises `DataError`: one line with the file, and what is wrong with it."""
    files, shown = [*found.train, *found.test], one_line(found.folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of what is odd in files that it reads
        decoded = [_decoded(file.path) for file in files]
    sizes = [pixels.shape[:2] for pixels in decoded]
    (height, width), usual = Counter(sizes).most_common(1)[0]
    for file, size in zip(files, sizes, strict=True):
        need(
            size == (height, width),
            f"{one_line(file.path)}: {size[1]} x {size[0]} pixels, where most images have {width} x {height} "
            f"({len(sizes) - usual} of {len(sizes)} differ); bring all to one size",
        )
    colour = any(pixels.ndim == 3 for pixels in decoded)
    images = np.stack([_channels(pixels, colour) for pixels in decoded])
    labels = np.array([file.label for file in files], dtype=np.int64)
    ends = len(found.train)
    train, test = Part(images[:ends], labels[:ends]), Part(images[ends:], labels[ends:])
    result = checked(train, test, found.names, shown)
    places = [one_line(file.path.relative_to(found.folder)) for file in files]
    refuse_repeated(result, shown, places[:ends], places[ends:])
    return result


def _classes(place: Path, skipped: list[Path]) -> list[str]:
    entries = sorted(os.scandir(place), key=lambda each: each.name)
    names = [entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")]
    skipped += [Path(entry.path) for entry in entries if entry.name not in names]
    return names


def _images(place: Path, skipped: list[Path]) -> list[Path]:
    """The image files in `place` and in folders below, in the order of `ImageFolder`."""
    found = []
    for parent, folders, names in os.walk(place, followlinks=True, onerror=_raise):
        here = Path(parent)
        hidden = [name for name in folders if name.startswith(".")]
        folders[:] = [name for name in folders if name not in hidden]
        above = {folder.resolve() for folder in (here, *here.parents)}
        for name in folders:
            need((here / name).resolve() not in above, f"{one_line(here / name)}: a link to a folder above; remove it")
        images = [name for name in names if name.lower().endswith(ENDINGS) and not name.startswith(".")]
        skipped += [here / name for name in sorted({*hidden, *names} - {*images})]
        found += [here / name for name in images]
    need(found, f"{one_line(place)}: no image in it; put some there, or remove the class in train and test")
    return sorted(found, key=lambda path: (str(path.parent), path.name))


def _raise(error: OSError) -> None:
    raise error


def _decoded(path: Path) -> np.ndarray:
    """(h, w) or, with colours, (h, w, 3) bytes."""
    from PIL import Image, ImageOps

    shown = one_line(path)
    try:
        with Image.open(path, formats=FORMATS) as image:
            refuse_size(image.height, image.width, shown)
            need(
                image.mode not in ("I", "F") and not image.mode.startswith("I;"),
                f"{shown}: more than 8 bits per channel; save it with 8",
            )
            upright = ImageOps.exif_transpose(image)
            need(
                not upright.has_transparency_data or upright.convert("RGBA").getchannel("A").getextrema()[0] == 255,
                f"{shown}: parts of it are transparent; save it on the ground that is meant",
            )
            return np.asarray(upright.convert("L" if upright.mode in GREY else "RGB"))
    except DataError:
        raise
    except Exception as error:  # Pillow raises many kinds for damaged files
        reason = one_line(getattr(error, "strerror", None) or error)[:100]
        raise DataError(f"{shown}: no image that can be read ({reason}); remove it, or save it again") from None


def _channels(pixels: np.ndarray, colour: bool) -> np.ndarray:
    """(c, h, w): a grey image among coloured ones has its value in all three channels."""
    if not colour:
        return pixels[None]
    return np.moveaxis(pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2), 2, 0)
