"""What larger studies of the same network on the same data found: a sentence each, with a link to its page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from normstudy.config import Config
from normstudy.report.core import links, statistics
from normstudy.report.core.findings import finding
from normstudy.report.core.models import Model, has_several_seeds
from normstudy.report.core.pairs import MARGIN
from normstudy.report.core.text import count, interval, number, percent
from normstudy.runs.tables import RESULTS, table

NETWORK = ("model", "skeleton", "channels", "depth")


def section(models: Sequence[Model], results: Path = RESULTS) -> str:
    """A heading and a list of sentences; nothing where network or data are not those of the studies."""
    if not all(_is_published(model.config) for model in models):
        return ""
    sentences = [_without_penalty, _batch_size, _shared_statistics, _rates, _no_normalization, _groups, _epochs, _size]
    if not has_several_seeds(models):  # else the runs of the report are the larger study
        sentences.insert(0, _seeds)
    lines = [f"- {sentence(results)}" for sentence in sentences if _has_records(results, sentence)]
    where = "" if links.is_site() else " `make site` makes their pages."
    text = f"The same network on the same data, in the published studies, each with its own number of runs.{where}"
    return "\n".join(["## What larger studies found {#sec-larger}", "", text, "", *lines])


def _seeds(results: Path) -> str:
    runs = table(results / "main.json").pivot(index="seed", columns="model", values="test_accuracy")
    ahead = statistics.paired(runs["gn"], runs["bn_l1"], MARGIN)
    alike = statistics.paired(runs["gn"], runs["ln"], MARGIN)
    return _with_finding(
        f"Over {len(runs)} seeds of each recipe, GN is ahead of BN + L1 by {interval(ahead, 3, 100)} points, and GN "
        f"and LN are equivalent within ±{100 * MARGIN:g} points",
        ahead["low"] > 0 and alike["p_equivalence"] < 0.05,
        "seeds",
    )


def _without_penalty(results: Path) -> str:
    runs = table(results / "regularization.json").pivot(index="seed", columns="model", values="test_accuracy")
    apart = statistics.paired(runs["gn"], runs["bn"], MARGIN)
    return _with_finding(
        f"Without any penalty, GN and BN differ by {interval(apart, 3, 100)} points over {len(runs)} seeds: undecided. "
        "What makes the recipes differ, normalization, penalty or rate, is therefore open",
        apart["low"] < 0 < apart["high"] and apart["p_equivalence"] > 0.05,
        "regularization",
    )


def _batch_size(results: Path) -> str:
    runs = table(results / "batch_size.json")
    sizes = runs["batch_size"].nunique()
    ratio = statistics.compare(runs, "bn_l1", "gn", over="batch_size", family=2 * sizes)
    large = ratio.loc[32:]
    return _with_finding(
        f"With 2 images per batch, BN + L1 makes {interval(ratio.loc[2])} times the errors of GN; from 32 images on, "
        "no difference is established",
        ratio.loc[2, "low"] > 1 and len(large) and (large["low"] < 1).all() and (large["high"] > 1).all(),
        "batch-size",
    )


def _shared_statistics(results: Path) -> str:
    runs = table(results / "statistics_batch.json").query("model == 'bn_l1'").fillna({"statistics_batch": 128})
    ratio = statistics.against(runs, 128, factor="statistics_batch").loc[2]
    return _with_finding(
        f"The statistics alone matter: where only 2 images share them, in optimizer batches of 128, BN + L1 makes "
        f"{interval(ratio)} times the errors",
        ratio["low"] > 1,
        "statistics-batch",
    )


def _rates(results: Path) -> str:
    runs = table(results / "learning_rate.json")
    lost = runs.assign(lost=~(runs["test_accuracy"] > 0.9)).groupby("model")["lost"].agg(["sum", "size"])
    none, bn = lost.loc["none"], lost.loc["bn"]
    return _with_finding(
        f"Over a hundredfold range of learning rates, {none['sum']} of {count(none['size'], 'run')} without "
        f"normalization end below 90 % accuracy, and {bn['sum'] or 'none'} of {bn['size']} with BN",
        none["sum"] > none["size"] / 3 and not bn["sum"],
        "learning-rate",
    )


def _no_normalization(results: Path) -> str:
    runs = table(results / "controls.json")
    ratio = statistics.against(runs, "none").loc["gn"]
    return _with_finding(
        "At a rate that suits it, the network without any normalization is not shown to be worse: GN makes "
        f"{interval(ratio)} times its errors",
        ratio["low"] < 1 < ratio["high"],
        "without-normalization",
    )


def _groups(results: Path) -> str:
    ratios = statistics.all_pairs(table(results / "groups.json"), factor="groups")
    single, others = ratios.xs(16, level="second"), ratios.drop(16, level="second")
    return _with_finding(
        f"Between 1 and 8 groups no difference is established for GN; with one channel per group it makes "
        f"{number(1 / single['value'].max())} to {number(1 / single['value'].min())} times the errors",
        (others["p"] > 0.05).all() and (single["p"] < 0.05).all() and len(single) == 4,
        "groups",
    )


def _epochs(results: Path) -> str:
    mean = table(results / "speed.json").groupby(["epochs", "model"])["test_accuracy"].mean().unstack()
    low, high = (percent(mean.loc[5].agg(each)) for each in ("min", "max"))
    return _with_finding(
        f"Training for 5 epochs instead of 20 gives {low} to {high} % instead of {percent(mean.loc[20].min())} to "
        f"{percent(mean.loc[20].max())} %",
        (mean.loc[5] < mean.loc[20]).all(),
        "speed",
    )


def _size(results: Path) -> str:
    mean = table(results / "frontier.json").groupby(["parameters", "model"])["error"].mean().unstack()
    small, large = mean.index.min(), mean.index.max()
    return _with_finding(
        f"With {small:,} parameters the errors are {percent(mean.loc[small].min(), 1)} to "
        f"{percent(mean.loc[small].max(), 1)} %, with {large:,} they are {percent(mean.loc[large].min())} to "
        f"{percent(mean.loc[large].max())} %",
        mean.loc[small].min() > 5 * mean.loc[large].max(),
        "model-size",
    )


RECORDS = {
    _seeds: "main",
    _without_penalty: "regularization",
    _batch_size: "batch_size",
    _shared_statistics: "statistics_batch",
    _rates: "learning_rate",
    _no_normalization: "controls",
    _groups: "groups",
    _epochs: "speed",
    _size: "frontier",
}
"""The record that each sentence is about."""


def _has_records(results: Path, sentence) -> bool:
    return (results / f"{RECORDS[sentence]}.json").exists()


def _with_finding(sentence: str, holds: object, page: str) -> str:
    mark = finding(sentence, bool(holds)).data.rstrip()
    return f"{sentence} ({links.study(page)}).{mark}"


def _is_published(config: Config) -> bool:
    """Whether this is the network of the studies, on their data."""
    usual = Config()
    return config.dataset == "mnist" and all(getattr(config, key) == getattr(usual, key) for key in NETWORK)
