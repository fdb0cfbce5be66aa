"""Recall of each class as a picture: every run a dot, with the mean of each model and its interval."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from normstudy.report import markup
from normstudy.report.class_axes import LONGEST
from normstudy.report.class_counts import confusion_counts, recalls, shown_classes, which_classes
from normstudy.report.drawing import LITERAL, MARKERS, WIDTH, styles
from normstudy.report.judgements import Judgements, have_seeds, judgements, note_on_left_out
from normstudy.report.labels import class_names, data_name
from normstudy.report.pixels import cut
from normstudy.report.statistics import CONFIDENCE, PERCENT, mean_interval, proportion_interval
from normstudy.report.wording import MOST_NAMES
from normstudy.runs.folder import FinishedRun

BAND = 0.7
"""Of a class's row, what the models' lines take up."""


def figure(runs: Sequence[FinishedRun]) -> str:
    """`@fig-recall`; nothing where no run finished, or where there are more models than lines of a row."""
    judged = judgements(runs)
    if not 0 < len(judged) <= MOST_NAMES:
        return ""
    what = (
        "A small dot is a run (darker where several lie over each other), the marker the mean of a model’s runs, the "
        "bar its 95 % t interval over seeds, for these images"
        if have_seeds(judged)
        else "The marker is one run, the bar Wilson’s 95 % interval: what other images of the class could give"
    )
    caption = (
        f"Share of each class’s images that are found ({data_name(runs)}{which_classes(judged)}). {what}. "
        f"{take_away(judged)}{note_on_left_out(runs)}"
    )
    return markup.figure("recall", recall_figure(judged), recall_alt(judged), caption)


def take_away(judged: Sequence[Judgements]) -> str:
    """For how many classes the intervals of all models have a value in common; of one model, how far classes differ."""
    found = np.array([_estimates(each, have_seeds(judged)) for each in judged])
    if len(judged) == 1:
        apart = np.nanmax(found[0, :, 0]) - np.nanmin(found[0, :, 0])
        return f"The classes lie up to {apart:.2f} percentage points apart."
    known = np.isfinite(found).all(axis=(0, 2))
    if not known.any():
        return "There are too few runs for intervals that could be compared."
    overlap = found[:, known, 1].max(axis=0) <= found[:, known, 2].min(axis=0)
    intervals = known.sum() * len(judged)
    return (
        f"The intervals of {'both' if len(judged) == 2 else 'all'} models overlap for {overlap.sum()} of "
        f"{known.sum()} classes; of {intervals} intervals at 95 % about "
        f"{(1 - CONFIDENCE) * intervals:.0f} would miss by chance."
    )


@matplotlib.style.context(LITERAL)
def recall_figure(judged: Sequence[Judgements]) -> Figure:
    """A row per class, in it a line per model; classes from the top."""
    classes = shown_classes(judged)
    names = [cut(name, LONGEST) for name in np.array(class_names(judged[0].config))[classes]]
    picture = Figure(figsize=(WIDTH, 1 + len(names) * max(0.34, 0.17 * len(judged))), layout="constrained")
    axes = picture.subplots()
    handles = []
    for number, (each, (colour, *_)) in enumerate(zip(judged, styles([j.config for j in judged]), strict=True)):
        shift = BAND * ((number + 0.5) / len(judged) - 0.5)
        rows = np.arange(len(names)) + shift
        estimates, marker = _estimates(each, have_seeds(judged))[classes], MARKERS[each.config.norm]
        if each.runs > 1:
            for values in 100 * recalls(confusion_counts(each))[:, classes]:
                axes.plot(values, rows, "o", color=colour, ms=2.6, alpha=0.4, mew=0)
        known = np.isfinite(estimates).all(axis=1)
        axes.hlines(rows[known], estimates[known, 1], estimates[known, 2], color=colour, linewidth=1.6)
        axes.plot(estimates[:, 0], rows, marker, color=colour, ms=5, mec="white", mew=0.6)
        handles.append(Line2D([], [], color=colour, marker=marker, ms=5, linewidth=1.6, label=each.name))
    for edge in range(1, len(names)):
        axes.axhline(edge - 0.5, color="#dddddd", linewidth=0.6)
    axes.set(ylim=(len(names) - 0.5, -0.5), xlabel=f"recall on {judged[0].config.evaluate_on} images (%)")
    axes.set_ylabel("class")
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    picture.legend(handles=handles, loc="outside upper center", ncols=len(handles), frameon=False)
    return picture


def recall_alt(judged: Sequence[Judgements]) -> str:
    """Alternative text for `recall_figure`: each model's lowest and highest class."""
    names = class_names(judged[0].config)
    told = []
    for each in judged:
        mean = _estimates(each, have_seeds(judged))[:, 0]
        worst, best = int(np.nanargmin(mean)), int(np.nanargmax(mean))
        told.append(
            f"{each.name}: from {mean[worst]:.2f} % (class {names[worst]}) to {mean[best]:.2f} % ({names[best]})"
        )
    return f"Dot plot of recall, a row per class. {'; '.join(told)}."


def _estimates(judged: Judgements, over_seeds: bool) -> np.ndarray:
    """(classes, 3): recall in percent, mean over runs, with its limits: over seeds, or of a single run over images.

    No finite limits where the former have no spread, and no numbers for a class without images.
    """
    counts = confusion_counts(judged)
    shares = 100 * recalls(counts)
    if over_seeds:
        return np.array([mean_interval(values, PERCENT) for values in shares.T])
    found = []
    for right, images, share in zip(np.diagonal(counts[0]), counts[0].sum(axis=1), shares[0], strict=True):
        low, high = proportion_interval(int(right), int(images)) if images else (np.nan, np.nan)
        found.append((share, 100 * low, 100 * high))
    return np.array(found)
