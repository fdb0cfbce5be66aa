"""The chart of a measure over the epochs: every model's line, labelled at its end."""

from __future__ import annotations

import re
from collections.abc import Sequence

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from normstudy.config import Config
from normstudy.report.courses import Course, courses
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
from normstudy.report.milestones import fade_start, rate_peak
from normstudy.report.wording import MOST_NAMES
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

MOST_BESIDE, LONGEST_BESIDE = 5, 10
"""Models, and characters of a name, for which two panels fit beside each other."""


@matplotlib.style.context(PLAIN)
def history_figure(runs: Sequence[FinishedRun], measures: Sequence[str]) -> Figure:
    """One panel per measure (a key of the history), every epoch of every model, labelled at the line's end.

    Of a model with several runs, a line of their means in a band from the lowest to the highest. Panels stand side by
    side, or below each other where the labels need the room; they grow with the labels.
    """
    count = len(measures)
    drawn = [courses(runs, measure) for measure in measures]
    names = [course.name for course in drawn[0]]
    beside = count > 1 and len(names) <= MOST_BESIDE and max(map(len, names)) <= LONGEST_BESIDE
    most = MOST_LABELS // count
    lines = sum(len(_lines(name, len(names))) for name in names) if len(names) <= most else most + 1
    height = max(3.4 if beside else 4.0, 0.3 + lines * LINE_HEIGHT / 72 / AXES_SHARE)
    figure = Figure(figsize=(WIDTH, height * (1 if beside else count)), layout="constrained")
    panels = figure.subplots(1, count, squeeze=False) if beside else figure.subplots(count, 1, squeeze=False)
    for axes, measure, each in zip(panels.flat, measures, drawn, strict=True):
        _draw_history(axes, each, measure, height, most, named=count == 1)
    return figure


def value_text(measure: str, value: float, places: int = 2) -> str:
    """A value of `measure`, a key of the history: `99.43 %`, with so many decimals, or `0.0157`."""
    return f"{100 * value:.{places}f} %" if measure.endswith("accuracy") else f"{value:.4f}"


def places(course: Course) -> int:
    """Decimals of percentages: a mean of several runs lies between the steps of one image."""
    return 3 if course.seeds > 1 else 2


def end_text(measure: str, course: Course) -> str:
    """`value_text` of what the line of `course` ends at."""
    return value_text(measure, course.values[-1], places(course))


def _draw_history(axes: Axes, drawn: Sequence[Course], measure: str, height: float, most: int, named: bool) -> None:
    """`height`: of the panel, inches; `most`: so many lines are labelled; `named`: the milestones are."""
    configs = [course.run.config for course in drawn]
    accuracy = measure.endswith("accuracy")
    factor = 100 if accuracy else 1
    ends = []
    for course, (colour, line, marker) in zip(drawn, styles(configs), strict=True):
        if not len(course.values):
            continue
        epochs = range(1, len(course.values) + 1)
        axes.plot(epochs, factor * course.values, line, color=colour, marker=marker, markersize=4, linewidth=1.5)
        if course.seeds > 1:
            axes.fill_between(epochs, factor * course.low, factor * course.high, color=colour, alpha=0.15, linewidth=0)
            for edge in (course.low, course.high):
                axes.plot(epochs, factor * edge, color=colour, alpha=0.5, linewidth=0.5)
        text = "\n".join(_lines(course.name, len(drawn))) + f"  {end_text(measure, course)}"
        ends.append((factor * course.values[-1], text, colour, len(course.values)))
    axes.set(
        xlabel="\n".join(["epoch", *without_line(drawn)]),
        ylabel=MEASURES[measure].format(split=configs[0].evaluate_on),
    )
    scale_epochs(axes)
    (scale_accuracy if accuracy else scale_loss)(axes)
    mark_milestones(axes, configs, named)
    label_ends(axes, ends, height, most)


def mark_milestones(axes: Axes, configs: Sequence[Config], named: bool) -> None:
    """A line where the rate of all `configs` peaks, a shade where their augmentation fades out; `named` above them."""
    note = {"fontsize": 7.5, "color": "#666666", "va": "bottom", "xycoords": ("data", "axes fraction")}
    peak, start = rate_peak(configs), fade_start(configs)
    last = max(config.epochs for config in configs)
    if start is not None and start < last:
        axes.axvspan(start, last, color="#f2f2f2", linewidth=0, zorder=0)
        axes.annotate("augmentation fades out" * named, ((start + last) / 2, 1.01), ha="center", **note)
    if peak is not None:
        axes.axvline(peak, color="#8c8c8c", linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
        axes.annotate("rate peaks" * named, (peak, 1.01), ha="center", **note)


def _lines(name: str, models: int) -> list[str]:
    """The lines of a label, of one of so many `models`: broken between values in brackets and before these."""
    lines = [""]
    for part in re.split(r"(?<=,) | (?=\()", name):
        if lines[-1] and len(lines[-1]) + len(part) >= LONGEST_LINE and models <= MOST_WRAPPED:
            lines.append(part)
        else:
            lines[-1] = f"{lines[-1]} {part}".lstrip()
    return lines


def without_line(drawn: Sequence[Course]) -> list[str]:
    """What is said of models whose runs ended before their first epoch did."""
    without = [
        (course.name.removesuffix(" (diverged)"), course.run.metrics["epoch"])
        for course in drawn
        if not len(course.values)
    ]
    if len(without) > MOST_NAMES:
        return [f"{len(without)} models diverged in their first epoch"]
    return [f"{name} diverged in epoch {epoch}" for name, epoch in without]
