"""Numbers and lists as text that a reader finds familiar."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

MOST_NAMES = 4
"""Names that a sentence lists; more are counted."""


def rounded(value: Fraction | float, places: int = 3) -> str:
    """`value` with a fixed number of decimals and a typographic minus; never −0."""
    shown = f"{float(value):.{places}f}"
    return shown.lstrip("-") if not float(shown) else shown.replace("-", "−")


def percent_places(intervals: Iterable[tuple[float, float]]) -> int:
    """Decimals for percentages beside such intervals (fractions): three where one is narrower than 0.1 points."""
    return 3 if any(high - low < 0.001 for low, high in intervals) else 2


def percent_range(low: float, high: float, places: int = 2) -> str:
    """`99.41 to 99.49`, of fractions; a dash where there are no limits."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return "–"
    return f"{rounded(100 * low, places)} to {rounded(100 * high, places)}"


def confidence_text(probability: float) -> str:
    """A probability in percent that never rounds up to certainty: `99.3 %`, `> 99.9 %`."""
    return "> 99.9 %" if probability > 0.999 else f"{100 * probability:.1f} %"


def scientific(value: float) -> str:
    """Two digits and a power of ten, such as 2.4 × 10⁻⁷."""
    if not value:
        return "0"
    digits, exponent = f"{value:.1e}".split("e")
    return f"{digits}\u00a0×\u00a010{str(int(exponent)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def short(value: float) -> str:
    """As many digits as `value` has, up to six: `0.02`, but 3.0 × 10⁻⁵ rather than many zeros."""
    return scientific(value) if 0 < value < 0.001 else f"{value:g}"


def p_text(p_value: float) -> str:
    """A p-value with three decimals; never 0."""
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def p_relation(p_value: float) -> str:
    """`= 0.012` or `< 0.001`, to be put behind a p."""
    text = p_text(p_value)
    return text if text.startswith("<") else f"= {text}"


def counted(number: int, noun: str) -> str:
    """`1 epoch`, `2 epochs`, `1,000 epochs`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def capitalized(sentence: str) -> str:
    """`sentence` with a large first letter, and all others as they are; so is a Greek one, which is a symbol."""
    first = sentence[:1]
    return (first if "α" <= first <= "ω" else first.upper()) + sentence[1:]


def join_words(parts: list[str]) -> str:
    """`a, b and c`."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def some_of(parts: list[str], most: int = MOST_NAMES) -> str:
    """`a, b and c`; of more than `most`, the first ones and how many are left: `a, b, c and 5 others`."""
    return join_words(parts if len(parts) <= most else [*parts[: most - 1], f"{len(parts) - most + 1} others"])


def seeds_text(seeds: list[int]) -> str:
    """`seed 1` or `seeds 1, 2 and 3`."""
    return f"seed {seeds[0]}" if len(seeds) == 1 else "seeds " + join_words([str(seed) for seed in seeds])
