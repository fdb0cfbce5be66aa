"""Records of studies as tidy tables: one row per run, or one row per run and epoch.

Grouping, pairing by seed and pivoting are pandas'. Accuracies and errors are fractions, losses nats per image.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from normstudy.config import evaluated_images
from normstudy.runs.record import RecordedRun, RecordedStudy, read_record

RESULTS = Path("results")


def table(study: str | Path) -> pd.DataFrame:
    """One row per run of a recorded study: its parameters and what was measured after the last epoch.

    `study` is a name (`batch_size`, read from `results/`) or the path of a record. Raises `RecordError`. Columns are
    those of `table_of`.
    """
    return table_of(record(study).runs)


def epochs(study: str | Path) -> pd.DataFrame:
    """One row per run and epoch of a recorded study; see `epochs_of`."""
    return epochs_of(record(study).runs)


def record(study: str | Path) -> RecordedStudy:
    """The recorded study itself, verified, for what has no place in a table (`run.afterwards`, predictions)."""
    path = Path(study) if str(study).endswith(".json") else RESULTS / f"{study}.json"
    return _read(path.resolve(), path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=8)
def _read(path: Path, _written: int) -> RecordedStudy:
    return read_record(path)


def table_of(runs: Iterable[RecordedRun]) -> pd.DataFrame:
    """One row per run.

    `model` is the study's name for the model, `run` the run's own; every parameter of `Config` follows under its name
    (its `model`, a custom network, as `network`). Then `parameters` (of the network), `diverged`, `epochs_done`, and
    after the last epoch `test_accuracy`, `test_loss`, `train_accuracy`, `train_loss`, `error` (1 - test_accuracy) and
    `log_error`, its natural logarithm, where no error counts as half an image; all missing for a run that diverged.
    `seconds` is the mean of an epoch.
    """
    return pd.DataFrame([_row(run) for run in runs])


def epochs_of(runs: Iterable[RecordedRun]) -> pd.DataFrame:
    """One row per run and epoch: `model`, `run`, `seed`, `epoch` (from 1) and every measure of the history."""
    return pd.DataFrame(
        {"model": run.model, "run": run.name, "seed": run.config.seed, **{name: entry[name] for name in entry}}
        for run in runs
        for entry in run.history
    )


def _row(run: RecordedRun) -> dict[str, Any]:
    config = run.config.model_dump(exclude={"images"})
    last = {} if run.diverged or not run.history else run.history[-1]
    finals = {name: last.get(name, np.nan) for name in ("test_accuracy", "test_loss", "train_accuracy", "train_loss")}
    error = 1 - finals["test_accuracy"]
    return {
        **{"model": run.model, "run": run.name},
        **{"network" if name == "model" else name: value for name, value in config.items()},
        "parameters": run.metrics["model"]["parameters"],
        "diverged": run.diverged,
        "epochs_done": len(run.history),
        **finals,
        "error": error,
        "log_error": np.log(max(error, 0.5 / evaluated_images(run.config))) if last else np.nan,
        "seconds": float(np.mean([entry["seconds"] for entry in run.history])) if run.history else np.nan,
    }
