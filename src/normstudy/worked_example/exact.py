"""Exact numbers as text that a reader can check with a pencil."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

from normstudy.report.wording import rounded


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


def over_root(value: Fraction, radicand: Fraction) -> str:
    """value / √radicand: exact if it is rational, else with the smallest whole number below the root, as −2/7·√35."""
    root = exact_root(radicand)
    if root is not None or not value:
        return text(value / root if root else 0)
    factor, rest = value / radicand / radicand.denominator, radicand.numerator * radicand.denominator
    for divisor in range(2, isqrt(rest) + 1):
        while rest % divisor**2 == 0:
            factor, rest = factor * divisor, rest // divisor**2
    sign, size = "−" if factor < 0 else "", abs(factor)
    return f"{sign}√{rest}" if size == 1 else f"{sign}{text(size)}·√{rest}"


def together(cell: str) -> str:
    """`cell`, a short calculation or name, with spaces at which no line breaks."""
    return cell.replace(" ", "\u00a0")
