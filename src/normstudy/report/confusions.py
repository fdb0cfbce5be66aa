"""Confusion matrices of all models, over all seeds: which class is taken for which, and how often."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from normstudy.report import markup
from normstudy.report.class_axes import MOST_NUMBERED, name_classes
from normstudy.report.class_counts import confusion_counts
from normstudy.report.drawing import HEAT, LITERAL, WIDTH
from normstudy.report.judgements import have_seeds, judgements, note_on_left_out
from normstudy.report.labels import class_names, data_name, markdown_classes
from normstudy.report.wording import MOST_NAMES, join_words, rounded, some_of
from normstudy.runs.folder import FinishedRun

MEAN = "mean of the models"

SHADES = 24
"""Colours of cells."""

Panel = tuple[str, np.ndarray]
"""A name and mean counts (classes, classes), true classes by predicted ones, with nothing on the diagonal."""


def figure(runs: Sequence[FinishedRun]) -> str:
    """`@fig-confusions`: a matrix for each model, of many models one for all; nothing where no run errs."""
    panels = panels_of(runs)
    if not any(errors.any() for _, errors in panels):
        return ""
    judged = judgements(runs)
    names = class_names(judged[0].config)
    told = take_away(panels, markdown_classes(judged[0].config))
    number = "the mean over runs" if have_seeds(judged) or len(judged) > MOST_NAMES else "one run of each model"
    caption = (
        f"Which class is taken for which ({data_name(runs)}): misclassified images of a run, {number}, by true class "
        "(rows) and predicted class (columns). An empty cell is a mistake that no run makes. What is right, on the "
        "diagonal, is left out; the colours, logarithmic, mean the same in every matrix. "
        f"{told}{note_on_left_out(runs)}"
    )
    return markup.figure("confusions", confusions_figure(panels, names), confusions_alt(panels, names), caption)


def panels_of(runs: Sequence[FinishedRun]) -> list[Panel]:
    """Mean errors of each model's runs; of more models than `MOST_NAMES`, those of all runs together.

    Where a place would stay empty beside the last one, it is taken by the mean of all models.
    """
    judged = judgements(runs)
    counts = [_without_diagonal(confusion_counts(each)) for each in judged]
    if len(judged) > MOST_NAMES:
        return [(f"all runs of {len(judged)} models", np.concatenate(counts).mean(axis=0))]
    means = [count[0] if len(count) == 1 else count.mean(axis=0) for count in counts]
    panels = [(each.name, mean) for each, mean in zip(judged, means, strict=True)]
    return [*panels, (MEAN, np.mean(means, axis=0))] if len(panels) == 3 else panels


def take_away(panels: Sequence[Panel], names: Sequence[str]) -> str:
    """The most frequent mistakes, each with the panels whose they are, and how many kinds of mistakes nothing makes."""
    found: dict[str, list[str]] = {}
    for name, errors in panels:
        if errors.any() and name != MEAN:
            found.setdefault(_most_frequent(errors, names), []).append(f"{name} ({_count(errors.max())})")
    told = join_words([f"{mistake} in a run of {join_words(whose)}" for mistake, whose in found.items()])
    kinds = len(names) * (len(names) - 1)
    never = kinds - int(np.any([errors > 0 for _, errors in panels], axis=0).sum())
    do = "does" if never == 1 else "do"
    return f"Most frequent: {told}. {never} of the {kinds} possible mistakes {do} not occur."


@matplotlib.style.context(LITERAL)
def confusions_figure(panels: Sequence[Panel], names: Sequence[str]) -> Figure:
    """Two matrices beside each other, with the number in each cell that is not empty."""
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    picture = Figure(figsize=(WIDTH if columns == 2 else 0.6 * WIDTH, 3.75 * rows), layout="constrained")
    picture.get_layout_engine().set(h_pad=0.1)  # inches: a title is not that of the axis above it
    places = list(picture.subplots(rows, columns, squeeze=False).flat)
    largest = max(errors.max() for _, errors in panels)
    for axes, (name, errors) in zip(places, panels, strict=False):
        _draw(axes, errors, names, largest)
        axes.set_title(name, fontsize=10)
    return picture


def _draw(axes: Axes, errors: np.ndarray, names: Sequence[str], largest: float) -> None:
    axes.grid(False)
    edges = np.arange(len(names) + 1) - 0.5
    # Few colours, and nothing where nothing is: in a page each is a shape.
    cells = np.ma.masked_equal(np.log1p(errors), 0)
    axes.pcolormesh(edges, edges, cells, cmap=HEAT.resampled(SHADES), vmin=0, vmax=np.log1p(largest), linewidth=0)
    axes.set(xlim=edges[[0, -1]], ylim=edges[[-1, 0]], aspect="equal")
    for row, column in np.ndindex(*errors.shape):
        if row == column:
            axes.fill(
                [row - 0.5, row + 0.5, row + 0.5, row - 0.5], [row - 0.5, row - 0.5, row + 0.5, row + 0.5], "#e3e3e3"
            )
        elif errors[row, column] and len(names) <= MOST_NUMBERED:
            axes.text(column, row, _count(errors[row, column]), ha="center", va="center", fontsize=7)
    name_classes(axes, names, fontsize=8)
    axes.tick_params(length=0)
    axes.spines[:].set(visible=True, color="#cccccc")
    axes.set_xlabel("predicted class", fontsize=9)
    axes.set_ylabel("true class", fontsize=9)


def confusions_alt(panels: Sequence[Panel], names: Sequence[str]) -> str:
    """Alternative text for `confusions_figure`: errors of a run in all, and the most frequent one."""
    told = [
        f"{name}: {rounded(errors.sum(), 1)} errors of a run, most often {_most_frequent(errors, names)} "
        f"({_count(errors.max())})"
        if errors.any()
        else f"{name}: no errors"
        for name, errors in panels
    ]
    return f"Confusion matrices without their diagonals. {'; '.join(told)}."


def _most_frequent(errors: np.ndarray, names: Sequence[str]) -> str:
    """`9 taken for 4`, or all mistakes that are as frequent."""
    pairs = np.argwhere(errors == errors.max())
    return some_of([f"{names[true]} taken for {names[said]}" for true, said in pairs])


def _count(mean: float) -> str:
    """`0.4`, `3.0`, `12`; in a single run `3`; a mean that would round to 0 is `<.1`, for it has little room."""
    if isinstance(mean, np.integer) or mean >= 9.95:
        return f"{mean:,.0f}"
    return rounded(mean, 1) if mean >= 0.05 else "<.1"


def _without_diagonal(counts: np.ndarray) -> np.ndarray:
    return counts * (1 - np.eye(counts.shape[-1], dtype=counts.dtype))
