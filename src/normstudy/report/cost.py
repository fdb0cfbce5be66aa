"""What it cost: runs, time and machine, for everything that was searched or run."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from normstudy.report.elsewhere import Records, of_others, runs_of, which
from normstudy.report.machines import hours, hours_text, processors, took, where_made
from normstudy.report.markup import escape, table
from normstudy.report.wording import counted, join_words
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedStudy


def in_words(records: Records, compared: Sequence[FinishedRun]) -> str:
    """What all runs of `records` and those `compared` in the report took, and on what, as Markdown.

    Studies of other networks or data than those `compared` are told apart from them.
    """
    others = of_others(records, compared)
    own = {name: study for name, study in records.items() if name not in others}
    every = _once([*_of(own), *compared])
    together = (
        f"Everything that was searched or run for this report comes to {_amount(every)}: {took(every)} on "
        f"{join_words(processors(every))}."
    )
    if others:
        together = (
            f"What was run of {which(compared)} comes to {_amount(every)}: {took(every)} on "
            f"{join_words(processors(every))}."
        )
    if len(every) > len(_once(compared)):
        together += f" The {counted(len(_once(compared)), 'run')} compared above took {took(compared)} of that."
    if others:
        theirs = runs_of(others)
        together += (
            f" The recorded studies of {which(theirs)} come to {_amount(theirs)} more: {took(theirs)} on "
            f"{join_words(processors(theirs))}."
        )
    mixed = [study for study in records.values() if len(processors(study.runs)) > 1]
    if mixed:
        made = "; ".join(f"those of {_called(study)} {where_made(study.runs)}" for study in mixed)
        return f"{together} Not every study had one kind of processor: {made}."
    return f"{together} Within each study, all were made on one kind of processor." if records else together


def summary(records: Records, compared: Sequence[FinishedRun]) -> str:
    """Table `@tbl-cost`: a row for each study, one for runs of the report that no study has, and one for all."""
    return table("cost", cost_table(records, compared), _caption(records, of_others(records, compared)))


def cost_table(records: Records, compared: Sequence[FinishedRun]) -> pd.DataFrame:
    """Runs, epochs and hours of each study, and in the last row of all runs, each counted once.

    Studies of other networks or data than those `compared` stand below that, with a row of their own for all.
    """
    others = of_others(records, compared)
    own = {name: study for name, study in records.items() if name not in others}
    rows = _rows(own, compared, f"all of {which(compared)}" if others else "all")
    rows += _rows(others, [], f"all of {which(runs_of(others))}") if others else []
    columns = {
        "study": [name for name, _ in rows],
        "runs": [f"{len(runs):,}" for _, runs in rows],
        "epochs": [f"{sum(len(run.history) for run in runs):,}" for _, runs in rows],
        "core-hours": [hours_text(hours(runs)) for _, runs in rows],
        "GPU-hours": [hours_text(hours(runs, "cuda")) for _, runs in rows],
    }
    if not any(hours(runs, "cuda") for _, runs in rows):
        del columns["GPU-hours"]
    return pd.DataFrame(columns)


def _rows(records: Records, compared: Sequence[FinishedRun], together: str) -> list[tuple[str, Sequence[FinishedRun]]]:
    """What a row is called, and its runs: each study, those `compared` that no study has, and where that is more than
    one row, `together` all of them."""
    recorded = {run.name for run in _of(records)}
    rest = [run for run in compared if run.name not in recorded]
    rows: list[tuple[str, Sequence[FinishedRun]]] = [(_called(study), study.runs) for study in records.values()]
    rows += [("in no study: runs compared above", rest)] * bool(rest)
    rows += [(f"**{together}**", _once([*_of(records), *compared]))] * (len(rows) > 1)
    return rows


def _caption(records: Records, others: Records) -> str:
    shared = len(_of(records)) - len(_once(_of(records)))
    once = (
        " Runs that several studies have in common stand in the row of each, and count once for all." if shared else ""
    )
    apart = f" Studies of {which(runs_of(others))} stand last, and are counted by themselves." if others else ""
    return (
        "What it cost. Hours are those of the finished epochs with their evaluation; what a run takes besides, some "
        f"seconds for its start, pictures and saving, is not in them.{once}{apart}"
    )


def _of(records: Records) -> list[FinishedRun]:
    return [run for study in records.values() for run in study.runs]


def _once(runs: Sequence[FinishedRun]) -> list[FinishedRun]:
    return list({run.name: run for run in runs}.values())


def _amount(runs: Sequence[FinishedRun]) -> str:
    """`120 runs with 2,400 epochs`."""
    return f"{counted(len(runs), 'run')} with {counted(sum(len(run.history) for run in runs), 'epoch')}"


def _called(study: RecordedStudy) -> str:
    """`Forty seeds (main)`; the name alone where the title says no more."""
    same = study.title.lower() == study.name.lower().replace("_", " ")
    return escape(study.title) if same else f"{escape(study.title)} ({escape(study.name)})"
