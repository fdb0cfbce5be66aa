"""How the skeleton of the network was chosen: those that were compared, from the record."""

from __future__ import annotations

from typing import Any

import pandas as pd

from normstudy.model import SKELETON, describe_skeleton
from normstudy.report import markup
from normstudy.report.labels import DATA_TITLES
from normstudy.report.markup import escape
from normstudy.report.search import mean_over_models
from normstudy.report.wording import counted, seeds_text


def protocol(rows: list[dict[str, Any]]) -> str:
    """How the skeletons were compared, and what was found for the one of the reports; `rows` as of `read_search`."""
    means = mean_over_models(rows).set_index("skeleton")
    config = rows[0]["config"]
    models = len({row["model"] for row in rows})
    seeds = sorted({row["config"]["seed"] for row in rows})
    ours = describe_skeleton(SKELETON)
    tried = f"{counted(len(means), 'skeleton')} {'was' if len(means) == 1 else 'were'} compared"
    sentence = (
        f"on the validation split of {DATA_TITLES[config['dataset']]}, {tried}, "
        f"{counted(config['epochs'], 'epoch')} with each of {counted(models, 'model')}, {seeds_text(seeds)}."
    )
    if ours not in means.index:
        return f"{sentence} The one of this report is not among them."
    first, chosen = means.iloc[0], means.loc[ours]
    points = 100 * (chosen["accuracy"] - first["accuracy"])
    return (
        f"{sentence} The one of this report, {ours}, takes {chosen['time']:.2f} times as long for an epoch as the "
        f"first; its mean loss differs from the first one's by {chosen['loss'] - first['loss']:+.4f} nats, its mean "
        f"accuracy by {points:+.2f} percentage points."
    )


def compared(rows: list[dict[str, Any]]) -> str:
    """`@tbl-skeletons`: the `skeletons_table` with its caption."""
    caption = (
        "Skeletons on MNIST's validation split: kernels in the order of the layers, with the stride behind a slash. "
        "Means over the models and seeds, of the last epoch; the time of an epoch is a share of the first one's."
    )
    return markup.table("skeletons", skeletons_table(rows), caption)


def skeletons_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
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
