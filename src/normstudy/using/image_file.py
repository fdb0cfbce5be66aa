"""A picture from anywhere as one of grey values, bright on dark, with a record of what had to be done for that."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image, ImageOps

from normstudy.errors import NormstudyError
from normstudy.text import one_line

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
"""What is read: not what runs another program to be drawn, as EPS does."""

MOST_PIXELS = 50_000_000
"""A file of a few bytes can hold a picture that all memory could not; no camera's has more."""

TOO_LARGE = f"more than {MOST_PIXELS // 1_000_000} million pixels; make it smaller"

EDGE = 1_024
"""Pixels of the longer edge, beyond which a picture is reduced (to no less) before all else."""

LEAST_CONTRAST = 0.02
"""Of full brightness; where a picture varies by less, nothing is drawn in it."""


Made = TypeVar("Made")


class ImageFileError(NormstudyError):
    """A file is no picture that can be read, or holds nothing."""


@dataclass(frozen=True)
class Grey:
    """Grey values (h, w) in [0, 1] on a dark ground, `ground` being its value, and what was done, in words."""

    values: np.ndarray
    ground: float
    done: tuple[str, ...]


def read_grey(source: Path | str | Image.Image) -> Grey:
    """The picture in a file, or one of Pillow's. Raises `ImageFileError`: one line with the file and the remedy."""
    return read_as(source, _of)


def read_as(source: Path | str | Image.Image, make: Callable[[Image.Image, str], Made]) -> Made:
    """What `make`, given the picture and the words for it in messages, makes of it. Raises `ImageFileError`."""
    shown = "the picture" if isinstance(source, Image.Image) else one_line(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of sizes, and of what is odd in files that it reads
            if isinstance(source, Image.Image):
                return make(source, shown)
            with _opened(Path(source), shown) as image:
                return make(image, shown)
    except ImageFileError:
        raise
    except Exception as error:  # Pillow raises many kinds for damaged files
        reason = one_line(getattr(error, "strerror", None) or error)
        raise ImageFileError(f"{shown}: no picture that can be read ({reason[:200]}); save it as PNG") from None


def _opened(path: Path, shown: str) -> Image.Image:
    if path.is_dir():
        raise ImageFileError(f"{shown}: a folder, where a picture is needed; name the pictures in it")
    if path.exists() and not path.is_file():  # a pipe or a device may have no end
        raise ImageFileError(f"{shown}: no file; name a picture")
    try:
        return Image.open(path, formats=FORMATS)
    except Image.UnidentifiedImageError:
        kinds = ", ".join(FORMATS)
        raise ImageFileError(f"{shown}: no picture of a kind that is read ({kinds}); save it as PNG") from None
    except Image.DecompressionBombError:
        raise ImageFileError(f"{shown}: {TOO_LARGE}") from None


def upright(image: Image.Image, shown: str) -> tuple[Image.Image, list[str]]:
    """`image` as it is to be seen, and what was done for that. Raises `ImageFileError` where it is far too large."""
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise ImageFileError(f"{shown}: {TOO_LARGE}")
    done = [f"{width} x {height} pixels"]
    if getattr(image, "is_animated", False):
        done.append(f"first of {getattr(image, 'n_frames', 2)} pictures")
    turned = ImageOps.exif_transpose(image)
    if image.getexif().get(0x0112, 1) != 1:
        done.append("turned as its EXIF data say")
    return turned, done


def _of(image: Image.Image, shown: str) -> Grey:
    turned, done = upright(image, shown)
    values, said = _brightness(turned)
    values, inverted, ground = _bright_on_dark(_reduced(values))
    if np.ptp(values) < LEAST_CONTRAST:
        raise ImageFileError(f"{shown}: nothing is drawn in it, all is of one brightness; name another")
    return Grey(values, ground, (*done, *said, *["inverted"] * inverted))


def _brightness(image: Image.Image) -> tuple[np.ndarray, list[str]]:
    """Values (h, w) in [0, 1] of an upright `image`, and what was done for them."""
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return _of_many_levels(np.asarray(image, np.float32))
    if not image.has_transparency_data:
        return _grey(image.convert("RGB"))
    coloured = image.convert("RGBA")
    values, said = _grey(coloured.convert("RGB"))
    opaque = np.asarray(coloured.getchannel("A"), np.float32) / 255
    if opaque.min() == 1:
        return values, said
    ground = _ground_behind(values, opaque)
    said.append(f"transparent parts made {'white' if ground == 1 else 'black' if ground == 0 else 'as its ground'}")
    return values * opaque + ground * (1 - opaque), said


def _grey(coloured: Image.Image) -> tuple[np.ndarray, list[str]]:
    """Of red, green and blue: their luma as ITU-R BT.601 has it, which leaves greys as they are."""
    values = np.asarray(coloured.convert("L"), np.float32) / 255
    return values, [] if _is_colourless(coloured) else ["colours made grey"]


def _of_many_levels(values: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Of 16 bits or more, or numbers of any size."""
    if not np.isfinite(values).all():
        raise ValueError("it holds values that are no numbers")
    low, high = float(values.min()), float(values.max())
    if low >= 0 and 255 < high <= 65_535:
        return values / 65_535, ["16 bits made 8"]
    if low >= 0 and 1 < high <= 255:
        return values / 255, []
    return (values - low) / (high - low or 1), ["values stretched to full brightness"]


def _is_colourless(image: Image.Image) -> bool:
    """Whether red, green and blue of all pixels are alike, but for what compression does."""
    channels = np.asarray(image.reduce(max(1, max(image.size) // 256)), np.int16)
    return bool(np.ptp(channels, axis=2).max() <= 16)


def _ground_behind(values: np.ndarray, opaque: np.ndarray) -> float:
    """What transparent parts are to be: the other end from what is drawn, or the ground that a picture brings along."""
    if opaque.mean() > 0.5:
        return float(np.median(values[opaque > 0.5]))
    drawn = float((values * opaque).sum() / max(float(opaque.sum()), 1e-9))
    return 1.0 if drawn < 0.5 else 0.0


def _reduced(values: np.ndarray) -> np.ndarray:
    factor = max(values.shape) // EDGE
    return np.asarray(Image.fromarray(values).reduce(factor)) if factor > 1 else values


def _bright_on_dark(values: np.ndarray) -> tuple[np.ndarray, bool, float]:
    """`values`, inverted where the outermost pixels are bright; whether they were; and how bright those are then."""
    frame = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
    ground = float(np.median(frame))
    inverted = ground > (float(values.min()) + float(values.max())) / 2
    return (1 - values, True, 1 - ground) if inverted else (values, False, ground)
