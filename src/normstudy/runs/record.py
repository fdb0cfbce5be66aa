"""The compact record of a study, `results/<study>.json`: what is kept of runs that have no folder of their own.

A list with one entry per run: `model` (what the study calls it), `config`, `parameters` (trainable ones),
`validation_loss` (nats) and `validation_accuracy` (a fraction) of the last epoch, None for a run that diverged,
`losses` (validation loss of each finished epoch, nats), `seconds_per_epoch`, and `made_with` (processor, version of
torch, fingerprint of the sources).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from normstudy.config import Config, ParameterError, make_config_of_run
from normstudy.errors import NormstudyError
from normstudy.paths import bring_back, write_whole
from normstudy.text import one_line

Row = dict[str, Any]

MADE_WITH = ("processor", "torch", "sources")


class RecordError(NormstudyError):
    """The record of a study is missing or not readable."""


def read_record(path: Path | str) -> list[Row]:
    """The runs of a study. Raises `RecordError`: one line with file, fault and remedy."""
    remedy = bring_back(path) or "`make study` makes it again, or name a file that is whole"
    try:
        rows = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RecordError(f"{path}: not readable ({one_line(error)}); {remedy}") from None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise RecordError(f"{path}: not a list of runs; {remedy}")
    for number, row in enumerate(rows, start=1):
        if problem := _problem(row):
            raise RecordError(f"{path}: run {number}: {problem}; {remedy}")
    return rows


def write_record(path: Path, rows: Iterable[Row]) -> None:
    """Put `rows` in the place of the record `path`. Raises `DiskError`, and the one before stays."""
    write_whole(path, json.dumps(list(rows), indent=1, ensure_ascii=False) + "\n")


def config_of(row: Row) -> Config:
    """The configuration of a run of the record."""
    return make_config_of_run(row["config"])


def _problem(row: Row) -> str:
    """What is wrong with an entry; empty when nothing is."""
    if not isinstance(row.get("model"), str):
        return f"model = {row.get('model')!r} is no text"
    try:
        epochs = config_of(row).epochs
    except (ParameterError, KeyError) as error:
        return f"config: {one_line(error)}"
    limits = {"parameters": 10**9, "seconds_per_epoch": sys.float_info.max}
    diverged = (row.get("validation_loss"), row.get("validation_accuracy")) == (None, None)
    if not diverged:
        limits |= {"validation_loss": sys.float_info.max, "validation_accuracy": 1}
    for name, limit in limits.items():
        if not _is_number(row.get(name), limit):
            return f"{name} = {row.get(name)!r} is impossible"
    losses = row.get("losses")
    if not isinstance(losses, list) or not all(_is_number(loss, sys.float_info.max) for loss in losses):
        return "losses is no list of numbers"
    if diverged != (len(losses) < epochs) or len(losses) > epochs:
        return f"losses of {len(losses)} epochs where {epochs} were asked for"
    made_with = row.get("made_with")
    if not isinstance(made_with, dict) or not all(isinstance(made_with.get(name), str) for name in MADE_WITH):
        return f"made_with does not tell {', '.join(MADE_WITH)}"
    return ""


def _is_number(value: Any, limit: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= limit
