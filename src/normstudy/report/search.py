"""What the searches left, a row per run: `results/skeletons.json` and `results/search.json` (hyperparameters)."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from normstudy.config import ParameterError, make_config
from normstudy.errors import NormstudyError
from normstudy.paths import bring_back
from normstudy.text import one_line

if TYPE_CHECKING:  # who only checks a record does without
    import pandas as pd

VARIED = ("max_lr", "weight_decay", "l1")
"""The parameters that the search varied."""


class SearchError(NormstudyError):
    """The record of the search is missing or not readable."""


def read_search(path: Path | str) -> list[dict[str, Any]]:
    """The rows, each with `model`, `config`, `validation_loss` (nats, None if diverged), `validation_accuracy`.

    A comparison of skeletons also has `skeleton`, `parameters`, `seconds_per_epoch`. Raises `SearchError`.
    """
    remedy = bring_back(path) or "search again, or name a file that is whole"
    try:
        rows = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SearchError(f"{path}: not readable ({one_line(error)}); {remedy}") from None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise SearchError(f"{path}: not a list of runs; {remedy}")
    of_skeletons = any("skeleton" in row for row in rows)
    for number, row in enumerate(rows, start=1):
        if problem := _problem(row, of_skeletons):
            raise SearchError(f"{path}: run {number}: {problem}; {remedy}")
    return rows


def mean_over_seeds(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """One row per model and combination, best first within each model; only seeds that every combination has.

    A combination that diverged with one seed has an infinite loss and no accuracy, whatever the others gave.
    """
    import pandas as pd

    flat = pd.DataFrame(
        {"model": row["model"], "norm": row["config"]["norm"], "seed": row["config"]["seed"]}
        | {key: row["config"][key] for key in VARIED}
        | {"loss": row["validation_loss"], "accuracy": row["validation_accuracy"]}
        for row in rows
    ).astype({"loss": float, "accuracy": float})
    flat["loss"] = flat["loss"].fillna(math.inf)
    combinations = len(flat.drop_duplicates(["model", *VARIED]))
    complete = flat.groupby("seed")["model"].transform("size") == combinations
    grouped = (flat[complete] if complete.any() else flat).groupby(["model", "norm", *VARIED], as_index=False)
    means = grouped.agg(
        seeds=("loss", "size"), loss=("loss", "mean"), accuracy=("accuracy", lambda each: each.mean(skipna=False))
    )
    return means.sort_values(["model", "loss"], ignore_index=True)


def best_combinations(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each model the combination with the lowest mean validation loss."""
    return mean_over_seeds(rows).groupby("model").head(1).to_dict("records")


def mean_over_models(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """One row per skeleton, in the order of the file: `skeleton`, `parameters`, `loss` (nats), `accuracy`, `time`.

    Means over all models and seeds that every skeleton has; `time` is that of an epoch, as a share of the
    first skeleton's, `accuracy` a fraction. `rows` as of `read_search`, each with a `skeleton`.
    """
    import pandas as pd

    flat = pd.DataFrame(
        {
            "skeleton": row["skeleton"],
            "run": (row["model"], row["config"]["seed"]),
            "parameters": row["parameters"],
            "loss": math.inf if row["validation_loss"] is None else row["validation_loss"],
            "accuracy": row["validation_accuracy"],
            "time": row["seconds_per_epoch"],
        }
        for row in rows
    ).astype({"accuracy": float})
    count = flat["skeleton"].nunique()
    shared = flat[flat.groupby("run")["skeleton"].transform("nunique") == count]
    means = shared.groupby("skeleton", sort=False, as_index=False).agg(
        parameters=("parameters", "first"),
        runs=("run", "size"),
        loss=("loss", "mean"),
        accuracy=("accuracy", lambda each: each.mean(skipna=False)),
        time=("time", "mean"),
    )
    means["time"] /= means["time"].iloc[0]
    return means


def _problem(row: dict[str, Any], of_skeletons: bool) -> str:
    """What is wrong with a row of a record; empty when nothing is."""
    for name in ("model", "skeleton") if of_skeletons else ("model",):
        if not isinstance(row.get(name), str):
            return f"{name} = {row.get(name)!r} is no text"
    try:
        make_config(row.get("config"))
    except ParameterError as error:
        return f"config: {error}"
    limits = {"parameters": 10**9, "seconds_per_epoch": sys.float_info.max} if of_skeletons else {}
    if (row.get("validation_loss"), row.get("validation_accuracy")) != (None, None):  # of a run that diverged
        limits |= {"validation_loss": sys.float_info.max, "validation_accuracy": 1}
    for name, limit in limits.items():
        value = row.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= limit:
            return f"{name} = {value!r} is impossible"
    return ""
