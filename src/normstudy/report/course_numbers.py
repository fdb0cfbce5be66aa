"""The numbers behind a chart over the epochs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from normstudy.report import run_rows
from normstudy.report.courses import Course, courses
from normstudy.report.history_chart import places, value_text
from normstudy.report.markup import escape
from normstudy.report.models import models_of
from normstudy.report.numbers_behind import folded
from normstudy.runs.folder import FinishedRun

if TYPE_CHECKING:  # every run's notebook imports this module, and none has tables
    import pandas as pd

MOST_COLUMNS = 8
"""Of more lines, the page has no table of them all."""


def behind(label: str, runs: Sequence[FinishedRun], measures: Sequence[str]) -> str:
    """Below `@fig-<label>`: every epoch of every run to download; in the page what is drawn of `measures`."""
    drawn = [(measure, course) for measure in measures for course in courses(runs, measure) if len(course.values)]
    shown = _drawn(drawn, runs) if 0 < len(drawn) <= MOST_COLUMNS else None
    several = any(course.seeds > 1 for _, course in drawn)
    brackets = ", and in brackets the lowest and the highest run" if len(measures) == 1 else ""
    note = f"Below is what the picture shows: means{brackets}." if several else ""
    return folded(label, run_rows.by_epoch(models_of(runs), measures), shown, note)


def _drawn(drawn: Sequence[tuple[str, Course]], runs: Sequence[FinishedRun]) -> pd.DataFrame:
    """A row for each epoch, a column for each line."""
    import pandas as pd

    epochs = max(len(course.values) for _, course in drawn)
    several = len({measure for measure, _ in drawn}) > 1
    columns: dict[str, list[str]] = {"epoch": [str(epoch) for epoch in range(1, epochs + 1)]}
    for measure, course in drawn:
        title = f"{escape(course.name)}, {_short(measure, runs)}" if several else escape(course.name)
        cells = [_cell(measure, course, at, brackets=not several) for at in range(len(course.values))]
        columns[title] = cells + ["–"] * (epochs - len(cells))
    return pd.DataFrame(columns)


def _cell(measure: str, course: Course, at: int, brackets: bool) -> str:
    """`0.0312 (0.0280 to 0.0351)`; the mean alone without `brackets`, for which columns of several measures leave no
    room."""
    mean, low, high = (
        value_text(measure, values[at], places(course)) for values in (course.values, course.low, course.high)
    )
    return f"{mean} ({low.removesuffix(' %')} to {high.removesuffix(' %')})" if course.seeds > 1 and brackets else mean


def _short(measure: str, runs: Sequence[FinishedRun]) -> str:
    return run_rows.heading(measure, runs[0]).partition(" (")[0]
