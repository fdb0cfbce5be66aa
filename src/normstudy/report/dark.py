"""Pictures for a dark page: the same lines and letters in other colours.

What is white becomes the page's dark ground, and what is dark becomes light, in the hue it had. The relative
luminance Y of a colour becomes K / (Y + 0.05) - 0.05. Two colours have then the contrast that they had before,
(Y + 0.05) / (Y' + 0.05), so that what can be read on white can be read in the dark. That ends where nothing is
lighter than white.
"""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
from matplotlib.colors import to_hex, to_rgb
from PIL import Image

from normstudy.report.contrast import FLARE, LINE, TEXT, contrast, encoded, ink, linear, luminance
from normstudy.report.drawing import COLOURS

GROUND = "#1c1c1c"
"""Of the dark pages, in theme/dark.scss and the preview's style, too."""

LIGHTEST = 0.9
"""Relative luminance that black becomes: letters of pure white dazzle in the dark."""

FAINT = 2.0
"""Contrast with white of what is meant to stay in the background, such as the lines of a grid."""

_LIGHT = (1 + FLARE) * (float(luminance(linear(np.array(to_rgb(GROUND))))) + FLARE)


def dark_name(path: Path) -> Path:
    """Where the dark variant of the picture at `path` lies; theme/dark.lua and the preview's filter look for it."""
    return path.with_stem(f"{path.stem}-dark")


def dark_picture(picture: bytes, kind: str) -> bytes:
    """The dark variant of a picture; `kind` is its file's ending, `.svg` or `.png`."""
    return dark_svg(picture.decode()).encode() if kind == ".svg" else dark_png(picture)


def dark_svg(text: str) -> str:
    """The dark variant of an SVG of matplotlib's: every colour in it, and the pixels of images inside."""
    text = re.sub(r"#[0-9a-fA-F]{6}\b", lambda match: dark_colour(match[0]), text)
    text = re.sub(r"(data:image/png;base64,\s*)([\w+/=\s]+)", _dark_image, text)
    return text.replace(
        "<svg ", f'<svg fill="{dark_colour("black")}" ', 1
    )  # matplotlib does not say that text is black


def dark_png(picture: bytes) -> bytes:
    """The dark variant of a PNG, with as many colours as it had."""
    image = Image.open(io.BytesIO(picture)).convert("RGBA")
    pixels = np.asarray(image)
    packed, places = np.unique(pixels.view(np.uint32), return_inverse=True)  # a sheet has few colours
    colours = packed.view(np.uint8).reshape(-1, 4).copy()
    colours[:, :3] = np.rint(255 * _turned(colours[:, :3] / 255))
    changed = Image.fromarray(colours[places].reshape(pixels.shape))
    if (pixels[..., 3] == 255).all():
        changed = changed.convert("RGB")
    data = io.BytesIO()
    changed.save(data, format="png", optimize=True)
    return data.getvalue()


def dark_colour(colour: str) -> str:
    """The dark variant of one colour of a drawing; lines that were too faint on white are not so in the dark.

    A normalization's colour stays what it is if it can be read on the ground.
    """
    for own in COLOURS.values():
        if to_hex(colour) in (to_hex(own), ink(own)):
            return to_hex(own if contrast(own, GROUND) >= TEXT else _turned(np.array(to_rgb(own)), least=1.01 * TEXT))
    rgb = np.array(to_rgb(colour))
    wanted = (1 + FLARE) / (luminance(linear(rgb)) + FLARE)
    return to_hex(_turned(rgb, least=1.01 * LINE if wanted >= FAINT else 1.0))


def _turned(rgb: np.ndarray, least: float = 1.0) -> np.ndarray:
    """sRGB colours (…, 3) in their hue, with the luminance of the dark variant and so much contrast with the ground."""
    light = linear(rgb)
    now = luminance(light)[..., None]
    ground = _LIGHT / (1 + FLARE)
    wanted = np.minimum(np.maximum(_LIGHT / (now + FLARE), least * ground) - FLARE, LIGHTEST)
    # As light as the hue can be; beyond that, mixed with white.
    top = np.where(now > 0, light / np.maximum(light.max(axis=-1, keepdims=True), 1e-9), 1.0)
    most = luminance(top)[..., None]
    white = np.clip((wanted - most) / np.maximum(1 - most, 1e-9), 0, 1)
    return encoded(np.where(wanted <= most, top * wanted / most, top + white * (1 - top)))


def _dark_image(match: re.Match[str]) -> str:
    return match[1] + base64.b64encode(dark_png(base64.b64decode(match[2]))).decode()
