"""A picture of any size made like those of a data set of photographs, or of one's own images.

Of what one's own images are nothing is known but their size, and so no more is done than that size needs: the middle
square of the picture is reduced to it, in colours or in grey as the images are. Nothing is inverted or trimmed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from normstudy.using.image_file import read_as, upright


def read_photo(
    source: Path | str | Image.Image, shape: tuple[int, int, int]
) -> tuple[np.ndarray, tuple[str, ...], str]:
    """Bytes (h, w) or (h, w, 3) for images of `shape` (c, h, w), what was done before, and how the size was reached.

    Raises `ImageFileError`.
    """
    return read_as(source, lambda image, shown: _fitted(image, shown, shape))


def _fitted(image: Image.Image, shown: str, shape: tuple[int, int, int]) -> tuple[np.ndarray, tuple[str, ...], str]:
    turned, done = upright(image, shown)
    channels, height, width = shape
    if turned.has_transparency_data:
        ground = Image.new("RGBA", turned.size, "white")
        turned = Image.alpha_composite(ground, turned.convert("RGBA"))
        done.append("transparent parts made white")
    coloured = turned.convert("RGB")
    if channels == 1:
        if turned.mode not in ("1", "L", "LA"):
            done.append("colours made grey")
        coloured = coloured.convert("L")
    how = []
    if coloured.width != coloured.height:
        edge = min(coloured.size)
        left, top = (coloured.width - edge) // 2, (coloured.height - edge) // 2
        coloured = coloured.crop((left, top, left + edge, top + edge))
        how.append("its middle square")
    if coloured.size != (width, height):
        verb = "reduced" if coloured.height > height else "enlarged"
        coloured = coloured.resize((width, height), Image.Resampling.BILINEAR)
        how.append(f"{verb} to {width} x {height}")
    return np.array(coloured), tuple(done), " ".join(how) or "taken as it is"
