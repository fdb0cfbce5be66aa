"""The tables of the report, as data frames of Markdown cells."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import torchinfo

from normstudy.config import Config
from normstudy.model import Net
from normstudy.report.labels import model_names
from normstudy.report.markup import escape
from normstudy.report.search import mean_over_models, mean_over_seeds, read_search
from normstudy.report.statistics import Paired, adjust_for_many, compare_errors, proportion_interval
from normstudy.report.wording import scientific
from normstudy.runs.folder import FinishedRun, wrong

MOST_PAIRS = 10
"""Pairs that a table shows; of more, the most telling ones."""

MOST_COLUMNS, WIDEST_COLUMNS = 4, 42
"""Models that have a column each, and characters that these take together; more have a row each."""

MOST_SETTINGS = 6
"""Parameters beside each other in a table of models."""


def models_table(runs: Sequence[FinishedRun]) -> pd.DataFrame:
    """One row per model: parameters, accuracy with its 95 % interval, loss, errors, seconds per epoch."""
    split = runs[0].config.evaluate_on
    rows = []
    for name, run in zip(model_names(runs), runs, strict=True):
        row = {"model": unbroken(name), "parameters": f"{run.metrics['model']['parameters']:,}"}
        if run.diverged:
            row |= {f"{split} accuracy (%)": f"diverged in epoch {run.metrics['epoch']}"}
        else:
            errors, total = error_count(run)
            low, high = proportion_interval(total - errors, total)
            row |= {
                f"{split} accuracy (%)": f"{100 * run.history[-1]['test_accuracy']:.2f}",
                "95 % interval": unbroken(f"{100 * low:.2f} to {100 * high:.2f}"),
                f"{split} loss": f"{run.history[-1]['test_loss']:.4f}",
                "errors": unbroken(f"{errors} of {total:,}"),
                "s per epoch": f"{seconds_per_epoch(run):.1f}",
            }
        rows.append(row)
    return pd.DataFrame(rows).fillna("–")


def compare_pairs(runs: Sequence[FinishedRun]) -> list[tuple[int, int, Paired, float]]:
    """For each pair of finished runs: their positions, the comparison, and its p-value adjusted for all pairs."""
    judged = [None if run.diverged else wrong(run) for run in runs]
    pairs = [(i, j) for i, j in itertools.combinations(range(len(runs)), 2) if not runs[i].diverged | runs[j].diverged]
    compared = [compare_errors(judged[i], judged[j]) for i, j in pairs]
    adjusted = adjust_for_many([pair.p_value for pair in compared])
    return [(i, j, pair, p) for (i, j), pair, p in zip(pairs, compared, adjusted, strict=True)]


def telling_pairs(runs: Sequence[FinishedRun]) -> list[tuple[int, int, Paired, float]]:
    """What `compare_pairs` has, if that is no more than a table can show; else the `MOST_PAIRS` with the lowest p."""
    compared = compare_pairs(runs)
    if len(compared) <= MOST_PAIRS:
        return compared
    return sorted(compared, key=lambda each: each[2].p_value)[:MOST_PAIRS]


def pairs_table(runs: Sequence[FinishedRun]) -> pd.DataFrame:
    """One row per pair of `telling_pairs`: images only one got wrong, and McNemar's test, plain and adjusted."""
    called = [unbroken(name) for name in model_names(runs)]
    rows = [
        {
            "models": f"{called[i]} / {called[j]}",
            "only first wrong": pair.only_first,
            "only second wrong": pair.only_second,
            "p": unbroken(p_text(pair.p_value)),
            "p, adjusted": unbroken(p_text(adjusted)),
        }
        for i, j, pair, adjusted in telling_pairs(runs)
    ]
    return pd.DataFrame(rows, columns=["models", "only first wrong", "only second wrong", "p", "p, adjusted"])


def layers_table(config: Config) -> pd.DataFrame:
    """The layers of the network in the order data meets them, with output shapes and parameters."""
    summary = torchinfo.summary(Net(config.norm, config.groups), input_size=(1, 1, 28, 28), verbose=0, device="cpu")
    rows = [
        {
            "layer": escape(describe_layer(layer.module)),
            "output (C, H, W)": " × ".join(str(size) for size in layer.output_size[1:]),
            "parameters": f"{layer.num_params:,}",
        }
        for layer in summary.summary_list
        if layer.is_leaf_layer
    ]
    total = {"layer": "**total**", "output (C, H, W)": "", "parameters": f"**{summary.total_params:,}**"}
    return pd.DataFrame([*rows, total])


def describe_layer(module) -> str:
    """A layer in a few words, with the settings that matter: `Conv2d 5x5, stride 2`."""
    name = type(module).__name__
    if name == "Conv2d":
        padded = ", padded" if module.padding[0] else ""
        return f"convolution {module.kernel_size[0]}×{module.kernel_size[1]}, stride {module.stride[0]}{padded}"
    if name == "MaxPool2d":
        return f"max-pool {module.kernel_size}×{module.kernel_size}"
    if name == "GroupNorm":
        return f"normalization (GroupNorm, {module.num_groups} group{'s' * (module.num_groups > 1)})"
    if "Norm" in name:
        return f"normalization ({name})"
    return {"Linear": "mean over positions, linear", "Identity": "no normalization"}.get(name, name)


def parameters_table(runs: Sequence[FinishedRun]) -> pd.DataFrame:
    """Every parameter of the configuration: one row each, one column per model, or one for all, if they are many.

    What is not the same for all then stands in the `settings_tables`.
    """
    columns = dict(zip(map(unbroken, model_names(runs)), [run.config.model_dump() for run in runs], strict=True))
    rows = []
    for key, field in Config.model_fields.items():
        row = {"parameter": f"`{key}`", "meaning": escape(field.description)}
        shown = {name: _shown(values[key]) for name, values in columns.items()}
        if have_columns(runs):
            row |= shown
        else:
            different = len({str(values[key]) for values in columns.values()})
            row["every model"] = next(iter(shown.values())) if different == 1 else f"{different} different values"
        rows.append(row)
    return pd.DataFrame(rows)


def have_columns(runs: Sequence[FinishedRun]) -> bool:
    """Whether a table has room for a column of each model: they are few, and what cannot be broken is short."""
    pieces = [max(map(len, unbroken(name).split(" "))) for name in model_names(runs)]
    return len(runs) <= MOST_COLUMNS and sum(pieces) <= WIDEST_COLUMNS


def settings_tables(runs: Sequence[FinishedRun]) -> list[pd.DataFrame]:
    """Of more models than have a column in the `parameters_table`: one row each, with the parameters that differ.

    As many tables as are needed for none to be wider than a page.
    """
    dumps = [run.config.model_dump() for run in runs]
    differing = [key for key in dumps[0] if len({str(values[key]) for values in dumps}) > 1]
    if have_columns(runs) or not differing:
        return []
    parts = -(-len(differing) // MOST_SETTINGS)
    bounds = [len(differing) * part // parts for part in range(parts + 1)]
    return [
        pd.DataFrame(
            {"model": unbroken(name)} | {key.replace("_", " "): _shown(values[key]) for key in keys}
            for name, values in zip(model_names(runs), dumps, strict=True)
        )
        for keys in (differing[begin:end] for begin, end in itertools.pairwise(bounds))
    ]


def search_table(path: Path | str) -> pd.DataFrame:
    """One row per combination of the hyperparameter search, best first within each model; means over seeds."""
    means = mean_over_seeds(read_search(path))
    return pd.DataFrame(
        {
            "model": means["model"].map(escape),
            "peak rate": means["max_lr"].map(_shown),
            "weight decay": means["weight_decay"].map(_shown),
            "λ of L1": means["l1"].map(_shown),
            "seeds": means["seeds"],
            "loss (nats)": means["loss"].map("{:.4f}".format),
            "accuracy (%)": (100 * means["accuracy"]).map("{:.2f}".format),
        }
    )


def skeletons_table(path: Path | str) -> pd.DataFrame:
    """One row per skeleton that was compared; means over models and seeds."""
    means = mean_over_models(read_search(path))
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


def error_count(run: FinishedRun) -> tuple[int, int]:
    """(misclassified, evaluated) images."""
    mistakes = wrong(run)
    return int(mistakes.sum()), len(mistakes)


def seconds_per_epoch(run: FinishedRun) -> float:
    """Median over the epochs, evaluation included."""
    return float(pd.Series([entry["seconds"] for entry in run.history]).median())


def unbroken(name: str) -> str:
    """`name` with spaces at which no line breaks, but for those between the values in brackets and before these."""
    return re.sub(r"(?<!,) (?!\()", "\u00a0", name)


def p_text(p_value: float) -> str:
    """A p-value with three decimals; never 0."""
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def _shown(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return scientific(value) if 0 < value < 0.001 else f"{value:g}"
    return escape(value)
