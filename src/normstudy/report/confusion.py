"""Confusion matrix of one run: which class was taken for which. The notebook shows it."""

from __future__ import annotations

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure

from normstudy.report.class_axes import MOST_NUMBERED, name_classes
from normstudy.report.drawing import LITERAL
from normstudy.report.labels import class_names
from normstudy.runs.folder import FinishedRun


def confusion_matrix(run: FinishedRun) -> np.ndarray:
    """Counts (classes, classes): rows are true classes, columns predicted ones."""
    classes = len(class_names(run.config))
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (run.predictions["label"], run.predictions["predicted"]), 1)
    return counts


@matplotlib.style.context(LITERAL)
def confusion_figure(run: FinishedRun) -> Figure:
    """How many images of each true class were given which class; the diagonal is what went right."""
    names = class_names(run.config)
    counts = confusion_matrix(run)
    errors = counts - np.diag(np.diag(counts))
    figure = Figure(figsize=(5.6, 5.2), layout="constrained")
    axes = figure.subplots()
    axes.grid(False)
    axes.imshow(errors, cmap="Oranges", vmin=0, vmax=max(1, errors.max()) * 1.4)
    for row, column in np.ndindex(*counts.shape):
        if counts[row, column] and len(names) <= MOST_NUMBERED:
            weight = "normal" if row == column else "bold"
            axes.text(column, row, counts[row, column], ha="center", va="center", fontsize=8, weight=weight)
    name_classes(axes, names)
    axes.set(xlabel="predicted class", ylabel="true class")
    return figure


def confusion_alt(run: FinishedRun) -> str:
    """Alternative text for `confusion_figure`: the totals and the most frequent confusion."""
    counts = confusion_matrix(run)
    right = int(np.trace(counts))
    text = f"Confusion matrix: {right} of {counts.sum()} images are on the diagonal"
    errors = counts - np.diag(np.diag(counts))
    if not errors.any():
        return text + "."
    names = class_names(run.config)
    true, said = np.unravel_index(errors.argmax(), errors.shape)
    return f"{text}; the most frequent error is {names[true]} taken for {names[said]}, {errors.max()} times."
