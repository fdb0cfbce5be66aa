"""What each normalization costs, in training and at test time: measured by `benchmarks/normalizations.py`."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from normstudy.arithmetic import counts
from normstudy.config import Config
from normstudy.errors import NormstudyError
from normstudy.report import markup
from normstudy.report.labels import FULL_NAMES
from normstudy.report.markup import escape
from normstudy.report.wording import counted, join_words
from normstudy.runs.folder import FinishedRun

WITHOUT = "none"
FOLDED = "bn, folded"

NAMES = {kind: name for kind, name in FULL_NAMES.items() if kind != WITHOUT}
NAMES |= {FOLDED: "Batch normalization, folded into the convolutions"}


class CostsError(NormstudyError):
    """The file of measured costs cannot be read."""


@dataclass(frozen=True)
class Measured:
    """What the benchmark wrote. `ratios`: by `training` or `test` and by kind, turn by turn, seconds as a multiple of
    those without normalization; `kept`: by kind, numbers for one image that are kept for the backward pass."""

    about: Mapping[str, object]
    ratios: Mapping[str, Mapping[str, Sequence[float]]]
    kept: Mapping[str, float]


def section(path: Path, runs: Sequence[FinishedRun] = ()) -> str:
    """The section, as Markdown with its heading. Raises `CostsError`.

    Nothing where there is no file, or all `runs` have networks of their own: these are the costs in ours.
    """
    if not path.is_file() or (runs and all(run.config.model for run in runs)):
        return ""
    measured = read(path)
    config = Config(dataset="mnist")
    return "\n".join(
        [
            "### What a normalization costs {#sec-norm-costs}\n",
            in_words(measured, config) + "\n",
            markup.table("norm-costs", costs_table(measured, config), caption(measured)),
        ]
    )


def read(path: Path) -> Measured:
    """Raises `CostsError`."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        ratios = {
            when: {
                kind: [own / base for own, base in zip(each, seconds[WITHOUT], strict=True)]
                for kind, each in seconds.items()
            }
            for when, seconds in found["seconds"].items()
        }
        about = {key: found[key] for key in ("made", "processor", "torch", "threads", "precision", "batch")}
        return Measured(about | {"test_batch": found["test_batch"]}, ratios, found["kept"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ZeroDivisionError):
        raise CostsError(
            f"{path}: no costs can be read from it; `python benchmarks/normalizations.py --output {path}` makes it anew"
        ) from None


def in_words(measured: Measured, config: Config) -> str:
    """What is to be computed, and what that costs in training and at test time."""
    layers = counts(config)
    values = sum(each.outputs for each in layers[:-1])
    products = sum(each.multiply_adds for each in layers)
    told = []
    for when, what in (("training", "a step of training"), ("test", "a pass at test time")):
        own = {NAMES[kind]: statistics.median(each) for kind, each in measured.ratios[when].items() if kind in NAMES}
        low, high = min(own, key=own.__getitem__), max(own, key=own.__getitem__)
        told.append(
            f"{what} takes from {own[low]:.2f} times as long ({_in_prose(low)}) to {own[high]:.2f} times "
            f"({_in_prose(high)})"
        )
    return (
        f"To scale and shift the {values:,} numbers of an image that come out of the convolutions is a multiply-add "
        f"each, {100 * values / products:.1f} % of the {products:,} of convolutions and linear layer; to find their "
        "means and variances takes an addition and a multiply-add more for each. At test time BN has its running "
        "averages and finds none, and its scale and shift can be folded into the convolution before it, so that "
        "nothing is left to compute; the others compute at test time what they do in training. Measured "
        f"(@tbl-norm-costs), beside the same network without normalization, {join_words(told)}."
    )


def costs_table(measured: Measured, config: Config) -> pd.DataFrame:
    """One row per normalization: ratios, numbers kept, and statistics at test time."""
    rows = []
    for kind, name in NAMES.items():
        if kind not in measured.ratios["test"]:
            continue
        rows.append(
            {
                "normalization": escape(name),
                "step of training": _ratio(measured.ratios["training"].get(kind)),
                "pass at test time": _ratio(measured.ratios["test"][kind]),
                "kept for the gradient": _more(measured, kind),
                "means and variances at test time": f"{statistics_at_test(kind, config):,}",
            }
        )
    return pd.DataFrame(rows)


def statistics_at_test(kind: str, config: Config) -> int:
    """How many means and variances are computed for one image at test time."""
    convolutions = [each for each in counts(config)[:-1] if each.multiply_adds]
    layers, channels = len(convolutions), config.channels
    positions = sum(each.outputs // channels for each in convolutions)
    sets = {"ln": layers, "gn": layers * (config.groups or 4), "in": layers * channels, "ln2d": positions}
    return 2 * sets.get(kind, 0)


def caption(measured: Measured) -> str:
    """What was measured, on what, when."""
    about = measured.about
    turns = len(measured.ratios["test"][WITHOUT])
    return (
        "The cost of a normalization, as a multiple of the same network without one: median and range over "
        f"{counted(turns, 'turn')} in one process of {counted(int(about['threads']), 'thread')}, on "
        f"{escape(about['processor'])}, with torch {escape(about['torch'])}, {escape(about['made'])}. A step of "
        f"training has {about['batch']} images in {escape(about['precision'])}, with optimizer and without "
        f"augmentation; a pass at test time {about['test_batch']} images in fp32. Kept for the gradient: numbers for "
        f"one image, beside the {measured.kept[WITHOUT]:,.0f} without normalization. Means and variances: for one "
        "image."
    )


def _ratio(ratios: Sequence[float] | None) -> str:
    """`1.21 (1.18 to 1.30)`."""
    if not ratios:
        return "–"
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def _more(measured: Measured, kind: str) -> str:
    """`+5,504`; nothing is kept at test time, which is all that a folded one has."""
    if kind not in measured.kept:
        return "–"
    return f"{measured.kept[kind] - measured.kept[WITHOUT]:+,.0f}".replace("-", "−")


def _in_prose(name: str) -> str:
    return name[0].lower() + name[1:]
