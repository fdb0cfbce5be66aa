"""Exact numbers as text that a reader can check with a pencil."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt


def exact_root(value: Fraction) -> Fraction | None:
    """The square root of `value` if it is rational."""
    root = Fraction(isqrt(value.numerator), isqrt(value.denominator))
    return root if root * root == value else None


def text(value: Fraction | int) -> str:
    """`value` exactly: as a decimal if four places suffice, else as a fraction such as 7/3."""
    value = Fraction(value)
    sign, size = "−" if value < 0 else "", abs(value)
    if 10_000 % size.denominator:
        return f"{sign}{size.numerator}/{size.denominator}"
    return sign + (f"{float(size):.4f}".rstrip("0").rstrip(".") if size.denominator > 1 else str(size))


def root_text(value: Fraction) -> str:
    """The square root of `value`: exact if it is rational, else such as √(35/4) ≈ 2.958."""
    root = exact_root(value)
    return f"√({text(value)}) ≈ {rounded(float(value) ** 0.5)}" if root is None else text(root)


def rounded(value: Fraction | float, places: int = 3) -> str:
    """`value` with a fixed number of decimals and a typographic minus; never −0."""
    shown = f"{float(value):.{places}f}"
    return shown.lstrip("-") if not float(shown) else shown.replace("-", "−")


def scientific(value: float) -> str:
    """Two digits and a power of ten, such as 2.4 × 10⁻⁷."""
    if not value:
        return "0"
    digits, exponent = f"{value:.1e}".split("e")
    return f"{digits}\u00a0×\u00a010{str(int(exponent)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"
