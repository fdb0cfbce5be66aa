"""A picture from anywhere: upright, with 8 bits per channel, and a record of what had to be done for that."""

from __future__ import annotations

import io
import os
import re
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image, ImageOps

from normstudy.errors import NormstudyError
from normstudy.text import one_line

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
"""What is read: not what runs another program to be drawn, as EPS does."""

MOST_PIXELS = 50_000_000
"""A file of a few bytes can hold a picture that all memory could not; no camera's has more."""

EDGE = 1_024
"""Pixels of the longer edge, beyond which a drawing is reduced (to no less) before all else."""

LEAST_CONTRAST = 0.02
"""Of full brightness; where a picture varies by less, nothing is drawn in it."""

FULL = (1, 255, 1_023, 4_095, 16_383, 65_535)
"""Full brightness with values of 1, 8, 10, 12, 14 and 16 bits; 1 also of fractions."""

NEEDED = "name a file, or give bytes, a file object, an array (h, w) or (h, w, 3) or a picture of Pillow's"

Made = TypeVar("Made")


class ImageFileError(NormstudyError):
    """No picture that can be read was given, or nothing is drawn in it."""


class NoImageError(ImageFileError):
    """A file is no image of any kind that is read."""


@dataclass(frozen=True)
class Grey:
    """Grey values (h, w) in [0, 1] on a dark ground, `ground` being its value, and what was done, in words."""

    values: np.ndarray
    ground: float
    done: tuple[str, ...]


def read_grey(source: Any) -> Grey:
    """The drawing in `source`, which is what `read_as` takes. Raises `ImageFileError`."""

    def make(image: Image.Image, done: list[str]) -> Grey:
        values, more = _brightness(image.reduce(max(1, max(image.size) // EDGE)))
        frame = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
        ground = float(np.median(frame))
        if np.ptp(values) < LEAST_CONTRAST:
            raise ImageFileError("nothing is drawn in it, all is of one brightness; name another")
        if ground > (float(values.min()) + float(values.max())) / 2:
            return Grey(1 - values, 1 - ground, (*done, *more, "inverted"))
        return Grey(values, ground, (*done, *more))

    return read_as(source, make)


def read_as(source: Any, make: Callable[[Image.Image, list[str]], Made]) -> Made:
    """What `make` makes of a picture: upright, of the mode L, RGB, LA or RGBA, with what was done for that, in words.

    `source`: a file's name, its bytes or the open file, a picture of Pillow's, or an array (h, w), (h, w, 3), (h, w, 4)
    or (3, h, w) of bytes, of fractions, or of values with up to 16 bits. Raises `ImageFileError`: one line with the
    file and the remedy.
    """
    shown = one_line(source) if isinstance(source, str | os.PathLike) else "the picture"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of sizes, and of what is odd in files that it reads
            image, said = _opened(source)
            with image if image is not source else nullcontext():
                return make(*_upright(image, said))
    except ImageFileError as error:
        raise type(error)(f"{shown}: {error}") from None
    except Image.UnidentifiedImageError:
        kinds = ", ".join(FORMATS)
        raise NoImageError(f"{shown}: no picture of a kind that is read ({kinds}); save it as PNG") from None
    except Exception as error:  # Pillow raises many kinds for damaged files
        reason = one_line(getattr(error, "strerror", None) or error)
        raise ImageFileError(f"{shown}: no picture that can be read ({reason[:200]}); save it as PNG") from None


def _opened(source: Any) -> tuple[Image.Image, list[str]]:
    if isinstance(source, Image.Image):
        return source, []
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        if re.match(r"[a-z]{2,}:/", str(source), re.IGNORECASE):
            raise ImageFileError("an address; download the picture, and name its file")
        if path.is_dir():
            raise ImageFileError("a folder, where a picture is needed; name the pictures in it")
        if path.exists() and not path.is_file():  # a pipe or a device may have no end
            raise ImageFileError("no file; name a picture")
    elif isinstance(source, bytes | bytearray | memoryview):
        source = io.BytesIO(source)
    elif hasattr(source, "__array__"):
        return _of_array(np.asarray(source))
    elif not hasattr(source, "read"):
        raise ImageFileError(f"an object of the type {type(source).__name__} is none; {NEEDED}")
    try:
        return Image.open(source, formats=FORMATS), []
    except Image.DecompressionBombError:
        raise _too_large() from None


def _of_array(values: np.ndarray) -> tuple[Image.Image, list[str]]:
    given = f"an array of {values.dtype} of the shape {values.shape} is none; {NEEDED}"
    if values.ndim == 3 and values.shape[0] in (1, 3) and values.shape[2] not in (1, 3, 4):
        values = np.moveaxis(values, 0, 2)  # as torch has them
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[..., 0]
    if values.dtype.kind not in "buif" or not values.size or values.shape[2:] not in ((), (3,), (4,)):
        raise ImageFileError(given)
    pixels, said = (values, []) if values.dtype == np.uint8 else _eight_bits(values)
    return Image.fromarray(np.ascontiguousarray(pixels)), said


def _upright(image: Image.Image, said: list[str]) -> tuple[Image.Image, list[str]]:
    """`image` as it is to be seen, with 8 bits per channel, and what was done for that."""
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise _too_large()
    done = [f"{width} x {height} pixels"]
    if getattr(image, "is_animated", False):
        done.append(f"first of {getattr(image, 'n_frames', 2)} pictures")
    is_deep = any(";16" in str(tile.args) for tile in getattr(image, "tile", ()))
    turned = ImageOps.exif_transpose(image)
    if image.getexif().get(0x0112, 1) != 1:
        done.append("turned as its EXIF data say")
    if turned.mode in ("I", "F") or turned.mode.startswith("I;"):
        pixels, said = _eight_bits(np.asarray(turned))
        return Image.fromarray(pixels), [*done, *said]
    if turned.mode not in ("L", "LA", "RGB", "RGBA"):
        turned = turned.convert("RGBA" if turned.has_transparency_data else "L" if turned.mode == "1" else "RGB")
    highest = max(np.max(turned.getchannel(band).getextrema()) for band in turned.getbands() if band != "A")
    if is_deep and highest < 64:  # Pillow keeps the upper 8 of 16 bits
        raise ImageFileError("it has colours of 16 bits with the upper ones empty; save it with 8 bits")
    if highest == 1 and "A" not in turned.getbands():
        turned, said = turned.point(lambda value: 255 * value), ["1 bit made 8"]
    return turned, [*done, *said]


def _too_large() -> ImageFileError:
    return ImageFileError(f"more than {MOST_PIXELS // 1_000_000} million pixels; make it smaller")


def _eight_bits(values: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Bytes of `values` of any type: their range is the smallest of `FULL` that holds them, else their own."""
    values = values.astype(np.float32)
    if not np.isfinite(values).all():
        raise ImageFileError("it holds values that are no numbers; name another")
    low, high = float(values.min()), float(values.max())
    full = next((full for full in FULL if low >= 0 and 0.5 < high <= full), None)
    if full is None:
        stretched = (values - low) / ((high - low) or 1)
        return np.rint(255 * stretched).astype(np.uint8), ["values stretched to full brightness"]
    return np.rint(values * (255 / full)).astype(np.uint8), [f"{full.bit_length()} bits made 8"] * (full > 255)


def _brightness(image: Image.Image) -> tuple[np.ndarray, list[str]]:
    """Values (h, w) in [0, 1] of an upright `image`, and what was done for them: colours by their luma (BT.601)."""
    coloured = image.convert("RGB")
    values = np.asarray(coloured.convert("L"), np.float32) / 255
    channels = np.asarray(coloured.reduce(max(1, max(image.size) // 256)), np.int16)
    done = ["colours made grey"] * bool(np.ptp(channels, axis=2).max() > 16)  # less is what compression does
    if not image.has_transparency_data:
        return values, done
    opaque = np.asarray(image.getchannel("A"), np.float32) / 255
    if opaque.min() == 1:
        return values, done
    ground = _ground_behind(values, opaque)
    done.append(f"transparent parts made {'white' if ground == 1 else 'black' if ground == 0 else 'as its ground'}")
    return values * opaque + ground * (1 - opaque), done


def _ground_behind(values: np.ndarray, opaque: np.ndarray) -> float:
    """What transparent parts are to be: the other end from what is drawn, or the ground that a picture brings along."""
    if opaque.mean() > 0.5:
        return float(np.median(values[opaque > 0.5]))
    drawn = float((values * opaque).sum() / max(float(opaque.sum()), 1e-9))
    return 1.0 if drawn < 0.5 else 0.0
