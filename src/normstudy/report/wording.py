"""Numbers as text that a reader finds familiar."""

from __future__ import annotations

from fractions import Fraction


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
