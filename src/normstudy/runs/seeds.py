"""Seeds, as a parameter file, a study or a command line names them."""

from __future__ import annotations

import re
from typing import Any

from normstudy.config import ParameterError
from normstudy.text import one_line

MOST_SEEDS = 1_000

MOST_RUNS = 10_000
"""Of a study, and of a report: planning them takes seconds. The largest published study has 336."""


def named_seeds(value: Any, where: str) -> list[int]:
    """The seeds that `seeds:` names, as `[0, 1, 2]` or `0 to 9`. Raises `ParameterError`: one line with `where`."""
    if isinstance(value, str) and (found := re.fullmatch(r"([0-9]{1,18}) to ([0-9]{1,18})", value.strip())):
        first, last = int(found[1]), int(found[2])
        seeds = list(range(first, min(last, first + MOST_SEEDS) + 1))
    else:
        seeds = value if isinstance(value, list) else []
    if not 1 <= len(seeds) <= MOST_SEEDS or not all(_is_seed(seed) for seed in seeds):
        raise ParameterError(
            f"{where}: seeds: must be such as `[0, 1, 2]` or `0 to 9`, "
            f"of at most {MOST_SEEDS:,} whole numbers from 0 on"
        )
    if len(set(seeds)) < len(seeds):
        twice = next(seed for place, seed in enumerate(seeds) if seed in seeds[:place])
        raise ParameterError(f"{where}: seeds: {twice} stands there twice")
    return seeds


def first_seeds(text: str) -> list[int]:
    """The seeds from 0 on of which `SEEDS=` says how many. Raises `ParameterError`."""
    if not re.fullmatch("[0-9]{1,9}", text) or not 1 <= int(text) <= MOST_SEEDS:
        raise ParameterError(f"SEEDS={one_line(text[:40])}: must be a whole number from 1 to {MOST_SEEDS:,}")
    return list(range(int(text)))


def _is_seed(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63
