"""Class by class: confusion matrix, recall and precision, over all runs."""

from __future__ import annotations

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from sklearn.metrics import confusion_matrix

from normstudy.report.core import statistics
from normstudy.report.core.style import MARKERS, colour, norm_of
from normstudy.report.core.text import number
from normstudy.report.pages.answers import WIDTH, Answers, heat

BAND = 0.66
"""Of a class's row, what the models' lines take up."""


def confusions(answers: Answers) -> np.ndarray:
    """(runs, classes, classes) images by true class (rows) and predicted class (columns)."""
    labels = range(len(answers.classes))
    return np.stack([confusion_matrix(answers.label, run, labels=labels) for run in answers.predicted])


def measures(answers: Answers, counts: np.ndarray) -> pd.DataFrame:
    """A row per run and class: `model`, `seed`, `class`, `recall` and `precision` (fractions) of `confusions`."""
    right = np.diagonal(counts, axis1=1, axis2=2)
    classes = len(answers.classes)
    runs = answers.runs.loc[answers.runs.index.repeat(classes)].reset_index(drop=True)
    return runs.assign(
        **{"class": answers.classes * len(counts)},
        recall=(right / counts.sum(axis=2)).ravel(),
        precision=(right / counts.sum(axis=1)).ravel(),
    )


def matrix(errors: pd.DataFrame) -> Figure:
    """The mean number of errors by true class (rows) and predicted class (columns), with the numbers.

    What is right, on the diagonal, is not shown. Colours are on a logarithmic scale.
    """
    values, names = errors.to_numpy(), list(errors.index)
    picture = Figure(figsize=(WIDTH, WIDTH))
    axes = picture.subplots()
    off = ~np.eye(len(names), dtype=bool)
    axes.imshow(
        np.ma.masked_where(~off, np.log1p(values)), cmap=heat(), vmin=0, vmax=np.log1p(values[off].max()) * 1.15
    )
    for row, column in np.argwhere(off & (values >= 0.05)):
        strong = values[row, column] >= 1
        axes.text(
            column, row, number(values[row, column], 1), ha="center", va="center", fontsize=9 if strong else 8,
            weight="bold" if strong else "normal", color=matplotlib.rcParams["text.color"],
        )  # fmt: skip
    for at in range(len(names)):
        axes.fill([at - 0.5, at + 0.5, at + 0.5, at - 0.5], [at - 0.5, at - 0.5, at + 0.5, at + 0.5], colour("shade"))
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.set(xlabel="predicted class", ylabel="true class")
    return picture


def dots(found: pd.DataFrame) -> Figure:
    """Recall and precision, a row per class: the mean of each model's runs with its 95 % interval over seeds."""
    classes, models = list(found["class"].unique()), list(found["model"].unique())
    picture = Figure(figsize=(WIDTH, 5.4))
    panels = picture.subplots(1, 2, sharey=True)
    for axes, measure in zip(panels, ("recall", "precision"), strict=True):
        for place, model in enumerate(models):
            own = found[found["model"] == model].groupby("class", sort=False)[measure]
            means = 100 * own.apply(statistics.mean).unstack()
            rows = np.arange(len(classes)) + BAND * ((place + 0.5) / len(models) - 0.5)
            ink, marker = colour(norm_of(model)), MARKERS[norm_of(model)]
            axes.hlines(rows, means["low"], means["high"], color=ink, linewidth=1.8)
            axes.plot(means["value"], rows, marker, color=ink, ms=5, label=model)
        for edge in range(1, len(classes)):
            axes.axhline(edge - 0.5, color=matplotlib.rcParams["grid.color"], linewidth=0.6)
        axes.set(xlabel=f"{measure} (%)")
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
    panels[0].set(ylim=(len(classes) - 0.5, -0.5), yticks=range(len(classes)), yticklabels=classes, ylabel="class")
    picture.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=len(models))
    return picture
