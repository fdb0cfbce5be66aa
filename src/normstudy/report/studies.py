"""What the studies say: a section for each that is recorded, in this order."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from normstudy.report import (
    batch_size,
    controls,
    groups,
    inside,
    learning_rate,
    penalty,
    regularization,
    statistics_batch,
    sweep,
)
from normstudy.runs.record import RecordedStudy

HEADING = "## What the studies say {#sec-studies}"

ELSEWHERE = ("main", "search", "neighbours", "skeletons")
"""Studies that other parts of the report show."""

SECTIONS: dict[str, Callable[..., str]] = {
    "regularization": regularization.section,
    "penalty": penalty.section,
    "controls": controls.section,
    "groups": groups.section,
    "statistics_batch": statistics_batch.section,
    "batch_size": batch_size.section,
    "learning_rate": learning_rate.section,
    "inside": inside.section,
}
"""By the study's name, what makes its section, of it and of those in `WITH`; one that is not here has the general
one."""

WITH = {"batch_size": ("batch_rates",)}
"""Studies that are shown in the section of another, where that is recorded."""


def sections(records: Mapping[str, RecordedStudy]) -> str:
    """The sections of all studies among `records`, as Markdown under a heading: first those of `SECTIONS`, in order.

    Nothing where none of them has a section here.
    """
    known = [name for name in SECTIONS if name in records]
    shown = {*known, *ELSEWHERE, *(other for name in known for other in WITH.get(name, ()))}
    found = [SECTIONS[name](records[name], *map(records.get, WITH.get(name, ()))) for name in known]
    found += [sweep.section(records[name]) for name in records if name not in shown]
    return "\n\n".join([HEADING, *found]) if found else ""
