"""How a search for hyperparameters went and what it led to, in words and as a table."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from normstudy.config import image_facts
from normstudy.report.labels import labels, markdown_title
from normstudy.report.markup import escape, unbroken
from normstudy.report.search import Row, best_on_the_whole, mean_over_seeds
from normstudy.report.wording import counted, join_words, seeds_text, short
from normstudy.runs.record import RecordedRun


def search_protocol(rows: list[RecordedRun]) -> str:
    """How the recorded hyperparameter search went."""
    budgets = Counter(row.model for row in rows)
    seeds = sorted({row.config.seed for row in rows})
    config = rows[0].config
    each, names = set(budgets.values()), _names(rows)
    share = counted(len(rows), "run")
    if len(each) == 1:
        share = f"{counted(each.pop(), 'run')} for each of {counted(len(budgets), 'model')}"
    return (
        f"on the validation split of {markdown_title(config)} "
        f"({image_facts(config).validation:,} training images held out), {share}, "
        f"{counted(config.epochs, 'epoch')} each, {seeds_text(seeds)}. As single runs differ by chance, it led "
        "to the peak rate with the lowest mean validation loss over the penalties, and the penalty with the lowest "
        f"over the rates: {'; '.join(_with_values(best, names[best['model']]) for best in best_on_the_whole(rows))}."
    )


def search_table(rows: list[RecordedRun]) -> pd.DataFrame:
    """One row per combination of the hyperparameter search, best first within each model; means over seeds."""
    means = mean_over_seeds(rows)
    return pd.DataFrame(
        {
            "model": means["model"].map(_names(rows)),
            "peak rate": means["max_lr"].map(short),
            "weight decay": means["weight_decay"].map(short),
            "λ of L1": means["l1"].map(short),
            "seeds": means["seeds"],
            "loss (nats)": means["loss"].map("{:.4f}".format),
            "accuracy (%)": (100 * means["accuracy"]).map("{:.2f}".format),
        }
    )


def _names(rows: list[RecordedRun]) -> dict[str, str]:
    """By its key in the study, how the report calls a model, as Markdown: the key, where two would be called alike."""
    configs = {row.model: row.config for row in sorted(rows, key=lambda row: row.config.l1)}
    called = {model: unbroken(labels([config])[0]) for model, config in configs.items()}
    return called if len({*called.values()}) == len(called) else {model: escape(model) for model in called}


def _with_values(best: Row, name: str) -> str:
    """`GN with rate 0.05 and weight decay 0.01`, as Markdown."""
    named = {"rate": best["max_lr"], "weight decay": best["weight_decay"], "λ": best["l1"]}
    return f"{name} with {join_words([f'{key} {short(value)}' for key, value in named.items() if value])}"
