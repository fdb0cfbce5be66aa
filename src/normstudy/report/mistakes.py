"""Mistakes over all seeds: how often each image is misclassified, by which models."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from normstudy.report import markup
from normstudy.report.drawing import AXES_SHARE, LINE_HEIGHT, PLAIN, WIDTH, label_ends, styles
from normstudy.report.estimates_in_words import number
from normstudy.report.judgements import (
    Judgements,
    errors_of_each_run,
    have_seeds,
    judgements,
    kind_of_mean,
    note_on_left_out,
)
from normstudy.report.labels import data_name
from normstudy.report.markup import unbroken
from normstudy.report.numbers_behind import folded
from normstudy.report.statistics import mean_interval
from normstudy.report.wording import MOST_NAMES, rounded
from normstudy.runs.folder import FinishedRun

MOST_LABELS = 40
"""Lines that are labelled."""


def in_words(runs: Sequence[FinishedRun]) -> str:
    """How many images some run, most runs and every run gets wrong, beside what one run does."""
    judged = judgements(runs)
    if not judged:
        return "No model finished."
    wrong = errors_of_each_run(judged)
    count, images = wrong.shape
    some, most, every = _frequencies(wrong)
    if count == 1:
        return f"Of {images:,} images, the one run misclassifies {some}."
    most_runs = (
        f", {most} by more than half of them, and {every} by every one" if count > 2 else f" and {every} by both"
    )
    return (
        f"Of {images:,} images, {some} {'is' if some == 1 else 'are'} misclassified by at least one of the "
        f"{count:,} runs{most_runs}; a run misclassifies {wrong.sum() / count:.1f} on average (@tbl-mistakes)."
    )


def table(runs: Sequence[FinishedRun]) -> str:
    """`@tbl-mistakes`: the `mistakes_table` with its caption; nothing where no run finished."""
    judged = judgements(runs)
    if not judged:
        return ""
    caption = (
        f"Misclassified images ({data_name(runs)}): those of a run ({kind_of_mean(judged)}), and how many are "
        "misclassified by at least one of a model’s runs, by more than half of them, and by all."
        f"{note_on_left_out(runs)}"
    )
    return markup.table("mistakes", mistakes_table(judged), caption)


def mistakes_table(judged: Sequence[Judgements]) -> pd.DataFrame:
    """One row per model, and one for all of them together where there are several."""
    images = judged[0].wrong.shape[1]
    means = [number(mean_interval(each.wrong.sum(axis=1), (0, images)), 1) for each in judged]
    groups = [(unbroken(each.name), each.wrong, mean) for each, mean in zip(judged, means, strict=True)]
    if len(groups) > 1:  # runs of several models are no sample of one thing: their mean has no interval
        every = errors_of_each_run(judged)
        groups.append(("all models", every, rounded(every.sum() / len(every), 1)))
    rows = []
    for name, wrong, mean in groups:
        some, most, every = _frequencies(wrong)
        rows.append(
            {
                "model": name,
                "runs": len(wrong),
                "errors of a run": mean,
                "by at least one": some,
                "by more than half": most,
                "by every one": every,
            }
        )
    return pd.DataFrame(rows)


def figure(runs: Sequence[FinishedRun]) -> str:
    """`@fig-mistakes`: the `mistakes_figure`; nothing where no model has several runs."""
    judged = judgements(runs)
    if not have_seeds(judged):
        return ""
    caption = (
        f"How many images at least so many runs of a model misclassify ({data_name(runs)}): on the left those that "
        "any run misclassifies, at a line’s end those that all do (logarithmic axis, which ends at 0)."
        f"{note_on_left_out(runs)}"
    )
    picture = markup.figure("mistakes", mistakes_figure(judged), mistakes_alt(judged), caption)
    return picture + folded("mistakes", reached_by_runs(judged))


def reached_by_runs(judged: Sequence[Judgements]) -> pd.DataFrame:
    """What `mistakes_figure` draws: a row for each number of runs of each model."""
    return pd.DataFrame(
        {"model": each.name, "runs, at least": runs, "images that they misclassify": images}
        for each in judged
        for runs, images in enumerate(reached(each.wrong), start=1)
    )


def reached(wrong: np.ndarray) -> np.ndarray:
    """(runs,) how many images at least 1, 2, … of the runs, `wrong` (runs, images), misclassify."""
    counts = np.bincount(wrong.sum(axis=0), minlength=len(wrong) + 1)
    return counts[:0:-1].cumsum()[::-1]


@matplotlib.style.context(PLAIN)
def mistakes_figure(judged: Sequence[Judgements]) -> Figure:
    """Images that at least so many runs misclassify, a line per model; its last value is written at its end."""
    height = max(3.8, 0.3 + min(len(judged), MOST_LABELS) * LINE_HEIGHT / 72 / AXES_SHARE)
    picture = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = picture.subplots()
    ends = []
    for each, (colour, line, marker) in zip(judged, styles([each.config for each in judged]), strict=True):
        images = reached(each.wrong)
        axes.plot(range(1, each.runs + 1), images, line, color=colour, marker=marker, markersize=4, linewidth=1.5)
        ends.append((float(images[-1]), f"{each.name}  {images[-1]} in all {each.runs}", colour, each.runs))
    axes.set_yscale("symlog", linthresh=1, linscale=0.3)  # 0 has a place on it
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="runs of the model, at least, that misclassify an image", ylabel="images")
    label_ends(axes, ends, height, MOST_LABELS)
    return picture


def mistakes_alt(judged: Sequence[Judgements]) -> str:
    """Alternative text for `mistakes_figure`."""
    lines = [(each, reached(each.wrong)) for each in judged]
    if len(lines) > MOST_NAMES:
        low, high = (f(images[-1] for _, images in lines) for f in (min, max))
        ends = f"{len(lines)} lines, which end between {low} and {high} images"
    else:
        ends = "; ".join(
            f"{each.name} falls from {images[0]} images that at least one run misclassifies to {images[-1]} that all "
            f"{each.runs} do"
            for each, images in lines
        )
    return f"Line chart of the number of images that at least so many runs misclassify, one line per model: {ends}."


def _frequencies(wrong: np.ndarray) -> tuple[int, int, int]:
    """Images that some run, more than half of the runs, and every run of `wrong` (runs, images) got wrong."""
    times, count = wrong.sum(axis=0), len(wrong)
    return int((times > 0).sum()), int((2 * times > count).sum()), int((times == count).sum())
