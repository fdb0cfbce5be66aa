"""Means over the runs of searches, as the sections of the report show them; `rows` are the runs of a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from normstudy.report.outcomes import final_loss, mean_seconds
from normstudy.runs.record import RecordedRun

if TYPE_CHECKING:  # who only checks a record does without
    import pandas as pd

Row = dict[str, Any]

VARIED = ("max_lr", "weight_decay", "l1")
"""The parameters that the search varied."""


def mean_over_seeds(rows: list[RecordedRun]) -> pd.DataFrame:
    """One row per model and combination, best first within each model; only seeds that every combination has.

    A combination that diverged with one seed has an infinite loss and no accuracy, whatever the others gave.
    """
    flat = _flat(rows)
    combinations = len(flat.drop_duplicates(["model", *VARIED]))
    complete = flat.groupby("seed")["model"].transform("size") == combinations
    grouped = (flat[complete] if complete.any() else flat).groupby(["model", "norm", *VARIED], as_index=False)
    means = grouped.agg(
        seeds=("loss", "size"), loss=("loss", "mean"), accuracy=("accuracy", lambda each: each.mean(skipna=False))
    )
    return means.sort_values(["model", "loss"], ignore_index=True)


def best_combinations(rows: list[RecordedRun]) -> list[Row]:
    """For each model the combination with the lowest mean validation loss."""
    return mean_over_seeds(rows).groupby("model").head(1).to_dict("records")


def best_on_the_whole(rows: list[RecordedRun]) -> list[Row]:
    """For each model the rate with the lowest mean validation loss over the penalties, and the penalties likewise.

    A single run differs from the next by chance, by more than neighbouring combinations do. Each has `model`,
    `norm` and the parameters `VARIED`.
    """
    found = []
    for (model, norm), means in mean_over_seeds(rows).groupby(["model", "norm"]):
        best = {"model": model, "norm": norm}
        for keys in (["max_lr"], ["weight_decay", "l1"]):
            losses = means.groupby(keys)["loss"].mean().reset_index()
            best |= losses.loc[losses["loss"].idxmin(), keys].to_dict()
        found.append(best)
    return found


def mean_over_models(rows: list[RecordedRun]) -> pd.DataFrame:
    """One row per skeleton, in the order of the record: `skeleton`, `parameters`, `loss` (nats), `accuracy`, `time`.

    Means over all models and seeds that every skeleton has; `time` is that of an epoch, as a share of the
    first skeleton's, `accuracy` a fraction.
    """
    flat = _flat(rows)
    count = flat["skeleton"].nunique()
    shared = flat[flat.groupby(["model", "seed"])["skeleton"].transform("nunique") == count]
    means = shared.groupby("skeleton", sort=False, as_index=False).agg(
        parameters=("parameters", "first"),
        runs=("model", "size"),
        loss=("loss", "mean"),
        accuracy=("accuracy", lambda each: each.mean(skipna=False)),
        time=("time", "mean"),
    )
    means["time"] /= means["time"].iloc[0]
    return means


def _flat(rows: list[RecordedRun]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {"model": row.model, "parameters": row.metrics["model"]["parameters"], "time": mean_seconds(row)}
        | {key: getattr(row.config, key) for key in ("norm", "seed", "skeleton", *VARIED)}
        | {"loss": final_loss(row), "accuracy": row.final("test_accuracy")}
        for row in rows
    ).astype({"loss": float, "accuracy": float})
