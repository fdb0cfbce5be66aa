"""The section of a study that has none of its own: a table and a picture over what it varies."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from normstudy.report import markup, run_rows
from normstudy.report.estimates import differences, intervals
from normstudy.report.estimates_in_words import nats, on_spread, percent
from normstudy.report.markup import escape
from normstudy.report.models import Model
from normstudy.report.numbers_behind import folded
from normstudy.report.series import (
    Series,
    called_as_elsewhere,
    errors,
    judged_alike,
    losses,
    note_on_diverged,
    protocol,
    series_of,
    value_of,
)
from normstudy.report.statistics import AMOUNT, SHARE
from normstudy.report.sweep_figure import Plan, plan, sweep_figure
from normstudy.report.varied import are_numbers, free, title_of, value_text, values_of, varied
from normstudy.report.wording import counted, join_words, some_of
from normstudy.runs.record import RecordedStudy

MOST_ROWS = 12
"""Of a table that stands beside its picture; a longer one is folded."""


def section(study: RecordedStudy) -> str:
    """The section, as Markdown with its heading."""
    label = label_of(study.name)
    series = called_as_elsewhere(series_of(study.runs))
    made = plan(series)
    where = f"@fig-{label} and @tbl-{label} show" if made else f"@tbl-{label} shows"
    text = f"{where} {protocol(study.runs)}. {what_varies(series)} {verdict(study, series)}"
    cells = [cell for each in series for cell in each.cells]
    note = f"{on_spread([errors(cell) for cell in cells])}{note_on_diverged(study.runs)}"
    blocks = [f"### {escape(study.title)} {{#sec-{label}}}\n", text + "\n"]
    if made:
        caption = (
            f"{escape(study.title)}: the error of every run after its last epoch (small), the mean over the seeds "
            f"and its 95 % interval. {note}"
        )
        figure = sweep_figure(made, f"{_judged_by(study)}error (%)")
        picture = markup.figure(label, figure, alternative(study, series, made), caption)
        blocks.append(picture + folded(label, run_rows.of_series(series)))
    caption = (
        f"{escape(study.title)}: means of the last epoch on the images of evaluation, with 95 % intervals over the "
        f"seeds. {note}"
    )
    table = markup.table(label, sweep_table(series), caption)
    long = made and len(cells) > MOST_ROWS
    blocks.append(markup.folded(f"{study.title}: every setting", table) if long else table)
    return "\n".join(blocks)


def label_of(name: str) -> str:
    """What the study `name`, which can be any name of a file, is called in references: no other has the same."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    exact = re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", name)
    return f"study-{slug}" if exact else f"study-{slug}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def what_varies(series: Sequence[Series]) -> str:
    """The parameters that cells of a model differ in, with their values."""
    keys = varied(series)
    if not keys:
        return "Nothing varies within a model but the seeds." if len(series) > 1 else "Nothing varies but the seeds."
    main = free(series, keys)
    told = join_words([f"{title_of(key)} ({_range_of(values_of(series, key))})" for key in main])
    others = [title_of(key) for key in keys if key not in main]
    it, go = "it" if len(main) == 1 else "them", "goes" if len(others) == 1 else "go"
    along = f"; with {it} {go} {join_words(others)}" if others else ""
    return f"Within a model {'varies' if len(main) == 1 else 'vary'} {told}{along}."


def verdict(study: RecordedStudy, series: Sequence[Series]) -> str:
    """Which cell has the lowest mean error, and how many others are worse beyond the noise."""
    named = [(name, cell) for name, cell in _named(series) if len(errors(cell))]
    if not named:
        return "No run finished."
    if len(named) == 1 or not judged_alike(study.runs):
        return ""
    name, best = min(named, key=lambda each: errors(each[1]).mean())
    others = [cell for _, cell in named if cell is not best]
    # The lowest was found among all: its differences are as many as there are pairs.
    found = differences(errors(best), [errors(cell) for cell in others], len(named) * (len(named) - 1) // 2)
    worse = sum(low > 0 for _, low, _ in found)
    sentence = (
        f"Of {counted(len(named), 'setting')}, the lowest mean {_judged_by(study)}error is that of {escape(name)}: "
        f"{100 * errors(best).mean():.2f} %."
    )
    if not any(np.isfinite(low) for _, low, _ in found):
        return f"{sentence} So few runs say nothing of the noise, and nothing can be told from it."
    if len(others) == 1:
        return f"{sentence} The other makes {'' if worse else 'no '}more errors beyond the noise (95 % interval)."
    at_once = "(intervals that hold for all pairs at once)"
    if not worse:
        return f"{sentence} No other makes more errors beyond the noise {at_once}."
    left = len(others) - worse
    rest = {0: "", 1: "; one cannot be told from it"}.get(left, f"; {left} cannot be told from it")
    return f"{sentence} {worse} make{'s' if worse == 1 else ''} more beyond the noise {at_once}{rest}."


def alternative(study: RecordedStudy, series: Sequence[Series], made: Plan) -> str:
    """Alternative text of the picture."""
    named = [(name, cell) for name, cell in _named(series) if len(errors(cell))]
    low, high = (choose(named, key=lambda each: errors(each[1]).mean()) for choose in (min, max))
    ends = (
        f"the lowest mean is {100 * errors(low[1]).mean():.2f} % ({markup.plain(low[0])}), "
        f"the highest {100 * errors(high[1]).mean():.2f} % ({markup.plain(high[0])})"
    )
    over = title_of(made.key) if made.key else "models"
    panels = f" in {len(made.panels)} panels" if len(made.panels) > 1 else ""
    return f"Points of {_judged_by(study)}errors over {over}{panels}: {ends}."


def sweep_table(series: Sequence[Series]) -> pd.DataFrame:
    """One row per cell: how many runs, and the means of accuracy and loss."""
    keys = varied(series)
    cells = [cell for each in series for cell in each.cells]
    accuracies = intervals([1 - errors(cell) for cell in cells], SHARE)
    means = iter(zip(cells, accuracies, intervals([losses(cell) for cell in cells], AMOUNT), strict=True))
    rows = []
    for each in series:
        for _ in each.cells:
            cell, accuracy, loss = next(means)
            rows.append(
                ({"model": escape(each.name)} if len(series) > 1 or not keys else {})
                | {title_of(key): _shown(value_of(cell.config, key)) for key in keys}
                | {"runs": _runs(cell), "accuracy (%)": percent(accuracy), "loss (nats)": nats(loss)}
            )
    return pd.DataFrame(rows)


def _named(series: Sequence[Series]) -> list[tuple[str, Model]]:
    """Every cell with its name, as plain text: `gn (peak rate 0.05)`."""
    found = []
    for each in series:
        keys = free([each], varied([each]))
        for cell in each.cells:
            values = [f"{title_of(key)} {value_text(value_of(cell.config, key))}" for key in keys]
            brackets = f" ({', '.join(values)})" if values else ""
            found.append((f"{each.name}{brackets}", cell))
    return found


def _range_of(values: Sequence[Any]) -> str:
    if are_numbers(values) and len(values) > 3:
        return f"{len(values)} values from {value_text(values[0])} to {value_text(values[-1])}"
    if any("," in str(value) for value in values):
        return counted(len(values), "value")
    return some_of([_shown(value) for value in values])


def _shown(value: Any) -> str:
    """`value` as Markdown: only a text can hold what would be read as markup."""
    return escape(value) if isinstance(value, str) else value_text(value)


def _runs(cell: Model) -> str:
    lost = cell.diverged
    return f"{len(cell.runs)}, {lost} diverged" if lost else str(len(cell.runs))


def _judged_by(study: RecordedStudy) -> str:
    """`test ` or `validation `, where all runs were judged by the same."""
    return f"{study.runs[0].config.evaluate_on} " if judged_alike(study.runs) else ""
