"""How a search for hyperparameters went and what it led to, in words and as a table."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from normstudy.config import image_facts
from normstudy.report.labels import markdown_title
from normstudy.report.markup import escape
from normstudy.report.search import Row, best_on_the_whole, mean_over_seeds
from normstudy.report.wording import counted, join_words, seeds_text, short
from normstudy.runs.record import RecordedRun


def search_protocol(rows: list[RecordedRun]) -> str:
    """How the recorded hyperparameter search went."""
    budgets = Counter(row.model for row in rows)
    seeds = sorted({row.config.seed for row in rows})
    config = rows[0].config
    each = set(budgets.values())
    share = counted(len(rows), "run")
    if len(each) == 1:
        share = f"{counted(each.pop(), 'run')} for each of {counted(len(budgets), 'model')}"
    return (
        f"on the validation split of {markdown_title(config)} "
        f"({image_facts(config).validation:,} training images held out), {share}, "
        f"{counted(config.epochs, 'epoch')} each, {seeds_text(seeds)}. As single runs differ by chance, it led "
        "to the peak rate with the lowest mean validation loss over the penalties, and the penalty with the lowest "
        f"over the rates: {'; '.join(map(_called, best_on_the_whole(rows)))}."
    )


def search_table(rows: list[RecordedRun]) -> pd.DataFrame:
    """One row per combination of the hyperparameter search, best first within each model; means over seeds."""
    means = mean_over_seeds(rows)
    return pd.DataFrame(
        {
            "model": means["model"].map(escape),
            "peak rate": means["max_lr"].map(short),
            "weight decay": means["weight_decay"].map(short),
            "λ of L1": means["l1"].map(short),
            "seeds": means["seeds"],
            "loss (nats)": means["loss"].map("{:.4f}".format),
            "accuracy (%)": (100 * means["accuracy"]).map("{:.2f}".format),
        }
    )


def _called(best: Row) -> str:
    """`gn` with its values, as Markdown."""
    named = {"rate": best["max_lr"], "weight decay": best["weight_decay"], "λ": best["l1"]}
    return f"{escape(best['model'])} {join_words([f'{name} {short(value)}' for name, value in named.items() if value])}"
