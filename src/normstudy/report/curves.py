"""Loss and accuracy over the epochs: Graph 1, Graph 2, training, and the curves of one run."""

from __future__ import annotations

import re
from collections.abc import Sequence

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from normstudy.report import markup
from normstudy.report.drawing import (
    AXES_SHARE,
    LINE_HEIGHT,
    PLAIN,
    WIDTH,
    label_ends,
    scale_accuracy,
    scale_epochs,
    scale_loss,
    styles,
)
from normstudy.report.labels import DATA_TITLES, data_name, model_names
from normstudy.report.outcomes import named, note_on_diverged
from normstudy.report.wording import MOST_NAMES, counted, some_of
from normstudy.runs.folder import FinishedRun

MEASURES = {
    "train_loss": "training loss (cross-entropy, nats per image)",
    "test_loss": "{split} loss (cross-entropy, nats per image)",
    "train_accuracy": "training accuracy (%)",
    "test_accuracy": "{split} accuracy (%)",
}
"""Keys of the history, and what stands beside their axis."""

MOST_LABELS = 40
"""Lines that are labelled in a picture; of more, those that end lowest and highest."""

MOST_WRAPPED, LONGEST_LINE = 8, 24
"""Up to so many models, labels have two lines if they have more than so many characters."""

MOST_BESIDE, LONGEST_BESIDE = 5, 16
"""Models, and characters of a name, for which two panels fit beside each other."""


def test_loss(runs: Sequence[FinishedRun]) -> str:
    """`@fig-test-loss`, Graph 1."""
    split = runs[0].config.evaluate_on
    caption = (
        f"Graph 1. Mean {split} loss after each epoch ({data_name(runs)}; {epochs_shown(runs)}; logarithmic axis). "
        f"{take_away(runs, 'test_loss')}{note_on_diverged(runs)}"
    )
    figure = history_figure(runs, ["test_loss"])
    return markup.figure("test-loss", figure, history_alt(runs, "test_loss"), caption)


def test_accuracy(runs: Sequence[FinishedRun]) -> str:
    """`@fig-test-accuracy`, Graph 2."""
    split = runs[0].config.evaluate_on
    caption = (
        f"Graph 2. {split.capitalize()} accuracy after each epoch ({data_name(runs)}; {epochs_shown(runs)}). The axis "
        "is stretched towards 100 %, so that early and late epochs can both be read. "
        f"{take_away(runs, 'test_accuracy')}{note_on_diverged(runs)}"
    )
    figure = history_figure(runs, ["test_accuracy"])
    return markup.figure("test-accuracy", figure, history_alt(runs, "test_accuracy"), caption)


def training(runs: Sequence[FinishedRun]) -> str:
    """`@fig-training`: loss and accuracy in training."""
    measures = ["train_loss", "train_accuracy"]
    caption = (
        f"Training loss and training accuracy of each epoch ({DATA_TITLES[runs[0].config.dataset]}; "
        f"{epochs_shown(runs)}). {' '.join(take_away(runs, measure) for measure in measures)}{note_on_diverged(runs)}"
    )
    alt = " ".join(history_alt(runs, measure) for measure in measures)
    return markup.figure("training", history_figure(runs, measures), alt, caption)


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


def history_alt(runs: Sequence[FinishedRun], measure: str) -> str:
    """Alternative text for `history_figure` with one measure."""
    title = MEASURES[measure].format(split=runs[0].config.evaluate_on)
    drawn = [(name, run) for name, run in zip(model_names(runs), runs, strict=True) if run.history]
    if len(drawn) > MOST_NAMES:
        drawn.sort(key=lambda each: each[1].history[-1][measure])
        low, high = ((name, value_text(measure, run.history[-1][measure])) for name, run in (drawn[0], drawn[-1]))
        ends = f"{len(drawn)} lines, which end between {low[1]} ({low[0]}) and {high[1]} ({high[0]})"
    else:
        ends = "; ".join(
            f"{name} goes from {value_text(measure, run.history[0][measure])} in epoch 1 to "
            f"{value_text(measure, run.history[-1][measure])} in epoch {len(run.history)}"
            for name, run in drawn
        )
    without = "".join(f" {text}." for text in _without_line(runs))
    return f"Line chart of {title} over the epochs, one line per model: {ends or 'there is none'}.{without}"


def take_away(runs: Sequence[FinishedRun], measure: str) -> str:
    """A caption's last sentence: where the lines of `measure`, a key of the history, end, and how far apart."""
    ended = [(run.history[-1][measure], name) for name, run in named(runs) if run.history and not run.diverged]
    if not ended:
        return "No model finished."
    (low, lowest), (high, highest) = min(ended), max(ended)
    accuracy = measure.endswith("accuracy")
    if len(ended) == 1:
        return f"{lowest} ends at {value_text(measure, low)}."
    gap = f"{100 * (high - low):.2f} percentage points" if accuracy else f"{high - low:.4f} nats"
    best, worst = ((high, highest), (low, lowest)) if accuracy else ((low, lowest), (high, highest))
    return (
        f"{best[1]} ends best, at {value_text(measure, best[0])}, {worst[1]} last, "
        f"at {value_text(measure, worst[0])}: {gap} apart."
    )


def epochs_shown(runs: Sequence[FinishedRun]) -> str:
    """How many of the configured epochs a chart shows: `20 of 20 epochs of each model`."""
    counts: dict[tuple[int, int], list[str]] = {}
    for name, run in zip(model_names(runs), runs, strict=True):
        counts.setdefault((len(run.history), run.config.epochs), []).append(name)
    if len(counts) == 1:
        ((shown, configured),) = counts
        return f"{shown} of {counted(configured, 'epoch')} of each model"
    parts = (f"{shown} of {configured} ({some_of(names)})" for (shown, configured), names in counts.items())
    return "epochs shown: " + ", ".join(parts)


def value_text(measure: str, value: float) -> str:
    """A value of `measure`, a key of the history: `99.43 %` or `0.0157`."""
    return f"{100 * value:.2f} %" if measure.endswith("accuracy") else f"{value:.4f}"


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
        scale_epochs(axes)
        (scale_accuracy if kind == "accuracy" else scale_loss)(axes)
        axes.legend(frameon=False)
    return figure


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
    scale_epochs(axes)
    (scale_accuracy if accuracy else scale_loss)(axes)
    label_ends(axes, ends, height, most)


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
    without = [(name, run.metrics["epoch"]) for name, run in named(runs) if not run.history]
    if len(without) > MOST_NAMES:
        return [f"{len(without)} models diverged in their first epoch"]
    return [f"{name} diverged in epoch {epoch}" for name, epoch in without]


def _epochs(run: FinishedRun) -> list[int]:
    return [entry["epoch"] for entry in run.history]
