"""Images of one's own in a folder of classes: `train/<class>/*.png` and `test/<class>/*.png`.

It is laid out, numbered and ordered as torchvision's `ImageFolder` has it (a test compares), with the difference that
what is no image is named, where that passes over it. Pillow decodes.
"""

from __future__ import annotations

import os
import warnings
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from normstudy.images.arrays import FEW, Images, Part, checked, refuse_size, repeated
from normstudy.images.errors import OwnImagesError
from normstudy.images.facts import MOST_CLASSES
from normstudy.ownership import LITTER
from normstudy.text import one_line

SPLITS = ("train", "test")

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
"""What is read: not what runs another program to be drawn, as EPS does."""

LAYOUT = "it needs train/<class>/… and test/<class>/… with images in each"

GREY = ("1", "L", "LA")
"""Pillow's modes without colours."""


class File(NamedTuple):
    """An image file, the number of its class, and its state: size in bytes and time of its last change."""

    path: Path
    label: int
    state: tuple[int, int]


class Listing(NamedTuple):
    """What lies in a folder, in the order of labels and names."""

    folder: Path
    names: tuple[str, ...]
    train: tuple[File, ...]
    test: tuple[File, ...]


def listing(folder: Path) -> Listing:
    """The image files in `folder`, unread. Raises `OwnImagesError` if it is not laid out as it should be."""
    shown = one_line(folder)
    try:
        if not folder.is_dir():
            is_there = os.path.lexists(folder)
            raise OwnImagesError(f"{shown}: {'no folder' if is_there else 'not there'}; {LAYOUT}")
        for split in SPLITS:
            if not (folder / split).is_dir():
                raise OwnImagesError(f"{shown}: no folder {split} in it; {LAYOUT}")
        classes = {split: _folders(folder / split) for split in SPLITS}
        for split, other in (SPLITS, SPLITS[::-1]):
            if missing := [name for name in classes[other] if name not in classes[split]]:
                raise OwnImagesError(
                    f"{shown}: {other} has the class {one_line(missing[0])}, which {split} lacks; both need the same"
                )
        names = classes["train"]
        if not 2 <= len(names) <= MOST_CLASSES:
            raise OwnImagesError(f"{shown}: {len(names)} classes in train; 2 to {MOST_CLASSES} can be told apart")
        files = {
            split: tuple(
                File(path, label, _state(path))
                for label, name in enumerate(names)
                for path in _files(folder / split / name)
            )
            for split in SPLITS
        }
    except OSError as error:
        place = one_line(error.filename or folder)
        raise OwnImagesError(f"{place}: cannot be read ({error.strerror}); see that it can") from None
    return Listing(folder, tuple(names), *(files[split] for split in SPLITS))


def read(found: Listing) -> Images:
    """The images that were listed. Raises `OwnImagesError`: one line with the file, and what is wrong with it."""
    files = [*found.train, *found.test]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of what is odd in files that it reads
        decoded = [_decoded(file.path) for file in files]
    _refuse_sizes(files, decoded)
    colour = any(pixels.ndim == 3 for pixels in decoded)
    images = np.stack([_channels(pixels, colour) for pixels in decoded])
    labels = np.array([file.label for file in files], dtype=np.int64)
    ends = len(found.train)
    shown = one_line(found.folder)
    whole = checked(Part(images[:ends], labels[:ends]), Part(images[ends:], labels[ends:]), found.names, shown)
    _refuse_repeated(found, whole)
    return whole


def _folders(place: Path) -> list[str]:
    names = []
    for entry in sorted(os.scandir(place), key=lambda each: each.name):
        if entry.name in LITTER or entry.name.startswith("."):
            continue
        if not entry.is_dir():
            raise OwnImagesError(f"{one_line(entry.path)}: a file beside the folders of the classes; move it into one")
        names.append(entry.name)
    return names


def _files(place: Path) -> list[Path]:
    """The files in `place` and the folders in it, in torchvision's order."""
    found = []
    for folder, _, names in sorted(os.walk(place)):
        for name in sorted(names):
            if not name.startswith(".") and name not in LITTER:
                found.append(Path(folder, name))
    if not found:
        raise OwnImagesError(f"{one_line(place)}: no image in it; put some there, or remove the class everywhere")
    return found


def _state(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_size, state.st_mtime_ns


def _decoded(path: Path) -> np.ndarray:
    """(h, w) or, with colours, (h, w, 3) bytes."""
    from PIL import Image, ImageOps

    shown = one_line(path)
    if not path.is_file():
        raise OwnImagesError(f"{shown}: no file; remove it")
    if not path.stat().st_size:
        raise OwnImagesError(f"{shown}: empty (0 bytes); remove it, or put the image there again")
    try:
        with Image.open(path, formats=FORMATS) as image:
            refuse_size(image.height, image.width, shown)
            return _pixels(ImageOps.exif_transpose(image), getattr(image, "n_frames", 1), shown)
    except OwnImagesError:
        raise
    except Image.DecompressionBombError:
        raise OwnImagesError(f"{shown}: far too many pixels; make it smaller") from None
    except Image.UnidentifiedImageError:
        kinds = ", ".join(FORMATS)
        raise OwnImagesError(f"{shown}: no image of a kind that is read ({kinds}); remove it") from None
    except Exception as error:  # Pillow raises many kinds for damaged files
        reason = one_line(getattr(error, "strerror", None) or error)[:100]
        raise OwnImagesError(f"{shown}: an image that cannot be read ({reason}); remove it, or save it again") from None


def _pixels(image, frames: int, shown: str) -> np.ndarray:
    if frames > 1:
        raise OwnImagesError(f"{shown}: {frames} images in one file; save each as one of its own")
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        raise OwnImagesError(f"{shown}: more than 8 bits per channel; save it with 8")
    if image.has_transparency_data and image.convert("RGBA").getchannel("A").getextrema()[0] < 255:
        raise OwnImagesError(f"{shown}: parts of it are transparent; save it on the ground that is meant")
    return np.asarray(image.convert("L" if image.mode in GREY else "RGB"))


def _refuse_sizes(files: list[File], decoded: list[np.ndarray]) -> None:
    sizes = [pixels.shape[:2] for pixels in decoded]
    counts = Counter(sizes)
    if len(counts) > 1:
        usual = counts.most_common(1)[0][0]
        other = next(place for place, size in enumerate(sizes) if size != usual)
        (height, width), n = sizes[other], len(sizes) - counts[usual]
        raise OwnImagesError(
            f"{one_line(files[other].path)}: {width} x {height} pixels, where most images have {usual[1]} x {usual[0]} "
            f"({n} of {len(sizes)} differ); bring all to one size"
        )


def _channels(pixels: np.ndarray, colour: bool) -> np.ndarray:
    """(c, h, w): a grey image among coloured ones has its value in all three channels."""
    if not colour:
        return pixels[None]
    return np.moveaxis(pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2), 2, 0)


def _refuse_repeated(found: Listing, images: Images) -> None:
    pairs = repeated(images)
    if len(pairs) > FEW * len(images.test.labels):
        test, train = found.test[pairs[0][0]].path, found.train[pairs[0][1]].path
        raise OwnImagesError(
            f"{one_line(found.folder)}: {len(pairs)} of {len(found.test)} test images are training images as well, "
            f"such as {one_line(test.relative_to(found.folder))} and {one_line(train.relative_to(found.folder))}; "
            "remove them from one of the two"
        )
