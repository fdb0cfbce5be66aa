"""How the skeleton of the network was chosen: those that were compared, from the record."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from normstudy.report import markup
from normstudy.report.labels import markdown_title
from normstudy.report.markup import escape
from normstudy.report.search import mean_over_models
from normstudy.report.wording import counted, seeds_text
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedRun


def section(rows: list[RecordedRun], runs: Sequence[FinishedRun]) -> str:
    """The `protocol` with all that were `compared`; nothing where all `runs` have networks of their own."""
    if all(run.config.model for run in runs):
        return ""
    return (
        f"How the skeleton was chosen: {protocol(rows, runs)} @tbl-skeletons has all of them. Other parameters were "
        "the same for all, from the middle of what the search of @sec-hyperparameters tries.\n\n"
        f"{markup.folded('Every skeleton that was compared', compared(rows))}"
    )


def protocol(rows: list[RecordedRun], runs: Sequence[FinishedRun]) -> str:
    """How the skeletons were compared, and what was found for that of `runs`."""
    means = mean_over_models(rows).set_index("skeleton")
    config = rows[0].config
    models = len({row.model for row in rows})
    seeds = sorted({row.config.seed for row in rows})
    ours = next(run.config.skeleton for run in runs if not run.config.model)
    tried = f"{counted(len(means), 'skeleton')} {'was' if len(means) == 1 else 'were'} compared"
    sentence = (
        f"on the validation split of {markdown_title(config)}, {tried}, "
        f"{counted(config.epochs, 'epoch')} with each of {counted(models, 'model')}, {seeds_text(seeds)}."
    )
    if ours not in means.index:
        return f"{sentence} The one of this report is not among them."
    chosen, others = means.loc[ours], means.drop(ours)
    if others.empty:
        return sentence
    best = others["loss"].idxmin()
    points = 100 * (chosen["accuracy"] - others.loc[best, "accuracy"])
    return (
        f"{sentence} The one of this report, {escape(ours)}, has a mean loss of {chosen['loss']:.4f} nats. Of the "
        f"others, {escape(best)} has the lowest: {others.loc[best, 'loss']:.4f} nats, at "
        f"{others.loc[best, 'time'] / chosen['time']:.2f} times the time of an epoch; the mean accuracy of the chosen "
        f"one differs from its by {points:+.2f} percentage points."
    )


def compared(rows: list[RecordedRun]) -> str:
    """`@tbl-skeletons`: the `skeletons_table` with its caption."""
    caption = (
        "Skeletons on MNIST's validation split: kernels in the order of the layers, with the stride behind a slash. "
        "Means over the models and seeds, of the last epoch; the time of an epoch is a share of the first one's."
    )
    return markup.table("skeletons", skeletons_table(rows), caption)


def skeletons_table(rows: list[RecordedRun]) -> pd.DataFrame:
    """One row per skeleton that was compared; means over models and seeds."""
    means = mean_over_models(rows)
    return pd.DataFrame(
        {
            "convolutions": means["skeleton"].map(escape),
            "parameters": means["parameters"].map("{:,}".format),
            "runs": means["runs"],
            "loss (nats)": means["loss"].map("{:.4f}".format),
            "accuracy (%)": (100 * means["accuracy"]).map("{:.2f}".format),
            "time of an epoch": means["time"].map("{:.2f}".format),
        }
    )
