"""The pictures of runs: one palette, labelled axes, alternative text by the function beside each."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from normstudy.augmentation import augment, draw
from normstudy.config import Config
from normstudy.data import Data
from normstudy.labels import CLASS_NAMES, labels, model_names, styles
from normstudy.randomness import generator
from normstudy.runs import FinishedRun, wrong

STYLE = {
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same picture on every machine
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
}
PLAIN = ["default", STYLE]
"""Styles for `matplotlib.style.context`, which begin with matplotlib's own: a user's matplotlibrc does not count."""

WIDTH = 7.2
"""Inches."""

GRID = (2, 5)
"""Rows and columns of a sheet of misclassified images."""

MEASURES = {
    "train_loss": "training loss (cross-entropy, nats per image)",
    "test_loss": "{split} loss (cross-entropy, nats per image)",
    "train_accuracy": "training accuracy (%)",
    "test_accuracy": "{split} accuracy (%)",
}


@matplotlib.style.context(PLAIN)
def history_figure(runs: Sequence[FinishedRun], measures: Sequence[str]) -> Figure:
    """One panel per measure (a key of the history), every epoch of every run, labelled at the line's end."""
    figure = Figure(figsize=(WIDTH, 4.0 if len(measures) == 1 else 3.4), layout="constrained")
    for axes, measure in zip(figure.subplots(1, len(measures), squeeze=False)[0], measures, strict=True):
        _draw_history(axes, runs, measure)
    return figure


@matplotlib.style.context(PLAIN)
def curves_figure(run: FinishedRun) -> Figure:
    """Loss and accuracy of one run, in training and in evaluation."""
    split = run.config.evaluate_on
    figure = Figure(figsize=(WIDTH, 3.2), layout="constrained")
    colour = styles([run.config])[0][0]
    for axes, kind in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        factor = 100 if kind == "accuracy" else 1
        for key, name, line in ((f"test_{kind}", split, "-"), (f"train_{kind}", "training", "--")):
            values = [factor * entry[key] for entry in run.history]
            axes.plot(_epochs(run), values, line, color=colour, marker="o", markersize=3, label=name)
        axes.set(xlabel="epoch", ylabel=kind + (" (%)" if kind == "accuracy" else " (cross-entropy, nats per image)"))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        (_scale_accuracy if kind == "accuracy" else _scale_loss)(axes)
        axes.legend(frameon=False)
    return figure


@matplotlib.style.context(PLAIN)
def confusion_figure(run: FinishedRun) -> Figure:
    """How many images of each true class were given which class; the diagonal is what went right."""
    names = CLASS_NAMES[run.config.dataset]
    counts = confusion_matrix(run)
    errors = counts - np.diag(np.diag(counts))
    figure = Figure(figsize=(5.6, 5.2), layout="constrained")
    axes = figure.subplots()
    axes.grid(False)
    axes.imshow(errors, cmap="Oranges", vmin=0, vmax=max(1, errors.max()) * 1.4)
    for row, column in np.ndindex(*counts.shape):
        if counts[row, column]:
            weight = "normal" if row == column else "bold"
            axes.text(column, row, counts[row, column], ha="center", va="center", fontsize=8, weight=weight)
    axes.set_xticks(range(len(names)), names, rotation=0 if max(map(len, names)) < 4 else 60)
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="predicted class", ylabel="true class")
    return figure


@matplotlib.style.context(PLAIN)
def misclassified_figure(run: FinishedRun) -> Figure:
    """The ten errors of which the model was surest, five by two; fewer when there are fewer."""
    errors, names = run.misclassified, CLASS_NAMES[run.config.dataset]
    rows, columns = GRID
    figure = Figure(figsize=(WIDTH, 3.7), layout="constrained")
    for place, axes in enumerate(figure.subplots(rows, columns).flat):
        axes.axis("off")
        if place >= len(errors["label"]):
            continue
        axes.imshow(errors["images"][place], cmap="gray_r", vmin=0, vmax=255)
        true, predicted = names[errors["label"][place]], names[errors["predicted"][place]]
        axes.set_title(f"true {true}, said {predicted}\n{confidence_text(errors['confidence'][place])}", fontsize=9)
    return figure


@matplotlib.style.context(PLAIN)
def shared_errors_figure(runs: Sequence[FinishedRun], positions: np.ndarray) -> Figure:
    """Images (at most ten) that every run got wrong, with what each said. `positions` as of `shared_errors`."""
    rows, columns = GRID
    names = CLASS_NAMES[runs[0].config.dataset]
    called = labels([run.config for run in runs])
    first = runs[0].misclassified
    place_of = {int(index): place for place, index in enumerate(first["index"])}
    predictions = [run.predictions for run in runs]
    figure = Figure(figsize=(WIDTH, 3.2 + 0.36 * len(runs)), layout="constrained")
    for place, axes in enumerate(figure.subplots(rows, columns).flat):
        axes.axis("off")
        if place >= len(positions):
            continue
        row = positions[place]
        index, label = predictions[0]["index"][row], predictions[0]["label"][row]
        axes.imshow(first["images"][place_of[int(index)]], cmap="gray_r", vmin=0, vmax=255)
        said = [f"{name}: {names[p['predicted'][row]]}" for name, p in zip(called, predictions, strict=True)]
        axes.set_title("\n".join([f"true {names[label]} (no. {index})", *said]), fontsize=8)
    return figure


@matplotlib.style.context(PLAIN)
def augmentation_figure(config: Config, data: Data, images: int = 5, versions: int = 4) -> Figure:
    """A sheet of training images: originals above, versions drawn as in training at full strength."""
    original = data.train.images[:images].float() / 255
    sheet = [original]
    for epoch in range(1, versions + 1):
        draws = draw(images, generator(config.seed, epoch, "sheet"))
        sheet.append(augment(original, draws, config.rotation, config.shift, config.scale))
    figure = Figure(figsize=(WIDTH * 0.8, WIDTH * 0.8 * (versions + 1) / images), layout="constrained")
    for (row, column), axes in np.ndenumerate(figure.subplots(versions + 1, images)):
        axes.imshow(sheet[row][column, 0], cmap="gray_r", vmin=0, vmax=1)
        axes.set(xticks=[], yticks=[])
        axes.grid(False)
        for spine in axes.spines.values():
            spine.set(visible=True, color="#bbbbbb")
        if column == 0:
            axes.set_ylabel("original" if row == 0 else f"version {row}", fontsize=9)
    return figure


def shared_errors_alt(runs: Sequence[FinishedRun], positions: np.ndarray) -> str:
    """Alternative text for `shared_errors_figure`."""
    names = CLASS_NAMES[runs[0].config.dataset]
    first = runs[0].predictions
    items = ", ".join(f"{names[first['label'][row]]} (number {first['index'][row]})" for row in positions)
    return f"Grid of {len(positions)} images that every model misclassifies: {items}."


def confusion_matrix(run: FinishedRun) -> np.ndarray:
    """Counts (classes, classes): rows are true classes, columns predicted ones."""
    classes = len(CLASS_NAMES[run.config.dataset])
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (run.predictions["label"], run.predictions["predicted"]), 1)
    return counts


def shared_errors(runs: Sequence[FinishedRun]) -> np.ndarray:
    """Positions (m,) of the evaluated images that every run got wrong; those the first was surest of come first."""
    everywhere = np.logical_and.reduce([wrong(run) for run in runs])
    positions = np.flatnonzero(everywhere)
    return positions[np.argsort(-runs[0].predictions["predicted_probability"][positions], kind="stable")]


def confidence_text(probability: float) -> str:
    """A probability in percent that never rounds up to certainty: `99.3 %`, `> 99.9 %`."""
    return "> 99.9 %" if probability > 0.999 else f"{100 * probability:.1f} %"


def value_text(measure: str, value: float) -> str:
    """A value of `measure`, a key of the history: `99.43 %` or `0.0157`."""
    return f"{100 * value:.2f} %" if measure.endswith("accuracy") else f"{value:.4f}"


def history_alt(runs: Sequence[FinishedRun], measure: str) -> str:
    """Alternative text for `history_figure` with one measure."""
    title = MEASURES[measure].format(split=runs[0].config.evaluate_on)
    ends = "; ".join(
        f"{name} goes from {value_text(measure, run.history[0][measure])} in epoch 1 to "
        f"{value_text(measure, run.history[-1][measure])} in epoch {len(run.history)}"
        for name, run in zip(model_names(runs), runs, strict=True)
        if run.history
    )
    without = "".join(f" {text}." for text in _without_line(runs))
    return f"Line chart of {title} over the epochs, one line per model: {ends or 'there is none'}.{without}"


def confusion_alt(run: FinishedRun) -> str:
    """Alternative text for `confusion_figure`: the totals and the most frequent confusion."""
    counts = confusion_matrix(run)
    right = int(np.trace(counts))
    text = f"Confusion matrix: {right} of {counts.sum()} images are on the diagonal"
    errors = counts - np.diag(np.diag(counts))
    if not errors.any():
        return text + "."
    names = CLASS_NAMES[run.config.dataset]
    true, said = np.unravel_index(errors.argmax(), errors.shape)
    return f"{text}; the most frequent error is {names[true]} taken for {names[said]}, {errors.max()} times."


def misclassified_alt(run: FinishedRun) -> str:
    """Alternative text for `misclassified_figure`: what each picture is and was taken for."""
    names, errors = CLASS_NAMES[run.config.dataset], run.misclassified
    shown = list(zip(errors["label"], errors["predicted"], errors["confidence"], strict=True))[: GRID[0] * GRID[1]]
    items = (f"{names[true]} taken for {names[said]} ({confidence_text(p)})" for true, said, p in shown)
    return f"Grid of {len(shown)} misclassified images: {', '.join(items)}."


def _draw_history(axes: Axes, runs: Sequence[FinishedRun], measure: str) -> None:
    configs = [run.config for run in runs]
    accuracy = measure.endswith("accuracy")
    ends = []
    for run, name, (colour, line) in zip(runs, model_names(runs), styles(configs), strict=True):
        if not run.history:
            continue
        values = [(100 if accuracy else 1) * entry[measure] for entry in run.history]
        axes.plot(_epochs(run), values, line, color=colour, marker="o", markersize=3, linewidth=1.5)
        ends.append((values[-1], f"{name}  {value_text(measure, run.history[-1][measure])}", colour, len(values)))
    axes.set(xlabel="epoch", ylabel=MEASURES[measure].format(split=configs[0].evaluate_on))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    (_scale_accuracy if accuracy else _scale_loss)(axes)
    _label_ends(axes, ends)
    if without := _without_line(runs):
        axes.text(0.02, 0.02, "\n".join(without), transform=axes.transAxes, fontsize=9, va="bottom")


def _without_line(runs: Sequence[FinishedRun]) -> list[str]:
    """What is said of runs that ended before their first epoch did."""
    called = labels([run.config for run in runs])
    return [
        f"{name} diverged in epoch {run.metrics['epoch']}"
        for name, run in zip(called, runs, strict=True)
        if not run.history
    ]


def _label_ends(axes: Axes, ends: list[tuple[float, str, str, int]]) -> None:
    """Write each line's name and last value at its end, moved apart where they would overlap."""
    gap = 13 / (axes.figure.get_figheight() * 72 * 0.8)  # one line of text, as a fraction of the axes' height
    to_fraction = axes.transScale.transform
    low, high = (to_fraction((0, limit))[1] for limit in axes.get_ylim())
    placed: list[float] = []
    for value, text, colour, epoch in sorted(ends):
        height = (to_fraction((0, value))[1] - low) / (high - low)
        placed.append(max(height, placed[-1] + gap) if placed else height)
        axes.annotate(
            text,
            xy=(epoch, value),
            xytext=(1.03, placed[-1]),
            textcoords="axes fraction",
            color=colour,
            fontsize=9,
            va="center",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 2},
        )


def _scale_loss(axes: Axes) -> None:
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())


def _scale_accuracy(axes: Axes) -> None:
    """Stretch towards 100 %, so that first and last epochs can be read in one picture."""
    floor = 0.01  # percent: keeps 100 % at a finite height
    axes.set_yscale(
        "function",
        functions=(
            lambda percent: -np.log10(np.maximum(100 - percent, 0) + floor),
            lambda height: 100 + floor - 10.0 ** (-height),
        ),
    )
    drawn = [y for line in axes.lines for y in line.get_ydata()]
    ticks = [0, 20, 40, 60, 80, 90, 95, 98, 99, 99.5, 99.8, 99.9, 100]
    lowest = max([tick for tick in ticks if tick <= min(drawn, default=0)], default=0)
    highest = min([tick for tick in ticks if tick >= max(drawn, default=100)], default=100)
    axes.set_ylim(lowest, highest)
    axes.yaxis.set_major_locator(FixedLocator([tick for tick in ticks if lowest <= tick <= highest]))
    axes.yaxis.set_major_formatter(FixedFormatter([f"{tick:g}" for tick in ticks if lowest <= tick <= highest]))
    axes.yaxis.set_minor_locator(NullLocator())


def _epochs(run: FinishedRun) -> list[int]:
    return [entry["epoch"] for entry in run.history]
