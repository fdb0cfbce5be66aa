"""What the studies say: a section for each that is recorded, in this order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from normstudy.report import (
    batch_size,
    chance,
    controls,
    elsewhere,
    frontier,
    groups,
    image_chance,
    inside,
    learning_rate,
    luck,
    own_code,
    penalty,
    power,
    regularization,
    speed,
    statistics_batch,
    sweep,
)
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedStudy

HEADING = "## What the studies say {#sec-studies}"

ELSEWHERE = ("search", "neighbours", "skeletons")
"""Studies that other parts of the report show."""


def of_main(study: RecordedStudy) -> str:
    """What the seeds of the main runs say of luck, of chance, and of how many runs it takes."""
    return "\n\n".join(filter(None, (part(study) for part in (luck.section, image_chance.section, power.section))))


SECTIONS: dict[str, Callable[..., str]] = {
    "regularization": regularization.section,
    "penalty": penalty.section,
    "controls": controls.section,
    "groups": groups.section,
    "statistics_batch": statistics_batch.section,
    "batch_size": batch_size.section,
    "learning_rate": learning_rate.section,
    "main": of_main,
    "chance": chance.section,
    "speed": speed.section,
    "frontier": frontier.section,
    "inside": inside.section,
}
"""By the study's name, what makes its section, of it and of those in `WITH`; one that is not here has the general
one."""

WITH = {
    "batch_size": ("batch_rates",),
    "controls": ("controls_search",),
    "chance": ("main",),
    "frontier": ("frontier_search",),
}
"""Further studies that a section takes, where they are recorded; those of no section of their own are shown there."""


INSIDE = "inside"
"""The study that is shown beside the example that is worked by hand, not among the others."""


def told(records: Mapping[str, RecordedStudy], compared: Sequence[FinishedRun] = ()) -> dict[str, str]:
    """By study, the section of each of `records` that has one, as Markdown: first those of `SECTIONS`, in order.

    The code of networks of one's own is listed, but for those of runs that are `compared`, which the report lists
    elsewhere; and that of `INSIDE` says so where it is of other networks or data than these.
    """
    known = [name for name in SECTIONS if name in records]
    shown = {*known, *ELSEWHERE, *(other for name in known for other in WITH.get(name, ()))}
    found = {name: SECTIONS[name](records[name], *map(records.get, WITH.get(name, ()))) for name in known}
    listed = {run.config.code for run in compared}
    for name in [name for name in records if name not in shown]:
        code = own_code.listings(records[name].runs, listed)
        found[name] = "\n\n".join(filter(None, [sweep.section(records[name]), code]))
    if INSIDE in found:
        found[INSIDE] = elsewhere.under_heading(
            found[INSIDE], elsewhere.note({INSIDE: records[INSIDE]}, compared, "what this section shows")
        )
    return {name: text for name, text in found.items() if text}


def sections(
    told: Mapping[str, str], records: Mapping[str, RecordedStudy] | None = None, compared: Sequence[FinishedRun] = ()
) -> str:
    """All that are `told`, but for `INSIDE`, under their heading; nothing where there are none.

    Below it stands which of `records` are of other networks or data than the runs that are `compared`.
    """
    found = [text for name, text in told.items() if name != INSIDE]
    shown = {name: study for name, study in (records or {}).items() if name not in (*ELSEWHERE, INSIDE)}
    note = elsewhere.note(shown, compared, "what follows")
    return "\n\n".join(filter(None, [HEADING, note, *found])) if found else ""
