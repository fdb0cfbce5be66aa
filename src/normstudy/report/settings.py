"""In which parameters the models differ, and which table of the report tells it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from normstudy.report.labels import are_numbered, labels, model_names
from normstudy.report.markup import unbroken
from normstudy.report.wording import join_words
from normstudy.runs.folder import FinishedRun

MOST_COLUMNS, WIDEST_COLUMNS = 4, 42
"""Models that have a column each, and characters that these take together; more have a row each."""

MOST_SETTINGS = 6
"""Parameters beside each other in a table of models."""


def have_columns(runs: Sequence[FinishedRun]) -> bool:
    """Whether a table has room for a column of each model: they are few, and what cannot be broken is short."""
    pieces = [max(map(len, unbroken(name).split(" "))) for name in model_names(runs)]
    return len(runs) <= MOST_COLUMNS and sum(pieces) <= WIDEST_COLUMNS


def differing_parameters(runs: Sequence[FinishedRun]) -> list[list[str]]:
    """The parameters that are not the same for all of `runs`, in as many parts as no table is wider than a page.

    None where each model has a column in the table of parameters.
    """
    dumps = [run.config.model_dump() for run in runs]
    differing = [key for key in dumps[0] if len({str(values[key]) for values in dumps}) > 1]
    if have_columns(runs) or not differing:
        return []
    parts = -(-len(differing) // MOST_SETTINGS)
    bounds = [len(differing) * part // parts for part in range(parts + 1)]
    return [differing[begin:end] for begin, end in itertools.pairwise(bounds)]


def where_told(runs: Sequence[FinishedRun]) -> str:
    """Which tables have the parameters in which more models differ than the table of parameters has columns for."""
    parts = len(differing_parameters(runs))
    tables = join_words([f"@tbl-settings-{part}" for part in range(1, parts + 1)]) if parts else ""
    return f" {tables} {'has' if parts == 1 else 'have'} what differs." if parts else ""


def note_on_numbers(runs: Sequence[FinishedRun]) -> str:
    """What the numbers of models stand for, and where that is told, as Markdown; nothing where no model has one."""
    if not are_numbered(labels([run.config for run in runs])):
        return ""
    told = where_told(runs) or " @tbl-parameters has what differs."
    return f" Models that differ in too much for a name are numbered (#1, #2, …).{told}"
