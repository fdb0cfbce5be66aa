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


class Text(str):
    """A text that an inline value shows as it is: of a plain one, Quarto shows special characters as their codes."""

    def _repr_markdown_(self) -> str:
        return str(self)


def called(model: str) -> Text:
    """`BN + L1` of `bn_l1`, without a line break in it; any other name as it is, with spaces for underscores."""
    return Text(NAMES.get(model, model.replace("_", " ")).replace(" ", "\u00a0"))


def number(value: float, places: int = 2, plus: bool = False) -> Text:
    """`value` with a fixed number of decimals, a typographic minus (never −0) and thousands apart; `–` for none."""
    if not math.isfinite(value):
        return Text("–")
    text = f"{value:,.{places}f}"
    text = text.lstrip("-") if not float(text.replace(",", "")) else text.replace("-", "−")
    return Text(f"+{text}" if plus and float(text.replace("−", "-").replace(",", "")) > 0 else text)


def percent(fraction: float, places: int = 2) -> Text:
    """`0.62` of 0.0062: a fraction in percent, without the sign."""
    return number(100 * fraction, places)


def confidence(probability: float) -> Text:
    """A probability in percent that never rounds up to certainty: `99.3 %`, `> 99.9 %`."""
    return Text("> 99.9 %" if probability > 0.999 else f"{100 * probability:.1f} %")


def points(fraction: float, places: int = 3) -> Text:
    """`+0.053` of 0.00053: a difference of fractions in percentage points."""
    return number(100 * fraction, places, plus=True)


def interval(
    row: Mapping[str, float] | Sequence[float], places: int = 2, scale: float = 1.0, plus: bool = False
) -> Text:
    """`1.91 (1.48 to 2.48)`: an estimate with the limits of its interval, each multiplied by `scale`.

    `row` has `value`, `low` and `high` (a row of a table of `statistics`), or is these three. Without finite limits,
    the value alone.
    """
    value, low, high = _three(row)
    shown = [number(scale * each, places, plus) for each in (value, low, high)]
    if not (math.isfinite(low) and math.isfinite(high)):
        return shown[0]
    return Text(f"{shown[0]}\u00a0({shown[1]} to\u00a0{shown[2]})")


def p_value(p: float) -> Text:
    """`p = 0.012` or `p < 0.001`."""
    return Text("p\u00a0<\u00a00.001" if p < 0.001 else f"p\u00a0=\u00a0{p:.3f}")


def join(parts: Iterable[Any]) -> Text:
    """`a, b and c`."""
    words = [str(part) for part in parts]
    return Text(" and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]])))


def count(number_of: int, noun: str) -> Text:
    """`1 run`, `2 runs`, `1,088 runs`."""
    return Text(f"{number_of:,} {noun}{'' if number_of == 1 else 's'}")


def _three(row: Mapping[str, float] | Sequence[float]) -> tuple[float, float, float]:
    if hasattr(row, "keys"):
        return float(row["value"]), float(row["low"]), float(row["high"])  # type: ignore[call-overload]
    value, low, high = row
    return float(value), float(low), float(high)
