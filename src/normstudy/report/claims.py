"""What public solutions of the same assignment claim, each figure looked up in the repository it comes from."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "public_claims.csv"

NORMS = {"BN": "bn", "GN": "gn", "LN": "ln"}
"""By the first word of a claim's model: its normalization."""


@dataclass(frozen=True)
class Claim:
    """An accuracy (percent) of `model`, the one that is claimed, and those of the last and of the best epoch logged.

    `kind` says what is claimed: `final`, `best epoch` or `best of several runs`; `runs` how many are logged; `seen_in`
    where it was read; `remark` what else decides the number.
    """

    repository: str
    folder: str
    file: str
    model: str
    parameters: int
    epochs: int
    batch_size: int
    accuracy: float
    kind: str
    runs: int
    seen_in: str
    remark: str
    final_epoch: float
    best_epoch: float

    @property
    def norm(self) -> str:
        """Its normalization, as configurations call it."""
        return NORMS[self.model.split()[0]]


@cache
def claims() -> tuple[Claim, ...]:
    """All that were looked up, solution by solution."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return tuple(_claim(row) for row in rows)


def answered() -> tuple[Claim, ...]:
    """Those of the solution that this project answers, with which the list begins."""
    return tuple(claim for claim in claims() if claim.repository == claims()[0].repository)


def _claim(row: dict[str, str]) -> Claim:
    whole = {name: int(row[name]) for name in ("parameters", "epochs", "batch_size", "runs")}
    percent = {name: float(row[name]) for name in ("accuracy", "final_epoch", "best_epoch")}
    return Claim(**{**row, **whole, **percent})
