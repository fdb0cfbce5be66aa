"""The pictures of runs: one palette, labelled axes, alternative text by the function beside each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from normstudy.config import Config
from normstudy.report.labels import CLASS_NAMES, MOST_NAMES, counted, labels, model_names, styles
from normstudy.runs.folder import FinishedRun, wrong
from normstudy.training.augmentation import augment, draw
from normstudy.training.data import Data
from normstudy.training.randomness import generator

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

LINE_HEIGHT = 13
"""Points from one label at a line's end to the next."""

AXES_SHARE = 0.8
"""Of a panel's height, what its axes have at least."""

MOST_LABELS = 40
"""Lines that are labelled in a picture; of more, those that end lowest and highest."""

MOST_WRAPPED, LONGEST_LINE = 8, 24
"""Up to so many models, labels have two lines if they have more than so many characters."""

MOST_BESIDE, LONGEST_BESIDE = 5, 16
"""Models, and characters of a name, for which two panels fit beside each other."""

MOST_ANSWERS = 4
"""Models whose answers stand above an image one by one; of more it is told how many gave which answer, up to so many
answers."""

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
    """One panel per measure (a key of the history), every epoch of every run, labelled at the line's end.

    Panels stand side by side, or below each other where the labels need the room; they grow with the labels.
    """
    count, names = len(measures), model_names(runs)
    beside = count > 1 and len(runs) <= MOST_BESIDE and max(map(len, names)) <= LONGEST_BESIDE
    most = MOST_LABELS // count
    lines = sum(len(_lines(name, len(runs))) for name in names) if len(runs) <= most else most + 1
    height = max(3.4 if beside else 4.0, 0.3 + lines * LINE_HEIGHT / 72 / AXES_SHARE)
    figure = Figure(figsize=(WIDTH, height * (1 if beside else count)), layout="constrained")
    panels = figure.subplots(1, count, squeeze=False) if beside else figure.subplots(count, 1, squeeze=False)
    for axes, measure in zip(panels.flat, measures, strict=True):
        _draw_history(axes, runs, measure, height, most)
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
        _scale_epochs(axes)
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
def shared_errors_figure(runs: Sequence[FinishedRun], positions: np.ndarray, called: Sequence[str] = ()) -> Figure:
    """Images (at most ten) that every run got wrong, with what each said, or how many said what.

    `positions` as of `shared_errors`; `called`: the names of `runs` in a study that has others, too.
    """
    rows, columns = GRID
    names = CLASS_NAMES[runs[0].config.dataset]
    called = called or labels([run.config for run in runs])
    one_by_one = len(runs) <= MOST_ANSWERS and max(map(len, called)) <= LONGEST_BESIDE
    first = runs[0].misclassified
    place_of = {int(index): place for place, index in enumerate(first["index"])}
    predictions = [run.predictions for run in runs]
    titles = []
    for row in positions:
        answers = [names[each["predicted"][row]] for each in predictions]
        said = [f"{name}: {answer}" for name, answer in zip(called, answers, strict=True)]
        told = said if one_by_one else _answers_counted(answers)
        label, index = names[predictions[0]["label"][row]], predictions[0]["index"][row]
        titles.append("\n".join([f"true {label} (no. {index})", *told]))
    lines = max(title.count("\n") for title in titles)
    figure = Figure(figsize=(WIDTH, 3.2 + 0.36 * lines), layout="constrained")
    for place, axes in enumerate(figure.subplots(rows, columns).flat):
        axes.axis("off")
        if place < len(positions):
            index = int(predictions[0]["index"][positions[place]])
            axes.imshow(first["images"][place_of[index]], cmap="gray_r", vmin=0, vmax=255)
            axes.set_title(titles[place], fontsize=8)
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
    return f"Grid of {counted(len(positions), 'image')} that every model misclassifies: {items}."


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
    named = [(name, run) for name, run in zip(model_names(runs), runs, strict=True) if run.history]
    if len(named) > MOST_NAMES:
        named.sort(key=lambda each: each[1].history[-1][measure])
        low, high = ((name, value_text(measure, run.history[-1][measure])) for name, run in (named[0], named[-1]))
        ends = f"{len(named)} lines, which end between {low[1]} ({low[0]}) and {high[1]} ({high[0]})"
    else:
        ends = "; ".join(
            f"{name} goes from {value_text(measure, run.history[0][measure])} in epoch 1 to "
            f"{value_text(measure, run.history[-1][measure])} in epoch {len(run.history)}"
            for name, run in named
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
    return f"Grid of {counted(len(shown), 'misclassified image')}: {', '.join(items)}."


def _answers_counted(answers: Sequence[str]) -> list[str]:
    """`3: 20 models`: how many gave which answer, the most frequent first, rare ones together."""
    counts = Counter(answers).most_common()
    if len(counts) > MOST_ANSWERS:
        counts = [*counts[: MOST_ANSWERS - 1], ("others", sum(count for _, count in counts[MOST_ANSWERS - 1 :]))]
    return [f"{answer}: {counted(count, 'model')}" for answer, count in counts]


def _draw_history(axes: Axes, runs: Sequence[FinishedRun], measure: str, height: float, most: int) -> None:
    """`height`: of the panel, inches; `most`: so many lines are labelled."""
    configs = [run.config for run in runs]
    accuracy = measure.endswith("accuracy")
    ends = []
    for run, name, (colour, line) in zip(runs, model_names(runs), styles(configs), strict=True):
        if not run.history:
            continue
        values = [(100 if accuracy else 1) * entry[measure] for entry in run.history]
        axes.plot(_epochs(run), values, line, color=colour, marker="o", markersize=3, linewidth=1.5)
        text = "\n".join(_lines(name, len(runs))) + f"  {value_text(measure, run.history[-1][measure])}"
        ends.append((values[-1], text, colour, len(values)))
    axes.set(
        xlabel="\n".join(["epoch", *_without_line(runs)]),
        ylabel=MEASURES[measure].format(split=configs[0].evaluate_on),
    )
    _scale_epochs(axes)
    (_scale_accuracy if accuracy else _scale_loss)(axes)
    _label_ends(axes, ends, height, most)


def _lines(name: str, models: int) -> list[str]:
    """The lines of a label, of one of so many `models`: broken between values in brackets and before these."""
    lines = [""]
    for part in re.split(r"(?<=,) | (?=\()", name):
        if lines[-1] and len(lines[-1]) + len(part) >= LONGEST_LINE and models <= MOST_WRAPPED:
            lines.append(part)
        else:
            lines[-1] = f"{lines[-1]} {part}".lstrip()
    return lines


def _without_line(runs: Sequence[FinishedRun]) -> list[str]:
    """What is said of runs that ended before their first epoch did."""
    called = labels([run.config for run in runs])
    without = [(name, run.metrics["epoch"]) for name, run in zip(called, runs, strict=True) if not run.history]
    if len(without) > MOST_NAMES:
        return [f"{len(without)} models diverged in their first epoch"]
    return [f"{name} diverged in epoch {epoch}" for name, epoch in without]


def _label_ends(axes: Axes, ends: list[tuple[float, str, str, int]], height: float, most: int) -> None:
    """Write each line's name and last value at its end, moved apart where they would overlap; see `_draw_history`."""
    ends = sorted(ends)
    if left := max(0, len(ends) - most):
        low, high = ends[: most // 2], ends[-(most // 2) :]
        between = (low[-1][0] + high[0][0]) / 2
        ends = [*low, (between, f"… {left} between these", "#595959", 0), *high]
    unit = LINE_HEIGHT / (height * 72 * AXES_SHARE)  # one line of text, as a fraction of the axes' height
    to_fraction = axes.transScale.transform
    bottom, top = (to_fraction((0, limit))[1] for limit in axes.get_ylim())
    wanted = [(to_fraction((0, value))[1] - bottom) / (top - bottom) for value, *_ in ends]
    sizes = [unit * (1 + text.count("\n")) for _, text, *_ in ends]
    for (value, text, colour, epoch), place in zip(ends, _apart(wanted, sizes), strict=True):
        leader = {"arrowstyle": "-", "color": colour, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 2}
        leader |= {"relpos": (0, 0.5)}  # from the label's left edge: no leader crosses another label
        axes.annotate(
            text,
            xy=(epoch, value) if epoch else (1, place),
            xycoords="data" if epoch else "axes fraction",
            xytext=(1.03, place),
            textcoords="axes fraction",
            color=colour,
            fontsize=9,
            va="center",
            annotation_clip=False,
            arrowprops=leader if epoch else None,
        )


def _apart(wanted: list[float], sizes: list[float]) -> list[float]:
    """Middles of labels with `sizes`, as near to the rising heights `wanted` as they can be without an overlap.

    Fractions of an axes' height. Labels begin at the bottom of it or above; what has no room there is moved down.
    """
    placed: list[float] = []
    for middle, size in zip(wanted, sizes, strict=True):
        lowest = placed[-1] + (sizes[len(placed) - 1] + size) / 2 if placed else 0.0
        placed.append(max(middle, lowest))
    ceiling = 1.0 + (sizes[-1] / 2 if sizes else 0)
    for at in reversed(range(len(placed))):
        placed[at] = min(placed[at], ceiling - sizes[at] / 2)
        ceiling = placed[at] - sizes[at] / 2
    return placed


def _scale_epochs(axes: Axes) -> None:
    if all(len(line.get_xdata()) <= 1 for line in axes.lines):
        axes.xaxis.set_major_locator(FixedLocator([1]))  # else a single epoch stands between hundredths of epochs
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))


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
    if lowest == highest:  # all that is drawn lies on one tick
        lowest, highest = max([0, *ticks[: ticks.index(lowest)]]), min([*ticks[ticks.index(highest) + 1 :], 100])
    axes.set_ylim(lowest, highest)
    axes.yaxis.set_major_locator(FixedLocator([tick for tick in ticks if lowest <= tick <= highest]))
    axes.yaxis.set_major_formatter(FixedFormatter([f"{tick:g}" for tick in ticks if lowest <= tick <= highest]))
    axes.yaxis.set_minor_locator(NullLocator())


def _epochs(run: FinishedRun) -> list[int]:
    return [entry["epoch"] for entry in run.history]
