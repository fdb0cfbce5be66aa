"""Graph 1 and Graph 2: loss and accuracy on the evaluated images after each epoch, a line per model."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from normstudy.config import Config
from normstudy.report.core import markup, plots
from normstudy.report.core.models import Model, has_several_seeds, images_of
from normstudy.report.core.names import MOST_NAMES, data_name, some_of
from normstudy.report.core.style import LINE_STYLES, MARKERS, WIDTH, colour
from normstudy.report.core.text import number

MOST_LABELS = 40
"""Lines that are labelled; of more, those that end lowest and highest."""

LONGEST_LINE = 24
"""Characters of a line of a label, where there are few labels."""

FALLING = ("one_cycle", "cosine")
"""Schedules whose rate falls from its peak on; that of others stays there for a while."""


def test_loss(models: Sequence[Model]) -> str:
    """`@fig-test-loss`, Graph 1."""
    split = models[0].config.evaluate_on
    caption = f"**Graph 1.** Mean {split} loss (cross-entropy) after each epoch: {data_name(models[0].config)}."
    return _figure(models, "test_loss", "test-loss", f"{caption} The axis is logarithmic.")


def test_accuracy(models: Sequence[Model]) -> str:
    """`@fig-test-accuracy`, Graph 2."""
    split = models[0].config.evaluate_on
    caption = f"**Graph 2.** {split.capitalize()} accuracy after each epoch: {data_name(models[0].config)}."
    return _figure(models, "test_accuracy", "test-accuracy", f"{caption} The axis is stretched towards 100 %.")


def epochs(models: Sequence[Model]) -> pd.DataFrame:
    """Every number of both graphs: one row per run and epoch."""
    columns = {
        "train_loss": "training loss (nats)",
        "train_accuracy": "training accuracy (fraction)",
        "test_loss": "loss (nats)",
        "test_accuracy": "accuracy (fraction)",
    }
    return pd.DataFrame(
        {"model": model.name, "seed": run.config.seed, "epoch": entry["epoch"]}
        | {name: entry[measure] for measure, name in columns.items()}
        for model in models
        for run in model.runs
        for entry in run.history
    )


def alt(models: Sequence[Model], measure: str) -> str:
    """Alternative text of the graph of `measure`, a key of the history."""
    what = _axis(models[0].config, measure).partition(" (")[0]
    return f"Line chart of the {what} over the epochs, a line per model. {_ends(models, measure)}"


def draw(models: Sequence[Model], measure: str) -> Figure:
    """One line per model with the value at its end; the rate's peak and the end of the augmentation, where common."""
    courses = [(model, _course(model, measure)) for model in models]
    few = len(models) <= 8
    names = [_name(model) for model in models]
    names = ["\n".join(_broken(name)) if few else name for name in names]
    labels = sum(name.count("\n") + 1 for name in names[:MOST_LABELS])
    picture = Figure(figsize=(WIDTH, max(3.5, 0.6 + labels * plots.LINE_HEIGHT / 72 / 0.85)))
    axes, ends = picture.subplots(), []
    factor = 100 if measure.endswith("accuracy") else 1
    for (model, course), name, line in zip(courses, names, _line_styles(models), strict=True):
        if not course.size:
            continue
        ink, x = colour(model.config.norm), np.arange(1, course.shape[1] + 1)
        mean = factor * course.mean(axis=0)
        axes.plot(x, mean, line, color=ink, marker=MARKERS[model.config.norm], markersize=3.5, linewidth=1.5)
        if len(course) > 1:
            axes.fill_between(x, factor * course.min(axis=0), factor * course.max(axis=0), color=ink, alpha=0.18, lw=0)
        ends.append((mean[-1], f"{name}  {_value(measure, course)}", ink, x[-1]))
    axes.set(
        xlabel="\n".join(["epoch", *_without_line([(_name(model), course) for model, course in courses])]),
        ylabel=_axis(models[0].config, measure),
    )
    plots.epoch_axis(axes)
    if measure.endswith("accuracy"):
        plots.accuracy_axis(axes, images_of(models))
    else:
        plots.loss_axis(axes)
    if ends:
        _mark_milestones(axes, [model.config for model in models])
    plots.label_ends(axes, _outermost(ends))
    return picture


def _figure(models: Sequence[Model], measure: str, label: str, caption: str) -> str:
    if has_several_seeds(models):
        caption += " Lines are means over seeds, bands reach from the lowest to the highest run."
    return markup.figure(
        label, lambda: draw(models, measure), alt(models, measure), f"{caption}{_milestones_in_words(models)}"
    )


def _course(model: Model, measure: str) -> np.ndarray:
    """(runs, epochs) of the finished runs; where none finished, of the first, as far as it came."""
    drawn = model.finished or model.runs[:1]
    return np.array([[entry[measure] for entry in run.history] for run in drawn], float)


def _line_styles(models: Sequence[Model]) -> list[str]:
    """Colour and marker are the normalization's; the line's style distinguishes models of one normalization."""
    norms = [model.config.norm for model in models]
    return [LINE_STYLES[norms[:place].count(norm) % len(LINE_STYLES)] for place, norm in enumerate(norms)]


def _value(measure: str, course: np.ndarray) -> str:
    """`99.43 %` or `0.0157`: what the line ends at; a mean of several runs lies between the steps of one image."""
    end = course.mean(axis=0)[-1]
    return f"{number(100 * end, 3 if len(course) > 1 else 2)} %" if measure.endswith("accuracy") else number(end, 4)


def _axis(config: Config, measure: str) -> str:
    if measure.endswith("accuracy"):
        return f"{config.evaluate_on} accuracy (%)"
    return f"{config.evaluate_on} loss (nats per image)"


def _ends(models: Sequence[Model], measure: str) -> str:
    """For the alternative text: where each line starts and ends; of many, where the lowest and the highest end."""
    courses = [(_name(model), _course(model, measure)) for model in models]
    without = "".join(f" {text[0].upper()}{text[1:]}." for text in _without_line(courses))
    drawn = [(name, course) for name, course in courses if course.size]
    if len(drawn) > MOST_NAMES:
        drawn.sort(key=lambda each: each[1].mean(axis=0)[-1])
        ends = [f"{_value(measure, course)} ({name})" for name, course in (drawn[0], drawn[-1])]
        return f"{len(drawn)} lines end between {ends[0]} and {ends[1]}.{without}"
    texts = [
        f"{name}: {_value(measure, course[:, :1])} after epoch 1, {_value(measure, course)} after {course.shape[1]}"
        for name, course in drawn
    ]
    return f"{'; '.join(texts)}.{without}" if texts else without.strip()


def _name(model: Model) -> str:
    return model.name if model.finished else f"{model.name} (diverged)"


def _without_line(courses: Sequence[tuple[str, np.ndarray]]) -> list[str]:
    """Below the axis and in the alternative text: what has no line."""
    names = [name for name, course in courses if not course.size]
    return [f"no finished epoch: {some_of(names)}"] if names else []


def _outermost(ends: Sequence[tuple[float, str, str, float]]) -> list[tuple[float, str, str, float]]:
    ends = sorted(ends)
    half = MOST_LABELS // 2
    return ends if len(ends) <= MOST_LABELS else [*ends[:half], *ends[-half:]]


def _broken(name: str) -> list[str]:
    """The lines of a label: broken between values in brackets and before these."""
    lines = [""]
    for part in re.split(r"(?<=,) | (?=\()", name):
        if lines[-1] and len(lines[-1]) + len(part) >= LONGEST_LINE:
            lines.append(part)
        else:
            lines[-1] = f"{lines[-1]} {part}".lstrip()
    return lines


def _milestones(configs: Sequence[Config]) -> tuple[float | None, float | None]:
    """After how many epochs the rate of all `configs` peaks, and their augmentation begins to fade; None otherwise."""
    peaks = {
        config.warmup * config.epochs if config.schedule in FALLING and config.warmup else None for config in configs
    }
    fades = {
        config.epochs * (1 - config.fade) if config.fade and (config.rotation or config.scale or config.shift) else None
        for config in configs
    }
    return (peaks.pop() if len(peaks) == 1 else None), (fades.pop() if len(fades) == 1 else None)


def _mark_milestones(axes: Axes, configs: Sequence[Config]) -> None:
    peak, fade = _milestones(configs)
    last = max(config.epochs for config in configs)
    note = {"fontsize": 8, "color": colour("note"), "va": "bottom", "xycoords": ("data", "axes fraction")}
    if fade is not None and last > 1:
        axes.axvspan(max(fade, 1), last, color=colour("shade"), linewidth=0, zorder=0)
        axes.annotate("augmentation fades out", ((max(fade, 1) + last) / 2, 1.01), ha="center", **note)
    if peak is not None and 1 <= peak < last:
        axes.axvline(peak, color=colour("faint"), linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
        axes.annotate("rate peaks", (peak, 1.01), ha="center", **note)


def _milestones_in_words(models: Sequence[Model]) -> str:
    peak, fade = _milestones([model.config for model in models])
    parts = [f"the learning rate peaks after epoch {peak:g}"] if peak is not None and peak >= 1 else []
    parts += [f"augmentation fades out after epoch {fade:g}"] if fade is not None and fade >= 1 else []
    text = ", ".join(parts)
    return f" {text[0].upper()}{text[1:]}." if text else ""
