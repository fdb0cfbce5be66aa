"""The picture of a study that has no section of its own: errors over what it varies, as far as that can be drawn."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.colors
import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from normstudy.report.drawing import COLOURS, LINE_STYLES, MARKERS, PLAIN, WIDTH, label_ends
from normstudy.report.estimates import in_percent
from normstudy.report.markup import plain
from normstudy.report.models import Model
from normstudy.report.points import (
    DECADES,
    ROOM,
    Look,
    draw_diverged,
    draw_points,
    scale_measure,
    scale_values,
    shifts,
)
from normstudy.report.series import Series, errors, value_of
from normstudy.report.standings import Standings
from normstudy.report.statistics import Estimate
from normstudy.report.trained import counted_errors
from normstudy.report.varied import are_numbers, axis_of, free, title_of, value_text, values_of, varied

MOST_PANELS, MOST_LINES, MOST_PLACES = 6, 8, 24
"""Of more panels, lines in one, or values on an axis, there is no picture."""

SPREAD = 4
"""As many lines stand as far apart as anywhere; more stand closer, or the outer ones would leave the axes."""

LONGEST_NAME = 24
"""Characters of a name in the picture."""

PANEL_HEIGHT = 2.9
"""Inches."""


@dataclass(frozen=True)
class Line:
    """Cells that differ in what the axis has, and what the line is called."""

    name: str
    cells: tuple[Model, ...]


@dataclass(frozen=True)
class Plan:
    """What the picture shows: the parameter on its axis (None: the models), its values, and its panels' lines."""

    key: str | None
    values: list[Any]
    panels: dict[str, list[Line]]


def plan(series: Sequence[Series]) -> Plan | None:
    """How `series` can be drawn; None where there is nothing to draw, or too much for a picture."""
    if not any(len(errors(cell)) for each in series for cell in each.cells):
        return None
    keys = free(series, varied(series))
    if not keys:
        made = Plan(None, [each.name for each in series], {"": [Line(each.name, each.cells) for each in series]})
    else:
        key = axis_of(series, keys)
        made = Plan(key, values_of(series, key), _panels(series, [each for each in keys if each != key]))
    lines = max(map(len, made.panels.values()))
    fits = len(made.panels) <= MOST_PANELS and len(made.values) <= MOST_PLACES
    return made if fits and (not keys or lines <= MOST_LINES) else None


@matplotlib.style.context([*PLAIN, {"text.parse_math": False}])
def sweep_figure(made: Plan, found: Standings, measure: str) -> Figure:
    """Every run a point, with the means and intervals of `found`; `measure`: what stands beside the axis of errors.

    Where not all runs have trained, a dashed line is where they would have.
    """
    columns = min(len(made.panels), 3 if len(made.panels) > 4 else 2)
    rows = math.ceil(len(made.panels) / columns)
    height = max(PANEL_HEIGHT, 3.6 if len(made.panels) == 1 else 0)
    figure = Figure(figsize=(WIDTH, height * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    cells = [cell for lines in made.panels.values() for line in lines for cell in line.cells]
    estimates = {id(each.cell): in_percent(each.error) for each in found.every}
    bar = found.bar.error if found.bar and len(found.trained) < len(found.every) else None
    for axes, (title, lines) in zip(panels.flat, made.panels.items(), strict=False):
        axes.set_title(title, fontsize=10, pad=12 if _any_diverged(lines) else 6)
        if bar:
            axes.axhline(100 * bar, color="#999999", linewidth=0.8, linestyle=(0, (4, 3)))
        for line, look in zip(lines, _looks(made, lines), strict=True):
            for cells_of_a_look, own in _by_look(line, look):
                places = [_place(made, line, cell) for cell in cells_of_a_look]
                groups = [100 * counted_errors(cell) for cell in cells_of_a_look]
                draw_points(axes, places, groups, [estimates[id(cell)] for cell in cells_of_a_look], own)
                draw_diverged(axes, places, [cell.diverged for cell in cells_of_a_look], own)
    for axes in panels.flat[len(made.panels) :]:
        axes.set_visible(False)
    first = panels.flat[0]
    scale_measure(first, [100 * counted_errors(cell) for cell in cells])
    for axes in panels.flat[: len(made.panels)]:
        _scale_axis(axes, made, columns)
    for axes in panels[:, 0]:
        axes.set_ylabel(measure)
    for axes in panels[-1, :]:
        axes.set_xlabel(title_of(made.key) if made.key else "")
    _name_lines(figure, first, made, estimates, height)
    return figure


def _panels(series: Sequence[Series], keys: Sequence[str]) -> dict[str, list[Line]]:
    """The lines of each panel, by its title: a panel for each choice of values of `keys`, a line for each model.

    Of one model alone and one key of few values, a line for each of these.
    """
    chosen: dict[tuple[Any, ...], list[Line]] = {}
    for values in itertools.product(*(values_of(series, key) for key in keys)):
        lines = []
        for each in series:
            own = [cell for cell in each.cells if tuple(value_of(cell.config, key) for key in keys) == values]
            if own:
                lines.append(Line(each.name, tuple(own)))
        if lines:
            chosen[values] = lines
    if len(series) == 1 and len(keys) == 1 and len(chosen) <= len(LINE_STYLES):
        return {"": [Line(_called(keys, values), lines[0].cells) for values, lines in chosen.items()]}
    return {_called(keys, values): lines for values, lines in chosen.items()}


def _called(keys: Sequence[str], values: Sequence[Any]) -> str:
    return ", ".join(f"{title_of(key)} {_cut(value_text(value))}" for key, value in zip(keys, values, strict=True))


def _cut(name: str) -> str:
    shown = plain(name)
    return shown if len(shown) <= LONGEST_NAME else shown[: LONGEST_NAME - 1] + "…"


def _looks(made: Plan, lines: Sequence[Line]) -> list[Look]:
    """The colour is the normalization's; of several lines of one, the later are lighter, with other markers."""
    seen: Counter[str] = Counter()
    found = []
    for line, shift in zip(lines, shifts(len(lines)), strict=True):
        norm = line.cells[0].config.norm
        place = seen[norm] if made.key else 0
        seen[norm] += 1
        markers = [MARKERS[norm], *(marker for marker in MARKERS.values() if marker != MARKERS[norm])]
        colour = np.array(matplotlib.colors.to_rgb(COLOURS[norm]))
        lighter = matplotlib.colors.to_hex(colour + (1 - colour) * min(0.2 * place, 0.6))
        joined = LINE_STYLES[place % len(LINE_STYLES)] if are_numbers(made.values) else ""
        beside = shift * min(1, SPREAD / len(lines)) if made.key else 0
        found.append(Look(lighter, markers[place % len(markers)], joined, beside))
    return found


def _by_look(line: Line, look: Look) -> list[tuple[list[Model], Look]]:
    """The cells of `line` with their look: that of their normalization, where it is the normalization that varies."""
    norms = {cell.config.norm for cell in line.cells}
    if len(norms) == 1:
        return [(list(line.cells), look)]
    return [([cell], Look(COLOURS[cell.config.norm], MARKERS[cell.config.norm], "", look.shift)) for cell in line.cells]


def _place(made: Plan, line: Line, cell: Model) -> float:
    """Where on the axis `cell` stands: at its number, or at that of its category."""
    if made.key is None:
        return made.values.index(line.name)
    value = value_of(cell.config, made.key)
    return value if _has_numbers(made) else made.values.index(value)


def _has_numbers(made: Plan) -> bool:
    """Whether the axis is one of numbers; 0 beside decades has no place on one."""
    values = made.values
    if not are_numbers(values):
        return False
    return values[0] != 0 or len(values) < 3 or values[-1] < DECADES * values[1]


def _scale_axis(axes: Axes, made: Plan, columns: int) -> None:
    if _has_numbers(made):
        scale_values(axes, made.values, columns)
        return
    names = [_cut(value_text(value)) for value in made.values]
    long = sum(map(len, names)) + 2 * len(names) > ROOM / columns
    axes.set_xticks(range(len(names)), names, rotation=30 if long else 0, ha="right" if long else "center")
    axes.set_xlim(-0.5, len(names) - 0.5)


def _name_lines(figure: Figure, axes: Axes, made: Plan, estimates: Mapping[int, Estimate], height: float) -> None:
    """What each line is: at its end, where there is one panel of lines; else in a legend above."""
    looks: dict[str, Look] = {}
    for lines in made.panels.values():
        for line, look in zip(lines, _looks(made, lines), strict=True):
            looks.setdefault(_cut(line.name), look)
    if made.key is None or len(looks) < 2:
        return
    if len(made.panels) == 1 and _has_numbers(made):
        (lines,) = made.panels.values()
        ends = []
        for line in lines:
            last = max(line.cells, key=lambda cell: _place(made, line, cell) if len(errors(cell)) else -math.inf)
            if len(errors(last)):
                name = _cut(line.name)
                ends.append((estimates[id(last)][0], name, looks[name].colour, _place(made, line, last)))
        label_ends(axes, ends, height, MOST_LINES)
        return
    handles = [
        Line2D([], [], color=look.colour, marker=look.marker, linestyle=look.line or "none", label=name)
        for name, look in looks.items()
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=min(len(handles), 4), frameon=False)


def _any_diverged(lines: Sequence[Line]) -> bool:
    return any(cell.diverged for line in lines for cell in line.cells)
