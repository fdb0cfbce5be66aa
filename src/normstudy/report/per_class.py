"""Class by class: recall, precision, and the classes most often mixed up, over all seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from normstudy.report import markup
from normstudy.report.class_counts import confusion_counts, precisions, recalls, shown_classes, which_classes
from normstudy.report.estimates_in_words import number
from normstudy.report.judgements import Judgements, have_seeds, judgements, kind_of_mean, note_on_left_out
from normstudy.report.labels import data_name, markdown_classes
from normstudy.report.markup import unbroken
from normstudy.report.statistics import AMOUNT, PERCENT, Bounds, mean_interval, proportion_interval
from normstudy.report.wording import MOST_NAMES, join_words, rounded, some_of
from normstudy.runs.folder import FinishedRun

MOST_PAIRS = 10
"""Pairs of classes in a table."""


def in_words(runs: Sequence[FinishedRun]) -> str:
    """The class that each model finds least often, and how far its images alone could move that."""
    judged = judgements(runs)
    if not judged:
        return "No model finished."
    names = markdown_classes(judged[0].config)
    lowest: dict[int, list[str]] = {}
    for each in judged:
        mean = recalls(confusion_counts(each)).mean(axis=0)
        worst = int(np.nanargmin(mean))
        lowest.setdefault(worst, []).append(f"{each.name} ({100 * mean[worst]:.2f} %)")
    told = join_words([f"class {names[worst]} in {some_of(found)}" for worst, found in lowest.items()])
    worst = next(iter(lowest))
    images = int((judged[0].label == worst).sum())
    mean = recalls(confusion_counts(judged[0])).mean(axis=0)[worst]
    low, high = proportion_interval(round(mean * images), images)
    seeds = "The intervals are over seeds, for these images: with" if have_seeds(judged) else "With"
    return (
        f"Recall, the share of a class’s images that are found, is lowest for {told} (@tbl-recall). Precision is the "
        f"share of right ones among the images given to a class (@tbl-precision). {seeds} another {images:,} images of "
        f"class {names[worst]} the {100 * mean:.2f} % of {judged[0].name} could by chance have been anything from "
        f"{100 * low:.2f} % to {100 * high:.2f} %, and classes that differ by less do not differ for certain."
    )


def recall(runs: Sequence[FinishedRun]) -> str:
    """`@tbl-recall`: of each class, by model."""
    return _by_class(runs, "recall", "Recall of each class (%)", recalls)


def precision(runs: Sequence[FinishedRun]) -> str:
    """`@tbl-precision`: of each class, by model."""
    return _by_class(runs, "precision", "Precision of each class (%)", precisions)


def mixed_up(runs: Sequence[FinishedRun]) -> str:
    """`@tbl-mixed-up`: the pairs of true and predicted class with most errors, by model; nothing without errors."""
    judged = judgements(runs)
    frame = mixed_up_table(judged) if judged else pd.DataFrame()
    if frame.empty:
        return ""
    caption = (
        f"What is most often taken for what ({data_name(runs)}): images of a run, {kind_of_mean(judged)}"
        f"{_which_models(judged)}.{note_on_left_out(runs)}"
    )
    return markup.table("mixed-up", frame, caption)


def mixed_up_table(judged: Sequence[Judgements]) -> pd.DataFrame:
    """At most `MOST_PAIRS` rows, those with the highest mean over models first."""
    names = markdown_classes(judged[0].config)
    counts = [confusion_counts(each) for each in judged]
    means = np.mean([count.mean(axis=0) for count in counts], axis=0)
    np.fill_diagonal(means, 0)
    order = np.argsort(-means, axis=None, kind="stable")[:MOST_PAIRS]
    pairs = [divmod(int(place), len(names)) for place in order if means.flat[place] > 0]
    cells = [_cells(judged, [count[:, true, said] for count in counts], AMOUNT, places=1) for true, said in pairs]
    return pd.DataFrame(
        {"true": names[true], "predicted": names[said], **row} for (true, said), row in zip(pairs, cells, strict=True)
    )


def _by_class(runs: Sequence[FinishedRun], label: str, title: str, shares) -> str:
    judged = judgements(runs)
    if not judged:
        return ""
    of_models, shown = [100 * shares(confusion_counts(each)) for each in judged], set(shown_classes(judged).tolist())
    rows = [
        {"class": name, **_cells(judged, [values[:, k] for values in of_models], PERCENT, places=2)}
        for k, name in enumerate(markdown_classes(judged[0].config))
        if k in shown
    ]
    caption = (
        f"{title}, {data_name(runs)}: {kind_of_mean(judged)}{_which_models(judged)}{which_classes(judged)}."
        f"{note_on_left_out(runs)}"
    )
    return markup.table(label, pd.DataFrame(rows), caption)


def _cells(judged: Sequence[Judgements], values: Sequence[np.ndarray], bounds: Bounds, places: int) -> dict[str, str]:
    """A row's cells, of `values` (runs,) for each model; of more models than fit, those of the extremes."""
    if len(judged) <= MOST_NAMES:
        called = [unbroken(each.name) for each in judged]
        return {name: number(mean_interval(own, bounds), places) for name, own in zip(called, values, strict=True)}
    means = np.array([own.mean() for own in values])
    if np.isnan(means).all():
        return {"lowest": "–", "highest": "–"}
    return {
        end: f"{rounded(means[place], places)} ({unbroken(judged[place].name)})"
        for end, place in (("lowest", np.nanargmin(means)), ("highest", np.nanargmax(means)))
    }


def _which_models(judged: Sequence[Judgements]) -> str:
    return "" if len(judged) <= MOST_NAMES else f"; of {len(judged)} models the lowest and the highest mean"
