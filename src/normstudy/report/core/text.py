"""Numbers and names as text: what inline values of the pages and cells of tables show."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

NAMES = {
    "bn": "BN",
    "bn_l1": "BN + L1",
    "bn_wd": "BN + decay",
    "gn": "GN",
    "gn_l1": "GN + L1",
    "gn_wd": "GN + decay",
    "ln": "LN",
    "ln_l1": "LN + L1",
    "ln_wd": "LN + decay",
    "in": "IN",
    "ln2d": "LN2d",
    "none": "no norm",
}
"""What models of the published studies are called on the pages, by their names in the records."""


def called(model: str) -> str:
    """`BN + L1` of `bn_l1`; any other name as it is, with spaces for underscores."""
    return NAMES.get(model, model.replace("_", " "))


def number(value: float, places: int = 2, plus: bool = False) -> str:
    """`value` with a fixed number of decimals, a typographic minus (never −0) and thousands apart; `–` for none."""
    if not math.isfinite(value):
        return "–"
    text = f"{value:,.{places}f}"
    text = text.lstrip("-") if not float(text.replace(",", "")) else text.replace("-", "−")
    return f"+{text}" if plus and float(text.replace("−", "-").replace(",", "")) > 0 else text


def percent(fraction: float, places: int = 2) -> str:
    """`0.62` of 0.0062: a fraction in percent, without the sign."""
    return number(100 * fraction, places)


def points(fraction: float, places: int = 3) -> str:
    """`+0.053` of 0.00053: a difference of fractions in percentage points."""
    return number(100 * fraction, places, plus=True)


def interval(
    row: Mapping[str, float] | Sequence[float], places: int = 2, scale: float = 1.0, plus: bool = False
) -> str:
    """`1.91 (1.48 to 2.48)`: an estimate with the limits of its interval, each multiplied by `scale`.

    `row` has `value`, `low` and `high` (a row of a table of `statistics`), or is these three. Without finite limits,
    the value alone.
    """
    value, low, high = _three(row)
    shown = [number(scale * each, places, plus) for each in (value, low, high)]
    if not (math.isfinite(low) and math.isfinite(high)):
        return shown[0]
    return f"{shown[0]}\u00a0({shown[1]} to\u00a0{shown[2]})"


def p_value(p: float) -> str:
    """`p = 0.012` or `p < 0.001`."""
    return "p\u00a0<\u00a00.001" if p < 0.001 else f"p\u00a0=\u00a0{p:.3f}"


def join(parts: Iterable[Any]) -> str:
    """`a, b and c`."""
    words = [str(part) for part in parts]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1] if words else ""


def count(number_of: int, noun: str) -> str:
    """`1 run`, `2 runs`, `1,088 runs`."""
    return f"{number_of:,} {noun}{'' if number_of == 1 else 's'}"


def _three(row: Mapping[str, float] | Sequence[float]) -> tuple[float, float, float]:
    if hasattr(row, "keys"):
        return float(row["value"]), float(row["low"]), float(row["high"])  # type: ignore[call-overload]
    value, low, high = row
    return float(value), float(low), float(high)
