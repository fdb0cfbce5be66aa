"""A picture of any size made like the photographs of a data set, or like custom images.

Of custom images nothing is known but their size, and so no more is done than that size needs: the middle square of the
picture is reduced to it, in colours or in grey as the images are. Nothing is inverted or trimmed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from normstudy.using.image_file import read_as


def read_photo(source: Any, shape: tuple[int, int, int]) -> tuple[np.ndarray, list[str]]:
    """Bytes (h, w) or (h, w, 3) for images of `shape` (c, h, w), and what was done, in words.

    `source` as `image_file.read_as` takes it. Raises `ImageFileError`.
    """
    return read_as(source, lambda image, done: _fitted(image, done, shape))


def _fitted(image: Image.Image, done: list[str], shape: tuple[int, int, int]) -> tuple[np.ndarray, list[str]]:
    channels, *size = shape
    height, width = size
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image.convert("RGBA"))
        done.append("transparent parts made white")
    if channels == 1 and image.mode not in ("L", "LA"):
        done.append("colours made grey")
    image = image.convert("RGB" if channels == 3 else "L")
    how = []
    if image.width != image.height:
        edge = min(image.size)
        left, top = (image.width - edge) // 2, (image.height - edge) // 2
        image = image.crop((left, top, left + edge, top + edge))
        how.append("its middle square")
    if image.size != (width, height):
        verb = "reduced" if image.height > height else "enlarged"
        image = image.resize((width, height), Image.Resampling.BILINEAR)
        how.append(f"{verb} to {width} x {height}")
    return np.array(image), [*done, " ".join(how) or "taken as it is"]
