"""Small image folders, made of a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = ("blue disc", "green cross", "red square")


def make_folder(
    place: Path,
    classes: Sequence[str] = CLASSES,
    train: int = 12,
    test: int = 4,
    edge: int = 16,
    colour: bool = True,
    noise: float = 60,
) -> Path:
    """A folder `place` with so many images of each class: squares of different hue and place, with noise."""
    chance = np.random.default_rng(len(classes))
    for split, count in (("train", train), ("test", test)):
        for number, name in enumerate(classes):
            folder = place / split / name
            folder.mkdir(parents=True)
            for place_in_class in range(count):
                pixels = _picture(chance, number, len(classes), edge, noise)
                pixels = pixels if colour else pixels.mean(axis=2).astype(np.uint8)
                Image.fromarray(pixels).save(folder / f"{place_in_class:03d}.png")
    return place


def _picture(chance: np.random.Generator, number: int, classes: int, edge: int, noise: float) -> np.ndarray:
    """(edge, edge, 3) bytes: a shape of the class's hue somewhere on a dark ground."""
    pixels = chance.normal(50, noise / 2, (edge, edge, 3))
    size = edge // 2
    top, left = chance.integers(0, edge - size, 2)
    rows, columns = np.ogrid[:size, :size]
    middle = (size - 1) / 2
    shapes = (
        (rows - middle) ** 2 + (columns - middle) ** 2 <= middle**2,
        (abs(rows - middle) < size / 5) | (abs(columns - middle) < size / 5),
        np.ones((size, size), bool),
    )
    angle = 4 * np.pi / 3 - 2 * np.pi * number / classes
    hue = 128 + 110 * np.cos(angle - 2 * np.pi * np.arange(3) / 3)
    patch = pixels[top : top + size, left : left + size]
    patch[shapes[number % 3]] = hue + chance.normal(0, noise, (size, size, 3))[shapes[number % 3]]
    return np.clip(pixels, 0, 255).astype(np.uint8)
