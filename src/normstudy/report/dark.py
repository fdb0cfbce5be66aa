"""Pictures for a dark page: the same lines and letters in other colours.

What is white becomes the page's dark ground, and what is dark becomes light, in the hue it had. The relative
luminance Y of a colour becomes K / (Y + 0.05) - 0.05. Two colours have then the contrast that they had before,
(Y + 0.05) / (Y' + 0.05), so that what can be read on white can be read in the dark. That ends where nothing is
lighter than white.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
from matplotlib.colors import to_hex, to_rgb

from normstudy.report.contrast import FLARE, LINE, TEXT, contrast, encoded, ink, linear, luminance
from normstudy.report.drawing import COLOURS

GROUND = "#1c1c1c"
"""Of the dark pages, in theme/dark.scss and the preview's style, too."""

LIGHTEST = 0.9
"""Relative luminance that black becomes: letters of pure white dazzle in the dark."""

FAINT = 2.0
"""Contrast with white of what is meant to stay in the background, such as the lines of a grid."""

_LIGHT = (1 + FLARE) * (float(luminance(linear(np.array(to_rgb(GROUND))))) + FLARE)


def with_dark_colours(text: str) -> str:
    """An SVG that says of each of its colours what it becomes: in `data-dark`, where the pages' filter finds it."""
    pairs = " ".join(f"{colour[1:]}:{dark_colour(colour)[1:]}" for colour in colours(text))
    return text.replace("<svg ", f'<svg data-dark="{pairs}" ', 1)


def dark_name(path: Path) -> Path:
    """Where the dark variant of the picture at `path` lies."""
    return path.with_stem(f"{path.stem}-dark")


def dark_svg(text: str) -> str:
    """The dark variant of an SVG that stands for itself; images inside it stay as they are."""
    text = re.sub(r"#[0-9a-f]{6}\b", lambda match: dark_colour(match[0]), text)
    return text.replace("<svg ", f'<svg fill="{dark_colour("#000000")}" ', 1)  # matplotlib does not say so of text


def colours(text: str) -> list[str]:
    """The colours of an SVG, as `#rrggbb`; black is one of each, as matplotlib does not say that text is."""
    return sorted({"#000000", *re.findall(r"#[0-9a-f]{6}\b", text)})


@cache
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
