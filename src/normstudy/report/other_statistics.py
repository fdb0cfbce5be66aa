"""What becomes of BN's error when a trained network takes other statistics at test time than its running averages."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure

from normstudy.report import markup
from normstudy.report.drawing import COLOURS, PLAIN, WIDTH, label_ends
from normstudy.report.estimates import in_percent, paired_ratios, ratio_intervals
from normstudy.report.estimates_in_words import flat, on_ratios, times
from normstudy.report.models import Model
from normstudy.report.numbers_behind import folded
from normstudy.report.points import Look, draw_points, scale_measure, scale_values, shifts
from normstudy.report.series import value_of
from normstudy.report.statistics import Estimate
from normstudy.report.study_rows import of_statistics
from normstudy.report.wording import join_words, short

KINDS = {"running": "running averages", "precise": "precise statistics", "batch": "those of the batch"}
"""As `runs/afterwards.py` calls them, and how they are called here."""

LOOKS = {"running": ("o", "-"), "precise": ("D", "--"), "batch": ("v", ":")}

HEIGHT = 3.4
"""Inches."""


def part(cells: Sequence[Model], key: str, label: str, over: str) -> str:
    """Prose and `@fig-<label>` of the `cells` of BN over their parameter `key`, whose axis says `over`.

    Nothing where that was not measured.
    """
    measured = [cell for cell in cells if len(errors_with(cell, "running"))]
    if not measured:
        return ""
    groups = [errors_with(cell, kind) for kind in KINDS for cell in measured]
    caption = (
        "The same trained networks with BN, judged with three kinds of statistics: each run (small), the geometric "
        f"mean over the seeds and its 95 % interval. {on_ratios(groups)}"
    )
    text = (
        "In training BN normalizes with the statistics of the batch at hand, at test time with running averages of "
        f"them. @fig-{label} takes others, with weights as they are: precise ones, the mean statistics of the training "
        "images under the final weights, estimated in large batches [@wu2021, Section 3], and those of the batch at "
        f"hand, of as many images as in training. {in_words(measured, key)}"
    )
    picture = markup.figure(label, kinds_figure(measured, key, over), alternative(measured, key), caption)
    return f"{text}\n\n{picture}{folded(label, of_statistics(measured, key, KINDS))}"


def in_words(cells: Sequence[Model], key: str) -> str:
    """Where other statistics than the running averages help or harm, and what is found with the fewest images."""
    least = min(cells, key=lambda cell: value_of(cell.config, key))
    means = {kind: ratio_intervals([errors_with(least, kind)])[0][0] for kind in KINDS}
    told = [f"{100 * means[kind]:.2f} % with {name}" for kind, name in KINDS.items() if np.isfinite(means[kind])]
    sentences = [f"With {short(value_of(least.config, key))} images the mean error is {join_words(told)}."]
    for kind in ("precise", "batch"):
        found = _against_running(cells, kind)
        sentences.append(f"{_capital(KINDS[kind])} {_verdict(cells, key, found)}.")
    return " ".join(sentences)


@matplotlib.style.context(PLAIN)
def kinds_figure(cells: Sequence[Model], key: str, over: str) -> Figure:
    """The error with each kind of statistics, over `key`."""
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes = figure.subplots()
    places = [value_of(cell.config, key) for cell in cells]
    everything, ends = [], []
    found = iter(ratio_intervals([errors_with(cell, kind) for kind in KINDS for cell in cells]))
    for kind, shift in zip(KINDS, shifts(len(KINDS)), strict=True):
        groups = [100 * errors_with(cell, kind) for cell in cells]
        estimates = [in_percent(next(found)) for _ in cells]
        marker, line = LOOKS[kind]
        draw_points(axes, places, groups, estimates, Look(COLOURS["bn"], marker, line, shift))
        everything += groups
        last = int(np.argmax(places))
        ends.append((estimates[last][0], KINDS[kind], COLOURS["bn"], places[last]))
    axes.set(xlabel=over, ylabel=f"{cells[0].config.evaluate_on} error of BN (%)")
    scale_measure(axes, everything)
    scale_values(axes, places)
    label_ends(axes, ends, HEIGHT, len(ends))
    return figure


def alternative(cells: Sequence[Model], key: str) -> str:
    """Alternative text of the `kinds_figure`."""
    told = []
    for kind, name in KINDS.items():
        means = [mean for mean, *_ in ratio_intervals([errors_with(cell, kind) for cell in cells])]
        values = [
            f"{100 * mean:.2f} % with {short(value_of(cell.config, key))}"
            for cell, mean in zip(cells, means, strict=True)
            if np.isfinite(mean)
        ]
        told.append(f"{name}: {', '.join(values)}")
    return f"Mean errors of BN by the number of images and the kind of statistics. {'; '.join(told)}."


def errors_with(cell: Model, kind: str) -> np.ndarray:
    """(n,) error rates of the finished runs of `cell` with that kind of statistics, where they were measured."""
    found = [run.afterwards.get("batch_norm", {}).get(kind) for run in cell.finished]
    return np.array([1 - each["accuracy"] for each in found if each], float)


def _against_running(cells: Sequence[Model], kind: str) -> list[Estimate]:
    """How many times the error with running averages that with `kind` is, in each of `cells`."""
    pairs = [(errors_with(cell, kind), errors_with(cell, "running")) for cell in cells]
    return paired_ratios(pairs, tests=(len(KINDS) - 1) * len(cells))


def _verdict(cells: Sequence[Model], key: str, found: Sequence[Estimate]) -> str:
    """`make it smaller, beyond the noise, with 2 images (0.62 (0.55 to 0.71) times that of running averages)`."""
    named = [(short(value_of(cell.config, key)), each) for cell, each in zip(cells, found, strict=True)]
    smaller = [f"{name} (ratio {flat(times(each))})" for name, each in named if each[2] < 1]
    larger = [f"{name} (ratio {flat(times(each))})" for name, each in named if each[1] > 1]
    both = (("lower", smaller), ("raise", larger))
    parts = [f"{word} with {join_words(which)} images" for word, which in both if which]
    if parts:
        return f"{' and '.join(parts)} the error of the running averages beyond the noise"
    if not any(np.isfinite(each).all() for _, each in named):
        return "cannot be told from the running averages: so few runs say nothing of the noise"
    return "cannot be told from the running averages at any size"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
