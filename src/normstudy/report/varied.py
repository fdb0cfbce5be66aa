"""What a study varies: the parameters in which the cells of a model differ, and how values of them are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from normstudy.config import Config
from normstudy.report.series import Series, value_of
from normstudy.report.wording import short
from normstudy.runs.reproduction import SEEDS

TITLES = {
    "max_lr": "peak rate",
    "adamw_lr": "AdamW's peak rate",
    "l1": "λ of L1",
    "norm": "normalization",
    "statistics_batch": "images that share BN's statistics",
    "batch_size": "images in a batch",
}
"""How a parameter is called where its own name would not do."""


def varied(series: Sequence[Series]) -> list[str]:
    """The parameters, in the order of `Config`, that differ between cells of one and the same model."""
    return [
        key
        for key in Config.model_fields
        if key not in SEEDS and any(len({getattr(cell.config, key) for cell in each.cells}) > 1 for each in series)
    ]


def free(series: Sequence[Series], keys: Sequence[str]) -> list[str]:
    """Those of `keys` without which cells of a model could not be told apart; the others go with them."""
    left = list(keys)
    for key in reversed(keys):
        others = [other for other in left if other != key]
        if others and all(_tell_apart(each, others) for each in series):
            left = others
    return left


def values_of(series: Sequence[Series], key: str) -> list[Any]:
    """What `key` is in the cells of `series`: numbers in rising order, anything else in that of the study."""
    found = list(dict.fromkeys(value_of(cell.config, key) for each in series for cell in each.cells))
    return sorted(found) if are_numbers(found) else found


def are_numbers(values: Sequence[Any]) -> bool:
    """Whether all of `values` are numbers."""
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def axis_of(series: Sequence[Series], keys: Sequence[str]) -> str:
    """Of `keys` the one that a picture has on its axis: of numbers before others, the one with the most values."""
    return max(keys, key=lambda each: (are_numbers(values_of(series, each)), len(values_of(series, each))))


def numeric_axis(series: Sequence[Series], keys: Sequence[str]) -> str:
    """`axis_of` the `keys`, where that is one of numbers; else nothing."""
    key = axis_of(series, keys) if keys else ""
    return key if key and are_numbers(values_of(series, key)) else ""


def value_text(value: Any) -> str:
    """A value as a table or an axis has it; `–` where the parameter means nothing."""
    if value is None:
        return "–"
    return short(value) if are_numbers([value]) else str(value)


def title_of(key: str) -> str:
    """How `key` is called."""
    return TITLES.get(key, key.replace("_", " "))


def _tell_apart(series: Series, keys: Sequence[str]) -> bool:
    return len({tuple(value_of(cell.config, key) for key in keys) for cell in series.cells}) == len(series.cells)
