"""What it cost: runs, time and machine, for everything that was searched or run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from normstudy.report.machines import hours, hours_text, processors, took, where_made
from normstudy.report.markup import escape, table
from normstudy.report.wording import counted, join_words
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedStudy


def in_words(records: Mapping[str, RecordedStudy], compared: Sequence[FinishedRun]) -> str:
    """What all runs of `records` and those `compared` in the report took, and on what, as Markdown."""
    every = _once([*_of(records), *compared])
    epochs = sum(len(run.history) for run in every)
    together = (
        f"Everything that was searched or run for this report comes to {counted(len(every), 'run')} with "
        f"{counted(epochs, 'epoch')}: {took(every)} on {join_words(processors(every))}."
    )
    if len(every) > len(_once(compared)):
        together += f" The {counted(len(_once(compared)), 'run')} compared above took {took(compared)} of that."
    mixed = [study for study in records.values() if len(processors(study.runs)) > 1]
    if mixed:
        which = "; ".join(f"those of {_called(study)} {where_made(study.runs)}" for study in mixed)
        return f"{together} Not every study had one kind of processor: {which}."
    return f"{together} Within each study, all were made on one kind of processor." if records else together


def summary(records: Mapping[str, RecordedStudy], compared: Sequence[FinishedRun]) -> str:
    """Table `@tbl-cost`: a row for each study, one for runs of the report that no study has, and one for all."""
    return table("cost", cost_table(records, compared), _caption(records))


def cost_table(records: Mapping[str, RecordedStudy], compared: Sequence[FinishedRun]) -> pd.DataFrame:
    """Runs, epochs and hours of each study, and in the last row of all runs, each counted once."""
    recorded = {run.name for run in _of(records)}
    others = [run for run in compared if run.name not in recorded]
    rows = [(_called(study), study.runs) for study in records.values()]
    rows += [("in no study: runs compared above", others)] * bool(others)
    every = _once([*_of(records), *compared])
    rows += [("**all**", every)] * (len(rows) > 1)
    columns = {
        "study": [name for name, _ in rows],
        "runs": [f"{len(runs):,}" for _, runs in rows],
        "epochs": [f"{sum(len(run.history) for run in runs):,}" for _, runs in rows],
        "core-hours": [hours_text(hours(runs)) for _, runs in rows],
        "GPU-hours": [hours_text(hours(runs, "cuda")) for _, runs in rows],
    }
    if not hours(every, "cuda"):
        del columns["GPU-hours"]
    return pd.DataFrame(columns)


def _caption(records: Mapping[str, RecordedStudy]) -> str:
    shared = len(list(_of(records))) - len(_once(_of(records)))
    once = (
        " Runs that several studies have in common stand in the row of each, and count once for all." if shared else ""
    )
    return (
        "What it cost. Hours are those of the finished epochs with their evaluation; what a run takes besides, some "
        f"seconds for its start, pictures and saving, is not in them.{once}"
    )


def _of(records: Mapping[str, RecordedStudy]) -> list[FinishedRun]:
    return [run for study in records.values() for run in study.runs]


def _once(runs: Sequence[FinishedRun]) -> list[FinishedRun]:
    return list({run.name: run for run in runs}.values())


def _called(study: RecordedStudy) -> str:
    """`Forty seeds (main)`; the name alone where the title says no more."""
    same = study.title.lower() == study.name.lower().replace("_", " ")
    return escape(study.title) if same else f"{escape(study.title)} ({escape(study.name)})"
