"""Where along what was tried something holds: ranges of values that follow each other, with the gaps between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from normstudy.report.wording import short

Span = tuple[float, float]
"""Its lowest and highest value."""


def spans(holds: Mapping[float, bool]) -> list[Span]:
    """Lowest and highest of the values that follow each other in `holds`, which rises, and for which that is true."""
    found: list[Span] = []
    is_open = False
    for value, held in holds.items():
        if held:
            found[-1:] = [(found[-1][0], value)] if is_open else [*found[-1:], (value, value)]
        is_open = held
    return found


def in_words(found: Sequence[Span], tried: Sequence[float], least: float = 0.0) -> str:
    """`0.01 or less to 0.0464, 0.215`; `none`.

    “or” marks an end of what was `tried`, in rising order, but where that is one value, or the `least` that can be.
    """
    told = []
    for low, high in found:
        lower = f"{short(low)}{' or less' if low == tried[0] != least and len(tried) > 1 else ''}"
        upper = f"{short(high)}{' or more' if high == tried[-1] and len(tried) > 1 else ''}"
        told.append(f"{lower} to {upper}" if low != high else lower if low == tried[0] else upper)
    return ", ".join(told) or "none"
