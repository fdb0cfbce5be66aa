"""How well a colour can be told from another, as WCAG 2 defines it (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio).

Colours are sRGB, as parts from 0 to 1 in the last axis of an array, or what matplotlib takes for a colour.
"""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_hex, to_rgb
from matplotlib.typing import ColorType

FLARE = 0.05
"""Relative luminance that a lit screen adds to every colour."""

TEXT, LINE = 4.5, 3.0
"""Contrast that text and that lines need with what is behind them (WCAG 2, level AA)."""

_WEIGHTS = np.array([0.2126, 0.7152, 0.0722])


def linear(rgb: np.ndarray) -> np.ndarray:
    """The parts of sRGB colours as amounts of light."""
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def encoded(light: np.ndarray) -> np.ndarray:
    """The inverse of `linear`."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def luminance(light: np.ndarray) -> np.ndarray:
    """Relative luminance, 0 (black) to 1 (white), of amounts of light (…, 3)."""
    return light @ _WEIGHTS


def contrast(colour: ColorType, other: ColorType) -> float:
    """Contrast ratio of two colours: 1 (none) to 21."""
    first, second = (float(luminance(linear(np.array(to_rgb(each))))) + FLARE for each in (colour, other))
    return max(first, second) / min(first, second)


def ink(colour: ColorType) -> str:
    """`colour`, darkened until text in it can be read on white."""
    rgb = np.array(to_rgb(colour))
    while contrast(rgb, "white") < TEXT:
        rgb = rgb * 0.98
    return to_hex(rgb)
