"""What lies beside the chosen hyperparameters: the same runs with other rates and penalties, with several seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from normstudy.config import Config
from normstudy.report import markup
from normstudy.report.labels import markdown_title, model_names
from normstudy.report.markup import escape
from normstudy.report.outcomes import final_loss
from normstudy.report.search import VARIED
from normstudy.report.statistics import paired_interval
from normstudy.report.wording import capitalized, counted, join_words, seeds_text, short
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedRun

EARLY = 5
"""Epochs after which a curve is asked to be smooth."""

Values = tuple[float, ...]


@dataclass(frozen=True)
class Neighbour:
    """A combination beside the chosen one: what it is called, its mean loss, and how much more that is (nats).

    `low`, `high`: 95 % interval of the difference over the seeds that both have.
    """

    values: Values
    loss: float
    accuracy: float
    difference: float
    low: float
    high: float


def in_words(rows: list[RecordedRun], runs: Sequence[FinishedRun]) -> str:
    """Whether anything beside what `runs` have is better, and how smooth their curves are.

    Of those with our own network, with which it was tried; nothing where there are none.
    """
    if all(run.config.model for run in runs):
        return ""
    seeds = sorted({row.config.seed for row in rows})
    sentences = [
        f"Then what lies beside that was tried with {seeds_text(seeds)}, on the validation split of "
        f"{markdown_title(rows[0].config)} as well."
    ]
    better, steepest = [], []
    for name, run in zip(model_names(runs), runs, strict=True):
        if run.config.model:
            continue
        of_kind = rows_of_kind(rows, run)
        chosen = _chosen(of_kind, run)
        if not chosen:
            sentences.append(f"{capitalized(name)} was not among them.")
            continue
        found = neighbours(of_kind, chosen)
        better += [f"{name} with {_called(each.values)}" for each in found if each.high < 0]
        steepest.append((largest_rise(list(chosen.values())), name))
    if steepest:
        if better:
            sentences.append(f"Better than what is reported here, beyond the noise: {join_words(better)}.")
        else:
            sentences.append(
                "Nothing else there is better beyond the noise (95 % intervals of the paired differences)."
            )
        rise, name = max(steepest)
        sentences.append(
            f"After epoch {EARLY}, the mean loss over the seeds is at most {rise:.2f} times that of the epoch before "
            f"({name}). @tbl-neighbours has the numbers."
        )
    return " ".join(sentences)


def table(rows: list[RecordedRun], runs: Sequence[FinishedRun]) -> str:
    """`@tbl-neighbours`: the `neighbours_table` with its caption; nothing where none of `runs` was among them."""
    frame = neighbours_table(rows, runs)
    if frame.empty:
        return ""
    count = len({row.config.seed for row in rows})
    caption = (
        f"The chosen hyperparameters and their neighbours: means over {counted(count, 'seed')} on the validation "
        "split, of the last epoch. The difference is that of the losses to the chosen one, seed by seed, with its "
        "95 % interval."
    )
    return markup.table("neighbours", frame, caption)


def neighbours_table(rows: list[RecordedRun], runs: Sequence[FinishedRun]) -> pd.DataFrame:
    """One row per combination, the chosen one of each model first."""
    lines = []
    for name, run in zip(model_names(runs), runs, strict=True):
        of_kind = rows_of_kind(rows, run)
        chosen = _chosen(of_kind, run)
        if not chosen:
            continue
        own = Neighbour(values_of(run.config), _mean_loss(chosen), _mean_accuracy(chosen), 0, 0, 0)
        for each in [own, *neighbours(of_kind, chosen)]:
            difference = f"{1000 * each.difference:+.2f} ({1000 * each.low:+.2f} to {1000 * each.high:+.2f})"
            if not math.isfinite(each.loss):
                difference = "diverged"
            lines.append(
                {"model": escape(name)}
                | dict(zip(("peak rate", "weight decay", "λ of L1"), map(short, each.values), strict=True))
                | {"loss (nats)": f"{each.loss:.4f}", "accuracy (%)": f"{100 * each.accuracy:.2f}"}
                | {"difference (0.001 nats)": "chosen" if each is own else difference.replace("-", "−")}
            )
    return pd.DataFrame(lines)


def rows_of_kind(rows: list[RecordedRun], run: FinishedRun) -> dict[Values, dict[int, RecordedRun]]:
    """By combination of what was varied, and by seed, the rows of models like `run`."""
    found: dict[Values, dict[int, RecordedRun]] = {}
    for row in rows:
        alike = row.config.model == run.config.model and row.config.norm == run.config.norm
        if alike and bool(row.config.l1) == bool(run.config.l1):
            found.setdefault(values_of(row.config), {})[row.config.seed] = row
    return found


def neighbours(of_kind: dict[Values, dict[int, RecordedRun]], chosen: dict[int, RecordedRun]) -> list[Neighbour]:
    """What else is in `of_kind` beside the rows `chosen`, compared on the seeds that both have; best first."""
    found = []
    for values, own in of_kind.items():
        seeds = sorted(own.keys() & chosen.keys())
        if own is chosen or not seeds:
            continue
        losses, before = ([final_loss(each[seed]) for seed in seeds] for each in (own, chosen))
        difference, low, high = paired_interval(np.array(losses), np.array(before))
        found.append(Neighbour(values, float(np.mean(losses)), _mean_accuracy(own), difference, low, high))
    return sorted(found, key=lambda each: each.loss)


def largest_rise(rows: Sequence[RecordedRun]) -> float:
    """The largest share of the mean loss over `rows` in an epoch after `EARLY` to that of the epoch before."""
    shortest = min(len(row.history) for row in rows)
    means = [float(np.mean([row.history[epoch]["test_loss"] for row in rows])) for epoch in range(shortest)]
    return max((after / before for before, after in zip(means[EARLY - 1 :], means[EARLY:], strict=False)), default=0.0)


def _chosen(of_kind: dict[Values, dict[int, RecordedRun]], run: FinishedRun) -> dict[int, RecordedRun]:
    return of_kind.get(values_of(run.config), {})


def values_of(config: Config) -> Values:
    """What was varied."""
    return tuple(getattr(config, key) for key in VARIED)


def _mean_loss(rows: dict[int, RecordedRun]) -> float:
    return float(np.mean([final_loss(row) for row in rows.values()]))


def _mean_accuracy(rows: dict[int, RecordedRun]) -> float:
    return float(np.mean([math.nan if row.diverged else row.final("test_accuracy") for row in rows.values()]))


def _called(values: Values) -> str:
    named = zip(("peak rate", "weight decay", "λ"), values, strict=True)
    return ", ".join(f"{name} {short(value)}" for name, value in named if value)
