"""Pictures of a single run, for its notebook: curves and confusion matrix."""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from normstudy.report.core import plots
from normstudy.report.core.names import class_names
from normstudy.report.core.style import WIDTH, colour
from normstudy.runs.folder import FinishedRun

MOST_NUMBERED = 20
"""Classes up to which the cells of a matrix hold their numbers and the axes all names."""


def curves(run: FinishedRun) -> Figure:
    """Loss and accuracy of a run over the epochs, in training and in evaluation."""
    split = run.config.evaluate_on
    picture = Figure(figsize=(WIDTH, 3.2))
    for axes, kind in zip(picture.subplots(1, 2), ("loss", "accuracy"), strict=True):
        factor = 100 if kind == "accuracy" else 1
        for key, name, line in ((f"test_{kind}", split, "-"), (f"train_{kind}", "training", "--")):
            values = [factor * entry[key] for entry in run.history]
            x = range(1, len(values) + 1)
            axes.plot(x, values, line, color=colour(run.config.norm), marker="o", markersize=3, label=name)
        axes.set(xlabel="epoch", ylabel=kind + (" (%)" if kind == "accuracy" else " (cross-entropy, nats per image)"))
        plots.epoch_axis(axes)
        if kind == "accuracy":
            plots.accuracy_axis(axes, len(run.predictions["label"]))
        else:
            plots.loss_axis(axes)
        axes.legend()
    return picture


def curves_alt(run: FinishedRun) -> str:
    """Alternative text of `curves`."""
    first, last = run.history[0], run.history[-1]
    return (
        f"Line charts of loss and accuracy over {len(run.history)} epochs, in training and in evaluation. The "
        f"{run.config.evaluate_on} accuracy goes from {100 * first['test_accuracy']:.2f} % to "
        f"{100 * last['test_accuracy']:.2f} %."
    )


def confusion_matrix(run: FinishedRun) -> np.ndarray:
    """Counts (classes, classes): rows are true classes, columns predicted ones."""
    classes = len(class_names(run.config))
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (run.predictions["label"], run.predictions["predicted"]), 1)
    return counts


def confusion(run: FinishedRun) -> Figure:
    """How many images of each true class were given which class; errors are coloured."""
    names, counts = class_names(run.config), confusion_matrix(run)
    errors = counts - np.diag(np.diag(counts))
    picture = Figure(figsize=(5.6, 5.2))
    axes = picture.subplots()
    axes.grid(False)
    axes.imshow(errors, cmap="Oranges", vmin=0, vmax=max(1, errors.max()) * 1.4)
    few = len(names) <= MOST_NUMBERED
    for row, column in np.argwhere(counts) if few else ():
        weight = "normal" if row == column else "bold"
        axes.text(column, row, counts[row, column], ha="center", va="center", fontsize=8, weight=weight)
    if few:
        shown = [name if len(name) <= 16 else f"{name[:15]}…" for name in names]
        turned = {"rotation": 60, "ha": "right", "rotation_mode": "anchor"} if max(map(len, shown)) > 2 else {}
        with matplotlib.rc_context({"text.parse_math": False}):  # a dollar in a name is a dollar
            axes.set_xticks(range(len(names)), shown, **turned)
            axes.set_yticks(range(len(names)), shown)
    axes.set(xlabel="predicted class", ylabel="true class")
    return picture


def confusion_alt(run: FinishedRun) -> str:
    """Alternative text of `confusion`: the totals and the most frequent confusion."""
    counts = confusion_matrix(run)
    text = f"Confusion matrix: {int(np.trace(counts))} of {counts.sum()} images are on the diagonal"
    errors = counts - np.diag(np.diag(counts))
    if not errors.any():
        return f"{text}."
    names = class_names(run.config)
    true, said = np.unravel_index(errors.argmax(), errors.shape)
    return f"{text}; the most frequent error is {names[true]} taken for {names[said]}, {errors.max()} times."
