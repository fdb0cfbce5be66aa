"""What parameters buy: test error against the size of the network, beside what public solutions have."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from normstudy.config import Config
from normstudy.report import markup, run_rows, sweep
from normstudy.report.claims import Claim, answered, claims
from normstudy.report.contrast import ink
from normstudy.report.drawing import COLOURS, LINE_STYLES, MARKERS, PLAIN, WIDTH
from normstudy.report.estimates import in_percent, ratio_intervals
from normstudy.report.estimates_in_words import on_ratios, percent
from normstudy.report.markup import escape
from normstudy.report.models import Model
from normstudy.report.numbers_behind import folded
from normstudy.report.points import Look, draw_points, scale_measure
from normstudy.report.rate_lines import convolutions
from normstudy.report.series import (
    Series,
    errors,
    judged_alike,
    losses,
    note_on_diverged,
    protocol,
    series_of,
    short_names,
)
from normstudy.report.wording import counted, join_words
from normstudy.runs.record import RecordedStudy

SIZES = (700, 1500, 3000, 5000, 8000)
"""Parameters, about: the classes in which networks were compared."""

HEIGHT = 4.2
"""Inches."""


@dataclass(frozen=True)
class Tried:
    """A network of the search: its shape, parameters, mean loss (nats) and accuracy (a fraction) over the models."""

    shape: tuple[str, int, int]
    config: Config
    parameters: int
    loss: float
    accuracy: float

    @property
    def size(self) -> int:
        """The class of `SIZES` to which it is nearest, by ratio."""
        return min(SIZES, key=lambda size: abs(math.log(self.parameters / size)))


def section(study: RecordedStudy, search: RecordedStudy | None = None) -> str:
    """The section, as Markdown with its heading; `search`: how the networks were chosen. Of other shapes, the general
    one."""
    series = series_of(study.runs)
    sizes = [[parameters(cell) for cell in each.cells] for each in series]
    as_planned = all(len(set(own)) == len(own) > 1 for own in sizes)
    if not as_planned or not judged_alike(study.runs):
        return "\n\n".join(sweep.section(each) for each in (study, search) if each)
    return "\n\n".join(
        filter(
            None,
            [
                "### What parameters buy {#sec-frontier}",
                in_words(study, series),
                markup.figure("frontier", frontier_figure(series), frontier_alt(series), _caption(study, series))
                + folded("frontier", run_rows.at_the_end(_models(series), lambda run: _size_of(run))),
                markup.table("frontier", frontier_table(series), "As in @fig-frontier, in numbers: error rates (%)."),
                on_search(search, series) if search else "",
                markup.folded("Every public figure, with what else decides it", _claims_table())
                if _public(series)
                else "",
            ],
        )
    )


def parameters(cell: Model) -> int:
    """How many the networks of `cell` have."""
    return cell.runs[0].metrics["model"]["parameters"]


def in_words(study: RecordedStudy, series: Sequence[Series]) -> str:
    """What was run, from which size on the accuracies of the answered solution are reached, and what is lost."""
    text = (
        f"How small may a network be? @fig-frontier and @tbl-frontier show {protocol(study.runs)}, each network with "
        "the recipes of @sec-results."
    )
    top = max(claim.accuracy / 100 for claim in answered())
    told = []
    for each, name in zip(series, short_names(series), strict=True):
        able = [cell for cell in _finished(each) if 1 - errors(cell).mean() >= top - 1e-9]
        told.append(f"{name} with {min(map(parameters, able)):,}" if able else f"no network of {name}")
    ends = []
    for each, name in zip(series, short_names(series), strict=True):
        cells = sorted(_finished(each), key=parameters)
        if len(cells) > 1:
            less = parameters(cells[-1]) / parameters(cells[0])
            more = errors(cells[0]).mean() / errors(cells[-1]).mean()
            ends.append(f"{more:.1f} times the errors of {name} with {less:.0f} times fewer parameters")
    public = _public(series)
    beaten = sum(_is_beaten(claim, series) for claim in public)
    compared = (
        f" Of {counted(len(public), 'public figure')} (last epochs) with these normalizations, {beaten} are no higher "
        "than the mean of a network of ours with as many parameters or fewer."
        if public
        else ""
    )
    return (
        f"{text} The highest accuracy of the public solution that this project answers, {100 * top:.2f} % with "
        f"{answered()[0].parameters:,} parameters, is reached on average by {join_words(told)}. From the largest to "
        f"the smallest, it is {join_words(ends)}.{compared}"
    )


def frontier_table(series: Sequence[Series]) -> pd.DataFrame:
    """A row per network; a column per model."""
    means = _means(series)
    rows = {}
    for each, name in zip(series, short_names(series), strict=True):
        for cell in each.cells:
            row = rows.setdefault(
                _shape(cell.config), {"parameters": f"{parameters(cell):,}"} | _described(cell.config)
            )
            row[escape(name)] = percent(means[id(cell)])
    return pd.DataFrame(rows.values()).fillna("–").sort_values("parameters", key=lambda own: own.map(_as_number))


@matplotlib.style.context(PLAIN)
def frontier_figure(series: Sequence[Series]) -> Figure:
    """Errors over parameters: every run and the means of ours, and the public figures as crosses."""
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log")
    means, everything = _means(series), []
    names = short_names(series)
    for number, (each, name) in enumerate(zip(series, names, strict=True)):
        norm = each.config.norm
        cells = sorted((cell for cell in each.cells if len(errors(cell))), key=parameters)
        own, groups = [parameters(cell) for cell in cells], [100 * errors(cell) for cell in cells]
        estimates = [in_percent(means[id(cell)]) for cell in cells]
        look = Look(COLOURS[norm], MARKERS[norm], LINE_STYLES[number], 6.0 * (number - (len(series) - 1) / 2))
        draw_points(axes, own, groups, estimates, look)
        everything += groups
        if cells:  # above or below the line's first point
            beside = (-8, -14 if number else 8)
            axes.annotate(
                name,
                (own[0], estimates[0][0]),
                xytext=beside,
                textcoords="offset points",
                color=ink(look.colour),
                ha="right",
                va="center",
            )
    public = [claim for claim in claims() if claim.norm in COLOURS]
    for claim in public:
        axes.plot(claim.parameters, 100 - claim.final_epoch, "x", color=COLOURS[claim.norm], ms=5, mew=1.1, alpha=0.75)
    everything.append(np.array([100 - claim.final_epoch for claim in public]))
    scale_measure(axes, everything)
    axes.set(xlabel="parameters", ylabel=f"{series[0].config.evaluate_on} error (%)")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    drawn = [*(parameters(cell) for each in series for cell in each.cells), *(claim.parameters for claim in public)]
    axes.set_xlim(0.5 * min(drawn), 1.2 * max(drawn))
    return figure


def frontier_alt(series: Sequence[Series]) -> str:
    """Alternative text of the `frontier_figure`."""
    told = []
    for each, name in zip(series, short_names(series), strict=True):
        cells = sorted(_finished(each), key=parameters)
        told.append(
            f"{name}: {', '.join(f'{100 * errors(cell).mean():.2f} % at {parameters(cell):,}' for cell in cells)}"
        )
    low, high = (choose(100 - claim.final_epoch for claim in claims()) for choose in (min, max))
    return (
        f"Mean test errors over the number of parameters. {'; '.join(told)}. Crosses: {len(claims())} public figures, "
        f"from {low:.2f} to {high:.2f} %."
    )


def on_search(search: RecordedStudy, series: Sequence[Series]) -> str:
    """How the networks were chosen: prose, and a folded table of all that were tried."""
    tried = tried_in(search)
    taken = {_shape(cell.config) for each in series for cell in each.cells}
    best = {
        size: min((each for each in tried if each.size == size), key=lambda each: each.loss, default=None)
        for size in SIZES
    }
    other = [size for size, each in best.items() if each and each.shape not in taken]
    verdict = (
        f"taken is the one with the lowest, but for {join_words([f'{size:,}' for size in other])}, where another has a "
        "lower one"
        if other
        else "taken is the one with the lowest"
    )
    caption = (
        "Networks that were compared on the validation split, mean loss and accuracy over the models; in bold, what "
        "was taken."
    )
    frame = pd.DataFrame(
        {
            "about": f"{each.size:,}",
            "parameters": f"**{each.parameters:,}**" if each.shape in taken else f"{each.parameters:,}",
            **_described(each.config),
            "loss (nats)": f"{each.loss:.4f}",
            "accuracy (%)": f"{100 * each.accuracy:.2f}",
        }
        for each in sorted(tried, key=lambda each: (each.size, each.loss))
    )
    return (
        "Of each size, networks with few convolutions of many channels and with more of fewer were compared "
        f"beforehand, {counted(len(tried), 'network')} in all ({protocol(search.runs)}): by mean loss over the models, "
        f"{verdict} (@tbl-frontier-search).\n\n"
        + markup.folded("Every network that was tried", markup.table("frontier-search", frame, caption))
    )


def tried_in(search: RecordedStudy) -> list[Tried]:
    """Every network of which all runs finished."""
    groups: dict[tuple[str, int, int], list[Model]] = {}
    for each in series_of(search.runs):
        for cell in each.cells:
            groups.setdefault(_shape(cell.config), []).append(cell)
    return [
        Tried(
            shape,
            cells[0].config,
            parameters(cells[0]),
            float(np.mean([losses(cell).mean() for cell in cells])),
            float(np.mean([1 - errors(cell).mean() for cell in cells])),
        )
        for shape, cells in groups.items()
        if all(len(losses(cell)) == len(cell.runs) for cell in cells)
    ]


def _shape(config: Config) -> tuple[str, int, int]:
    return config.skeleton, config.channels, config.depth


def _described(config: Config) -> dict[str, str]:
    return {"convolutions": str(convolutions(config)), "channels": str(config.channels)}


def _finished(series: Series) -> list[Model]:
    return [cell for cell in series.cells if len(errors(cell)) == len(cell.runs)]


def _models(series: Sequence[Series]) -> list[Model]:
    return [Model(each.name, tuple(run for cell in each.cells for run in cell.runs)) for each in series]


def _size_of(run) -> dict[str, int]:
    return {"parameters": run.metrics["model"]["parameters"]}


def _means(series: Sequence[Series]) -> dict[int, tuple[float, float, float]]:
    cells = [cell for each in series for cell in each.cells]
    return dict(zip(map(id, cells), ratio_intervals([errors(cell) for cell in cells]), strict=True))


def _public(series: Sequence[Series]) -> list[Claim]:
    """Public figures for normalizations that `series` has."""
    norms = {each.config.norm for each in series}
    return [claim for claim in claims() if claim.norm in norms]


def _is_beaten(claim: Claim, series: Sequence[Series]) -> bool:
    return any(
        parameters(cell) <= claim.parameters and 100 * (1 - errors(cell).mean()) >= claim.final_epoch - 1e-9
        for each in series
        if each.config.norm == claim.norm
        for cell in _finished(each)
    )


def _claims_table() -> str:
    frame = pd.DataFrame(
        {
            "solution": re.sub("(?<=[/_-])", "\u200b", escape(claim.repository)),  # for a narrow column
            "model": claim.model,
            "size": f"{claim.parameters:,}",
            "at the end (%)": f"{claim.final_epoch:.2f}",
            "remark": " ".join(markup.escape(part) for part in _pieces(claim.remark)),
        }
        for claim in sorted(claims(), key=lambda claim: claim.parameters)
    )
    return markup.table(
        "frontier-claims", frame, "What public solutions have after their last epoch, by size: how many parameters."
    )


def _pieces(remark: str) -> list[str]:
    """`remark` sentence by sentence: as a whole it may be longer than what is shown of a text from elsewhere."""
    return [f"{piece.rstrip('.')}." for piece in remark.split(". ")]


def _as_number(text: str) -> int:
    return int(text.replace(",", ""))


def _caption(study: RecordedStudy, series: Sequence[Series]) -> str:
    groups = [errors(cell) for each in series for cell in each.cells if len(errors(cell))]
    where = "; what else differs in them is in @tbl-frontier-claims" if _public(series) else ""
    return (
        "Errors over the number of parameters, both axes logarithmic: each run (small), the geometric mean over the "
        f"seeds and its 95 % interval. {on_ratios(groups)}{note_on_diverged(study.runs)} Crosses in the colour of "
        f"their normalization (LN green): single runs of public solutions, after their last epoch{where}."
    )
