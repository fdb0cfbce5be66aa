"""Which rule for the rates was the best on the validation split: what the study of the batch's size rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from normstudy.config import Config
from normstudy.report import markup
from normstudy.report.rates import KNOWN_AT, RULES, power_of
from normstudy.report.series import note_on_diverged, protocol
from normstudy.report.wording import rounded
from normstudy.runs.record import RecordedRun, RecordedStudy


def part(rates: RecordedStudy, known: Mapping[str, Config], used: float | None) -> str:
    """Prose and `@tbl-batch-rates` on which rule had the lowest mean loss, and whether it is the one that is `used`.

    `known`: by model, the configuration whose rates every rule starts from. Nothing where no run follows a rule.
    """
    frame = _flat(rates.runs, known)
    if frame.empty:
        return ""
    caption = (
        f"Mean loss (nats) over models and seeds, by the rule and the batch; rates are those of a batch of {KNOWN_AT} "
        f"times 1, √(batch / {KNOWN_AT}) or batch / {KNOWN_AT}.{note_on_diverged(rates.runs)}"
    )
    text = f"How the rates should follow the batch was asked with {protocol(rates.runs)}. {in_words(frame, used)}"
    return f"{text}\n\n{markup.table('batch-rates', rates_table(frame), caption)}"


def in_words(frame: pd.DataFrame, used: float | None) -> str:
    """Which rule has the lowest mean loss, over the models and sizes that every rule has."""
    means = _means(frame)
    if len(means) < 2 or not np.isfinite(means).any():
        return "There are not two rules to compare (@tbl-batch-rates)."
    best = means.idxmin()
    others = " and ".join(f"{_loss(loss)} where they {RULES[power]}" for power, loss in means.items() if power != best)
    found = (
        f"The mean loss is lowest where the rates {RULES[best]}: {_loss(means[best])} nats, against {others} "
        "(@tbl-batch-rates)."
    )
    if used is None:
        return found
    if used == best:
        return f"{found} That rule is used here."
    return f"{found} The rule that is used here is another: they {RULES[used]}."


def rates_table(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per rule, one column per size of the batch."""
    sizes = sorted(frame["size"].unique())
    means = _means(frame)
    rows = []
    for power, own in frame.groupby("power"):
        row = {"the rates": RULES[power]}
        row |= {f"batch {size}": _loss(own.loc[own["size"] == size, "loss"].mean()) for size in sizes}
        rows.append(row | {"all": _loss(means.get(power, np.nan))})
    return pd.DataFrame(rows)


def _flat(runs: Sequence[RecordedRun], known: Mapping[str, Config]) -> pd.DataFrame:
    """One row per run that follows a rule: infinite `loss` (nats) where it diverged."""
    rows = []
    for run in runs:
        power = power_of(run.config, known[run.model]) if run.model in known else None
        if power is not None:
            loss = np.inf if run.diverged else run.history[-1]["test_loss"]
            rows.append({"power": power, "model": run.model, "size": run.config.batch_size, "loss": loss})
            rows[-1] |= {"seed": run.config.seed}
    return pd.DataFrame(rows)


def _means(frame: pd.DataFrame) -> pd.Series:
    """By power, the mean loss over the runs (model, size, seed) that every rule has; infinite where one diverged."""
    wide = frame.pivot_table(index=["model", "size", "seed"], columns="power", values="loss").dropna()
    return wide.mean()


def _loss(value: float) -> str:
    return "–" if np.isnan(value) else "∞" if np.isinf(value) else rounded(value, 4)
