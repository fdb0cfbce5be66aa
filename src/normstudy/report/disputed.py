"""The test images of MNIST whose labels people dispute (Northcutt et al. 2021), and the mark that they get."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from matplotlib.figure import Figure

from normstudy.config import Config

MARK = "†"
LEGEND = f"{MARK} people dispute this label (Northcutt et al. 2021)"

_FILE = Path(__file__).parent / "data" / "mnist_disputed_labels.csv"


@dataclass(frozen=True)
class Dispute:
    """An image (its number in the data set), its `label`, the `other` class that was offered, and people's votes."""

    index: int
    label: int
    other: int
    for_label: int
    for_other: int
    for_neither: int


def disputes(config: Config) -> dict[int, Dispute]:
    """By number in the data set, the disputed ones of the images that `config` is evaluated on; of most data none."""
    return _of_mnist() if (config.dataset, config.evaluate_on) == ("mnist", "test") else {}


def marked(text: str, index: int, config: Config) -> str:
    """`text`, with the mark behind it if the image `index` is disputed."""
    return f"{text} {MARK}" if index in disputes(config) else text


def noted(text: str, index: int, config: Config) -> str:
    """`text` of an alternative text, with a remark behind it if the image `index` is disputed."""
    return f"{text} (label disputed)" if index in disputes(config) else text


def draw_legend(figure: Figure) -> None:
    """Below `figure`, what the mark means, if one of its titles has it."""
    if any(MARK in axes.get_title() for axes in figure.axes):
        figure.supxlabel(LEGEND, fontsize=8, x=0.01, ha="left")


@cache
def _of_mnist() -> dict[int, Dispute]:
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    found = [Dispute(**{name: int(value) for name, value in row.items()}) for row in rows]
    return {each.index: each for each in found}
