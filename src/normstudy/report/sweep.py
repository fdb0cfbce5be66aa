"""The section of a study that has none of its own: a table and a picture over what it varies."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from normstudy.report import markup, run_rows
from normstudy.report.estimates_in_words import on_ratios, percent, times
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
from normstudy.report.standings import Standings, standings_of
from normstudy.report.sweep_claims import training, verdict
from normstudy.report.sweep_figure import Plan, plan, sweep_figure
from normstudy.report.varied import are_numbers, free, title_of, value_text, values_of, varied
from normstudy.report.wording import counted, join_words, rounded, some_of
from normstudy.runs.record import RecordedRun, RecordedStudy

MOST_ROWS = 12
"""Of a table that stands beside its picture; a longer one is folded."""


def section(study: RecordedStudy) -> str:
    """The section, as Markdown with its heading."""
    label = label_of(study.name)
    series = called_as_elsewhere(series_of(study.runs))
    found = standings_of(series)
    made = plan(series)
    where = f"@fig-{label} and @tbl-{label} show" if made else f"@tbl-{label} shows"
    text = f"{where} {protocol(study.runs)}. {what_varies(series)}"
    judged = " ".join(filter(None, [training(series, found), verdict(found, _judged_by(study))]))
    note = on_noise(found, study.runs)
    blocks = [f"### {escape(study.title)} {{#sec-{label}}}\n", text + "\n", *([judged + "\n"] if judged else [])]
    if made:
        caption = (
            f"{escape(study.title)}: the error of every run after its last epoch (small), the geometric mean over the "
            f"seeds and its 95 % interval.{_on_line(found)} {note}"
        )
        figure = sweep_figure(made, found, f"{_judged_by(study)}error (%)")
        picture = markup.figure(label, figure, alternative(study, found, made), caption)
        blocks.append(picture + folded(label, run_rows.of_series(series)))
    caption = (
        f"{escape(study.title)}: means after the last epoch on the images of evaluation, of errors geometric, with "
        f"95 % intervals over the seeds{_on_ratio(found)}. {note}"
    )
    table = markup.table(label, sweep_table(series, found), caption)
    long = made and len(found.every) > MOST_ROWS
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


def alternative(study: RecordedStudy, found: Standings, made: Plan) -> str:
    """Alternative text of the picture."""
    low, high = (choose(found.finished, key=lambda each: each.error[0]) for choose in (min, max))
    ends = (
        f"the lowest mean is {100 * low.error[0]:.2f} % ({markup.plain(low.called)}), "
        f"the highest {100 * high.error[0]:.2f} % ({markup.plain(high.called)})"
    )
    over = title_of(made.key) if made.key else "models"
    panels = f" in {len(made.panels)} panels" if len(made.panels) > 1 else ""
    return f"Points of {_judged_by(study)}errors over {over}{panels}: {ends}."


def sweep_table(series: Sequence[Series], found: Standings) -> pd.DataFrame:
    """One row per cell: how many runs, how many of them trained, mean error and loss, and how many times the lowest."""
    keys = varied(series)
    all_trained = not found.bar or len(found.trained) == len(found.every)
    heading = "runs" if all_trained else "runs that trained"
    rows = []
    for each in found.every:
        kept = losses(each.cell)
        rows.append(
            ({"model": escape(each.name)} if len(series) > 1 or not keys else {})
            | {title_of(key): _shown(value_of(each.cell.config, key)) for key in keys}
            | {heading: _runs(each.cell, None if all_trained else each.trained)}
            | {"error (%)": percent(each.error)}
            | ({"times the lowest": "1" if each is found.lowest else times(each.ratio)} if _compares(found) else {})
            | {"loss (nats)": rounded(kept.mean(), 4) if len(kept) else "–"}
        )
    return pd.DataFrame(rows)


def on_noise(found: Standings, runs: Sequence[RecordedRun]) -> str:
    """A caption's sentences: on what its intervals rest, and which settings have none."""
    sentences = [on_ratios(found.groups)] if found.trained else []
    if len(found.trained) < len(found.every):
        which = "not every run has trained" if found.bar else "a run diverged"
        sentences.append(f"Settings of which {which} have no interval, and no part in that of others.")
    if any((errors(each.cell) == 0).any() for each in found.every):
        sentences.append("A run without any error is counted as one with half an error.")
    return " ".join(sentences) + note_on_diverged(runs)


def _compares(found: Standings) -> bool:
    return found.bar is not None and len(found.trained) > 1


def _range_of(values: Sequence[Any]) -> str:
    if are_numbers(values) and len(values) > 3:
        return f"{len(values)} values from {value_text(values[0])} to {value_text(values[-1])}"
    if any("," in str(value) for value in values):
        return counted(len(values), "value")
    return some_of([_shown(value) for value in values])


def _shown(value: Any) -> str:
    """`value` as Markdown: only a text can hold what would be read as markup."""
    return escape(value) if isinstance(value, str) else value_text(value)


def _on_line(found: Standings) -> str:
    if not found.bar or len(found.trained) == len(found.every):
        return ""
    return " Below the dashed line a run has trained."


def _on_ratio(found: Standings) -> str:
    if not _compares(found):
        return ""
    return "; how many times the lowest mean of a setting that trained, with intervals that hold for all pairs at once"


def _runs(cell: Model, trained: int | None) -> str:
    """`3`, or of those of which so many `trained`, `2 of 3`; and how many diverged."""
    runs = f"{len(cell.runs)}" if trained is None else f"{trained} of {len(cell.runs)}"
    return f"{runs}, {cell.diverged} diverged" if cell.diverged else runs


def _judged_by(study: RecordedStudy) -> str:
    """`test ` or `validation `, where all runs were judged by the same."""
    return f"{study.runs[0].config.evaluate_on} " if judged_alike(study.runs) else ""
