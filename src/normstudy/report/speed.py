"""How fast an accuracy is reached: whole schedules of few and many epochs, in seconds of one core."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from normstudy.errors import NormstudyError
from normstudy.report import markup, run_rows, sweep
from normstudy.report.claims import answered
from normstudy.report.contrast import ink
from normstudy.report.drawing import COLOURS, LINE_STYLES, MARKERS, PLAIN, WIDTH
from normstudy.report.estimates import in_percent, ratio_intervals
from normstudy.report.estimates_in_words import on_ratios
from normstudy.report.markup import escape
from normstudy.report.models import Model
from normstudy.report.numbers_behind import folded
from normstudy.report.points import Look, draw_points, scale_measure
from normstudy.report.series import (
    Series,
    errors,
    is_line,
    judged_alike,
    note_on_diverged,
    protocol,
    series_of,
    short_names,
)
from normstudy.report.wording import counted, join_words
from normstudy.runs.record import RecordedStudy

PACE = Path("benchmarks/speed.json")
"""Relative to the report: what `benchmarks/speed.py` measured."""

TARGETS = (0.99, 0.994)
"""Accuracies, beside those of the solution that this project answers."""

USUAL = "usual"
GREY = "#595959"
LEFT_EDGE = ("axes fraction", "data")
HEIGHT = 4.0
"""Inches."""


class PaceError(NormstudyError):
    """The file of measured times cannot be read."""


@dataclass(frozen=True)
class Pace:
    """What the benchmark wrote: `about` it; seconds of one core for an epoch, turn by turn, by what the study calls the
    model; and the usual pipeline's accuracies, (epochs,) for each time that it was trained."""

    about: Mapping[str, str]
    seconds: Mapping[str, Sequence[float]]
    trained: Sequence[np.ndarray]

    def of(self, name: str) -> float:
        """Seconds of an epoch: the median."""
        return statistics.median(self.seconds[name])


def section(study: RecordedStudy, path: Path = PACE) -> str:
    """The section, as Markdown with its heading; the general one for runs that are no schedules. Raises `PaceError`."""
    series = series_of(study.runs)
    as_planned = all(is_line(each, "epochs") and len(each.cells) > 1 for each in series)
    if not as_planned or not judged_alike(study.runs):
        return sweep.section(study)
    pace = read(path) if path.is_file() else None
    if pace and not {each.name for each in series} <= pace.seconds.keys():
        pace = None
    return "\n\n".join(
        [
            "### How fast an accuracy is reached {#sec-speed}",
            in_words(study, series, pace),
            markup.figure("speed", speed_figure(series, pace), speed_alt(series, pace), _caption(study, series, pace))
            + folded("speed", run_rows.of_series(series)),
            markup.table("speed", speed_table(series, pace), _table_caption(pace)),
        ]
    )


def read(path: Path) -> Pace:
    """Raises `PaceError`."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        seconds = {name: [float(value) for value in each] for name, each in found["seconds"].items()}
        if not all(each and min(each) > 0 for each in seconds.values()):
            raise ValueError("no times")
        about = {key: str(found[key]) for key in ("made", "processor", "torch", "precision")}
        return Pace(about, seconds, [np.array(each, float) for each in found["trained"]])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise PaceError(
            f"{path}: no times can be read from it; `python benchmarks/speed.py --output {path}` makes it anew"
        ) from None


def in_words(study: RecordedStudy, series: Sequence[Series], pace: Pace | None) -> str:
    """What was run, when accuracies are reached, and how that compares with the usual pipeline."""
    text = (
        "A run of few epochs is not the beginning of a long one: its rate falls, and its augmentation fades, by its "
        f"own end. @fig-speed shows whole schedules: {protocol(study.runs)}. An accuracy counts as reached by the "
        "shortest schedule whose runs have it on average (@tbl-speed)."
    )
    if not pace:
        return f"{text} How long an epoch takes on a machine left alone has not been measured yet."
    names = zip(series, short_names(series), strict=True)
    per_epoch = [f"{pace.of(each.name):.1f} s for {name}" for each, name in names]
    text += f" On one core of {escape(pace.about['processor'])}, an epoch takes {join_words(per_epoch)}."
    return f"{text} {_on_answered(series, pace)} {_on_usual(series, pace)}".strip()


def reached(series: Series, accuracy: float) -> Model | None:
    """The shortest schedule of `series` whose runs, all of which finished, have `accuracy` (a fraction) on average."""
    able = [cell for cell in series.cells if len(errors(cell)) == len(cell.runs) and _mean(cell) >= accuracy - 1e-9]
    return min(able, key=lambda cell: cell.config.epochs, default=None)


def targets() -> list[float]:
    """The accuracies that are looked for, rising."""
    return sorted({*TARGETS, *(claim.accuracy / 100 for claim in answered())})


def speed_table(series: Sequence[Series], pace: Pace | None) -> pd.DataFrame:
    """A row per accuracy; for each model the schedule that reaches it first."""
    rows = []
    for accuracy in targets():
        row = {"test accuracy (%)": f"{100 * accuracy:.2f}"}
        for each, name in zip(series, short_names(series), strict=True):
            cell = reached(each, accuracy)
            row[escape(name)] = _when(cell, each, pace) if cell else "not reached"
        rows.append(row)
    return pd.DataFrame(rows)


@matplotlib.style.context(PLAIN)
def speed_figure(series: Sequence[Series], pace: Pace | None) -> Figure:
    """Errors over the seconds of one core that a schedule takes (over its epochs, where these were not measured)."""
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes = figure.subplots()
    axes.set_xscale("log")
    everything, ends, places = [], [], []
    for number, (each, name) in enumerate(zip(series, short_names(series), strict=True)):
        norm = each.config.norm
        cells = sorted((cell for cell in each.cells if len(errors(cell))), key=lambda cell: cell.config.epochs)
        own = [cell.config.epochs * (pace.of(each.name) if pace else 1) for cell in cells]
        estimates = [in_percent(estimate) for estimate in ratio_intervals([errors(cell) for cell in cells])]
        groups = [100 * errors(cell) for cell in cells]
        look = Look(COLOURS[norm], MARKERS[norm], LINE_STYLES[number % len(LINE_STYLES)], 5.0 * (number - 1))
        draw_points(axes, own, groups, estimates, look)
        everything += groups
        places += own
        if own:
            ends.append((estimates[-1][0], name, COLOURS[norm], own[-1]))
    for course in _trained(pace):
        seconds = pace.of(USUAL) * np.arange(1, len(course) + 1)
        axes.plot(seconds, 100 * (1 - course), color=GREY, linewidth=0.8, alpha=0.6)
        axes.plot(seconds[-1], 100 * (1 - course[-1]), "X", color=GREY, ms=8, mec="white")
        beside = {"xytext": (-6, 0), "textcoords": "offset points", "ha": "right", "va": "center", "color": GREY}
        axes.annotate("the usual pipeline", (seconds[0], 100 * (1 - course[0])), **beside)
        everything.append(100 * (1 - course))
        places.append(seconds[-1])
    for accuracy in targets():
        axes.axhline(100 * (1 - accuracy), color="#999999", linewidth=0.7, linestyle=(0, (1, 2)))
    for accuracy in (min(targets()), max(targets())):
        place = (0.005, 100 * (1 - accuracy))
        axes.annotate(f"{100 * accuracy:.1f} % right", place, xycoords=LEFT_EDGE, fontsize=8, va="bottom")
    scale_measure(axes, everything)
    axes.set(xlabel="seconds of one core" if pace else "epochs", ylabel=f"{series[0].config.evaluate_on} error (%)")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    if places:
        axes.set_xlim(0.4 * min(places), 1.4 * max(places))  # with room for the names of the lines across
    for rank, (last, name, colour, at) in enumerate(sorted(ends)):
        beside = (12, 12 * (rank - (len(ends) - 1) / 2))  # points: the ends lie close together
        axes.annotate(name, (at, last), xytext=beside, textcoords="offset points", va="center", color=ink(colour))
    return figure


def speed_alt(series: Sequence[Series], pace: Pace | None) -> str:
    """Alternative text of the `speed_figure`."""
    told = []
    for each, name in zip(series, short_names(series), strict=True):
        cells = [cell for cell in each.cells if len(errors(cell))]
        values = [f"{100 * (1 - _mean(cell)):.2f} % {_after(cell, each, pace)}" for cell in cells]
        told.append(f"{name}: {', '.join(values)}")
    usual = [f"{100 * (1 - course[-1]):.2f} % after {len(course) * pace.of(USUAL):,.0f} s" for course in _trained(pace)]
    told += [f"the usual pipeline: {', '.join(usual)}"] if usual else []
    return f"Mean test errors over the time that schedules take. {'; '.join(told)}."


def _on_answered(series: Sequence[Series], pace: Pace) -> str:
    """When the highest accuracy of the solution that is answered is reached."""
    figures = [claim.accuracy / 100 for claim in answered()]
    told = []
    for each, name in zip(series, short_names(series), strict=True):
        cell = reached(each, max(figures))
        told.append(f"{name} {'after ' + _when(cell, each, pace) if cell else 'not at all'}")
    return (
        f"The accuracies of the public solution that this project answers, {100 * min(figures):.2f} to "
        f"{100 * max(figures):.2f} % after its 20 epochs, are all reached by {join_words(told)}."
    )


def _on_usual(series: Sequence[Series], pace: Pace) -> str:
    """How long the usual pipeline takes, what it reaches, and how much faster the models reach that."""
    if not pace.trained:
        return f"The usual pipeline takes {pace.of(USUAL):.1f} s for an epoch on the same core, in the same hour."
    epochs = len(pace.trained[0])
    accuracy = float(np.mean([course[-1] for course in pace.trained]))
    whole = epochs * pace.of(USUAL)
    told = []
    for each, name in zip(series, short_names(series), strict=True):
        if cell := reached(each, accuracy):
            told.append(f"{name} {whole / (cell.config.epochs * pace.of(each.name)):.0f} times sooner")
    sooner = f"; the same is reached by {join_words(told)}" if told else "; that is not reached by these schedules"
    return (
        f"The usual pipeline of such courses (benchmarks/usual.py, {counted(len(pace.trained), 'run')}) takes "
        f"{whole:,.0f} s of the same core, in the same hour, for {counted(epochs, 'epoch')}, and ends at "
        f"{100 * accuracy:.2f} %{sooner}."
    )


def _when(cell: Model, series: Series, pace: Pace | None) -> str:
    """`13 s (5 epochs)`."""
    epochs = counted(cell.config.epochs, "epoch")
    return f"{cell.config.epochs * pace.of(series.name):.0f} s ({epochs})" if pace else epochs


def _after(cell: Model, series: Series, pace: Pace | None) -> str:
    return f"after {cell.config.epochs * pace.of(series.name):.0f} s" if pace else f"after {cell.config.epochs} epochs"


def _trained(pace: Pace | None) -> Sequence[np.ndarray]:
    return pace.trained if pace else []


def _mean(cell: Model) -> float:
    return float(1 - errors(cell).mean())


def _caption(study: RecordedStudy, series: Sequence[Series], pace: Pace | None) -> str:
    groups = [errors(cell) for each in series for cell in each.cells if len(errors(cell))]
    usual = (
        " The cross: the usual pipeline, an image at a time through its augmentation and at full resolution, with the "
        "course of its training as a thin line."
        if _trained(pace)
        else ""
    )
    measured = (
        f" Seconds: the schedule's epochs times the median of {counted(len(pace.seconds[USUAL]), 'turn')} for one, "
        f"with the evaluation after it, on one core of a machine left alone ({escape(pace.about['processor'])}, torch "
        f"{escape(pace.about['torch'])}, {escape(pace.about['made'])})."
        if pace
        else ""
    )
    return (
        "Test errors of whole schedules: each run (small), the geometric mean over the seeds and its 95 % interval. "
        f"{on_ratios(groups)}{usual}{measured} Dotted: the accuracies of @tbl-speed.{note_on_diverged(study.runs)}"
    )


def _table_caption(pace: Pace | None) -> str:
    what = "Seconds of one core, and epochs," if pace else "Epochs"
    return (
        f"{what} of the shortest schedule whose runs have an accuracy on average. "
        f"{join_words([f'{claim.accuracy:.2f}' for claim in answered()])} are those of the public solution that this "
        "project answers."
    )
