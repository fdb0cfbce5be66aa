"""The tables of the report, as data frames of Markdown cells."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import torchinfo

from normstudy.config import Config
from normstudy.exact import scientific
from normstudy.labels import model_names
from normstudy.markup import escape
from normstudy.model import Net
from normstudy.runs import FinishedRun, wrong
from normstudy.search import mean_over_models, mean_over_seeds, read_search
from normstudy.statistics import Paired, adjust_for_many, compare_errors, proportion_interval


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
    pairs = list(itertools.combinations(range(len(runs)), 2))
    compared = [compare_errors(wrong(runs[i]), wrong(runs[j])) for i, j in pairs]
    adjusted = adjust_for_many([pair.p_value for pair in compared])
    return [(i, j, pair, p) for (i, j), pair, p in zip(pairs, compared, adjusted, strict=True)]


def pairs_table(runs: Sequence[FinishedRun]) -> pd.DataFrame:
    """One row per pair of finished models: images only one got wrong, and McNemar's test, plain and adjusted."""
    finished = [run for run in runs if not run.diverged]
    called = [unbroken(name) for name in model_names(finished)]
    rows = [
        {
            "models": f"{called[i]} / {called[j]}",
            "only first wrong": pair.only_first,
            "only second wrong": pair.only_second,
            "p": p_text(pair.p_value),
            "p, adjusted": p_text(adjusted),
        }
        for i, j, pair, adjusted in compare_pairs(finished)
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
    """Every parameter of the configuration: one row each, one column per model."""
    called = model_names(runs)
    dumps = [run.config.model_dump() for run in runs]
    rows = []
    for key, field in Config.model_fields.items():
        row = {"parameter": f"`{key}`", "meaning": escape(field.description)}
        for name, values in zip(called, dumps, strict=True):
            row[name] = "–" if values[key] is None else _shown(values[key])
        rows.append(row)
    return pd.DataFrame(rows)


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
    """`name` with spaces at which no line breaks."""
    return name.replace(" ", "\u00a0")


def p_text(p_value: float) -> str:
    """A p-value with three decimals; never 0."""
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def _shown(value: object) -> str:
    if isinstance(value, float):
        return scientific(value) if 0 < value < 0.001 else f"{value:g}"
    return escape(value)
