"""Exact numbers as text that a reader can check with a pencil, and tables of the example's values."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import isqrt
from typing import Any

import numpy as np
import pandas as pd

from normstudy.report.core.text import Text

MOST = 60
"""Characters of a table's row beyond which the values of a cell may be broken into lines."""


def exact_root(value: Fraction) -> Fraction | None:
    """The square root of `value` if it is rational."""
    root = Fraction(isqrt(value.numerator), isqrt(value.denominator))
    return root if root * root == value else None


def text(value: Fraction | int) -> Text:
    """`value` exactly: as a decimal if four places suffice, else as a fraction such as 7/3."""
    value = Fraction(value)
    sign, size = "−" if value < 0 else "", abs(value)
    if 10_000 % size.denominator:
        return Text(f"{sign}{size.numerator}/{size.denominator}")
    return Text(sign + (f"{float(size):.4f}".rstrip("0").rstrip(".") if size.denominator > 1 else str(size)))


def rounded(value: Fraction | float, places: int = 3) -> Text:
    """`value` with a fixed number of decimals and a typographic minus; never −0."""
    shown = f"{float(value):.{places}f}"
    return Text(shown.lstrip("-") if not float(shown) else shown.replace("-", "−"))


def scientific(value: float) -> Text:
    """`2·10⁻⁷`, as Markdown: one digit and a power of ten; `0` for none."""
    if not value:
        return Text("0")
    digit, power = f"{value:.0e}".split("e")
    return Text(f"{'' if digit == '1' else f'{digit}·'}10^{str(int(power)).replace('-', '−')}^")


def root_text(value: Fraction) -> Text:
    """The square root of `value`: exact if it is rational, else such as √(35/4) ≈ 2.958."""
    root = exact_root(value)
    return Text(f"√({text(value)}) ≈ {rounded(float(value) ** 0.5)}") if root is None else text(root)


def over_root(value: Fraction, radicand: Fraction) -> Text:
    """value / √radicand: exact if it is rational, else with the smallest whole number under the root, as −2/7·√35."""
    root = exact_root(radicand)
    if root is not None or not value:
        return text(value / root if root else 0)
    factor, rest = value / radicand / radicand.denominator, radicand.numerator * radicand.denominator
    for divisor in range(2, isqrt(rest) + 1):
        while rest % divisor**2 == 0:
            factor, rest = factor * divisor, rest // divisor**2
    sign, size = "−" if factor < 0 else "", abs(factor)
    return Text(f"{sign}√{rest}" if size == 1 else f"{sign}{text(size)}·√{rest}")


def unbroken(cell: str) -> str:
    """`cell`, a short calculation or name, in which no line breaks."""
    return cell.replace(" ", "\u00a0").replace("–", "\u2060–\u2060")


def laid_out(values: np.ndarray, shown: Callable[[Any], str] = text) -> pd.DataFrame:
    """`values` (N, C, H, W) as a table: a column per channel, and for each image as many rows as it has."""
    cells = {
        f"{number}, {row + 1}": [", ".join(map(shown, channel)) for channel in image[:, row]]
        for number, image in enumerate(values, start=1)
        for row in range(image.shape[1])
    }
    fits = max(sum(map(len, row)) for row in cells.values()) <= MOST
    return pd.DataFrame(
        {"image, row": name}
        | {f"channel {number}": unbroken(cell) if fits else cell for number, cell in enumerate(row, start=1)}
        for name, row in cells.items()
    )
