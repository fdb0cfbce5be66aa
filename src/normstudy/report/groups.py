"""How many groups GN should have: the line from layer normalization, one group, to instance normalization."""

from __future__ import annotations

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from normstudy.report import markup, run_rows, sweep
from normstudy.report.drawing import COLOURS, MARKERS, PLAIN, WIDTH
from normstudy.report.estimates import differences, in_percent, intervals
from normstudy.report.estimates_in_words import flat, on_spread, percent, points
from normstudy.report.models import Model
from normstudy.report.numbers_behind import folded
from normstudy.report.points import Look, draw_diverged, draw_points, scale_measure, scale_values
from normstudy.report.series import (
    errors,
    is_line,
    judged_alike,
    note_on_diverged,
    protocol,
    series_of,
)
from normstudy.report.statistics import PERCENT, SHARE, Estimate
from normstudy.report.wording import counted, join_words, rounded
from normstudy.runs.record import RecordedStudy

USUAL = 4
"""Groups of the models that this report compares; the other numbers are compared with it."""


def section(study: RecordedStudy) -> str:
    """The section, as Markdown with its heading."""
    line = series_of(study.runs)
    if len(line) > 1 or not is_line(line[0], "groups") or not judged_alike(study.runs):
        return sweep.section(study)
    cells = sorted(line[0].cells, key=lambda cell: cell.config.groups)
    if not _reference(cells).finished:
        return sweep.section(study)
    caption = (
        "GN by the number of its groups. Left: the error of each run (small), its mean over the seeds and the 95 % "
        f"interval. Right: how much more than with {_named(_reference(cells))}, with intervals that hold all at once. "
        f"{on_spread([errors(cell) for cell in cells])}{note_on_diverged(study.runs)}"
    )
    text = (
        "With one group GN takes its statistics as LN does, with one channel in each as IN does [@wu2018]. "
        f"@fig-groups and @tbl-groups show {protocol(study.runs)}. {verdict(cells)}"
    )
    return "\n".join(
        [
            "### How many groups {#sec-groups}\n",
            text + "\n",
            markup.figure("groups", groups_figure(cells), groups_alt(cells), caption)
            + folded("groups", run_rows.of_series(line)),
            markup.table("groups", groups_table(cells), "GN by the number of its groups; intervals as in @fig-groups."),
        ]
    )


def verdict(cells: list[Model]) -> str:
    """Which numbers of groups differ from the usual one beyond the noise."""
    reference = _reference(cells)
    found = _compared(cells)
    if not found:
        return "There is one number of groups alone, and nothing to compare it with."
    worse = [_told(cell, each) for cell, each in found if each[1] > 0]
    better = [_told(cell, each) for cell, each in found if each[2] < 0]
    sentences = []
    if worse:
        sentences.append(
            f"More errors than with {_named(reference)} are made, beyond the noise, with {join_words(worse)}."
        )
    if better:
        sentences.append(f"Fewer than with {_named(reference)} are made, beyond the noise, with {join_words(better)}.")
    halves = [(high - low) / 2 for _, (_, low, high) in found if np.isfinite([low, high]).all()]
    if not halves:
        sentences.append("So few runs say nothing of the noise, and no difference can be told from it.")
    elif not worse and not better:
        sentences.append(
            f"No other number of groups differs from {_named(reference)} beyond the noise: the intervals reach up to "
            f"{rounded(100 * max(halves), 2)} percentage points either way."
        )
    elif len(worse) + len(better) < len(found):
        sentences.append("The others cannot be told from it.")
    return " ".join(sentences)


@matplotlib.style.context(PLAIN)
def groups_figure(cells: list[Model]) -> Figure:
    """Left the errors, right their differences to the usual number, over the number of groups."""
    figure = Figure(figsize=(WIDTH, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    values = [100 * errors(cell) for cell in cells]
    places = [cell.config.groups for cell in cells]
    estimates = intervals(values, PERCENT)
    left.plot(places, [mean for mean, *_ in estimates], "-", color=COLOURS["gn"], linewidth=1.2)
    for cell, place, group, estimate in zip(cells, places, values, estimates, strict=True):
        draw_points(left, [place], [group], [estimate], _look(cell))
        draw_diverged(left, [place], [cell.diverged], _look(cell))
    scale_measure(left, values)
    left.set_ylabel(f"{cells[0].config.evaluate_on} error (%)")
    right.axhline(0, color="black", linewidth=0.8)
    for cell, estimate in _compared(cells):
        draw_points(right, [cell.config.groups], [np.zeros(0)], [in_percent(estimate)], _look(cell))
    right.plot([_reference(cells).config.groups], [0], "s", color=COLOURS["gn"], markersize=6, mfc="white")
    right.set_ylabel(f"more than with {_named(_reference(cells))}\n(percentage points)")
    for axes in (left, right):
        scale_values(axes, places)
        axes.set_xticks(places, [f"{place}\n{_like(cell)}" for place, cell in zip(places, cells, strict=True)])
        axes.set_xlabel("groups")
    return figure


def groups_alt(cells: list[Model]) -> str:
    """Alternative text of the `groups_figure`."""
    means = intervals([errors(cell) for cell in cells], SHARE)
    told = "; ".join(f"{_named(cell)} {percent(mean)} %" for cell, mean in zip(cells, means, strict=True))
    return (
        f"Two panels over the number of groups. Left, {cells[0].config.evaluate_on} errors: {told}. "
        f"Right, their differences to {_named(_reference(cells))}."
    )


def groups_table(cells: list[Model]) -> pd.DataFrame:
    """One row per number of groups."""
    compared = {cell.config.groups: estimate for cell, estimate in _compared(cells)}
    means = intervals([errors(cell) for cell in cells], SHARE)
    more = f"more than with {_reference(cells).config.groups} (points)"
    return pd.DataFrame(
        {"groups": str(cell.config.groups), "as": _like(cell) or "–", "runs": str(len(cell.finished))}
        | {f"{cell.config.evaluate_on} error (%)": percent(mean)}
        | {more: points(compared[cell.config.groups]) if cell.config.groups in compared else "–"}
        for cell, mean in zip(cells, means, strict=True)
    )


def _reference(cells: list[Model]) -> Model:
    return next((cell for cell in cells if cell.config.groups == USUAL), cells[0])


def _compared(cells: list[Model]) -> list[tuple[Model, Estimate]]:
    """The cells beside the reference, and how much larger their errors are than its."""
    reference = _reference(cells)
    others = [cell for cell in cells if cell is not reference]
    return list(zip(others, differences(errors(reference), [errors(cell) for cell in others]), strict=True))


def _named(cell: Model) -> str:
    return counted(cell.config.groups, "group")


def _told(cell: Model, estimate: Estimate) -> str:
    return f"{_named(cell)} ({flat(points(estimate))} percentage points)"


def _like(cell: Model) -> str:
    """Of which other normalization the statistics are those of so many groups."""
    kinds = {1: "LN", cell.config.channels: "IN"}
    return kinds.get(cell.config.groups, "")


def _look(cell: Model) -> Look:
    norm = _like(cell).lower() or "gn"
    return Look(COLOURS[norm], MARKERS[norm])
