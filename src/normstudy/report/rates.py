"""By which rule the rates of a study follow the batch: as a power of its size, from where they are known."""

from __future__ import annotations

import math
from collections.abc import Sequence

from normstudy.config import Config
from normstudy.report.series import Series

RULES = {
    0.0: "do not depend on the batch",
    0.5: "grow with the square root of the batch",
    1.0: "grow in proportion to the batch",
}
"""By power: what the rates, Muon's and AdamW's, do as the batch grows."""

KNOWN_AT = 128
"""The batch whose rates were searched."""

ROUNDING = 1e-4
"""Relative, of rates in a study's file."""


def known_configs(series: Sequence[Series]) -> dict[str, Config]:
    """By model, the configuration of the batch `KNOWN_AT`, where `series` has it."""
    return {each.name: cell.config for each in series for cell in each.cells if cell.config.batch_size == KNOWN_AT}


def power_of(config: Config, known: Config) -> float | None:
    """The power of the batch, among `RULES`, by which the rates of `config` follow from those of `known`.

    None where no rule gives them, or every one does.
    """
    if config.batch_size == known.batch_size:
        return None
    found = [power for power in RULES if _follows(config, known, power)]
    return found[0] if len(found) == 1 else None


def common_power(series: Sequence[Series]) -> float | None:
    """The one power by which all rates of `series` follow those at `KNOWN_AT`; None where there is none."""
    known = known_configs(series)
    pairs = [(cell.config, known.get(each.name)) for each in series for cell in each.cells]
    if not all(base for _, base in pairs):
        return None
    return next((power for power in RULES if all(_follows(config, base, power) for config, base in pairs)), None)


def _follows(config: Config, known: Config, power: float) -> bool:
    share = (config.batch_size / known.batch_size) ** power
    return all(
        before is None or math.isclose(now, before * share, rel_tol=ROUNDING)
        for now, before in ((config.max_lr, known.max_lr), (config.adamw_lr, known.adamw_lr))
    )
