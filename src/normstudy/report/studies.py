"""What the studies say: a section for each that is recorded, in this order."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from normstudy.report import inside, learning_rate, sweep
from normstudy.runs.record import RecordedStudy

ELSEWHERE = ("main", "search", "neighbours", "skeletons")
"""Studies that other parts of the report show."""

SECTIONS: dict[str, Callable[[RecordedStudy], str]] = {
    "learning_rate": learning_rate.section,
    "inside": inside.section,
}
"""By the study's name, what makes its section; one that is not here has the general one."""


def sections(records: Mapping[str, RecordedStudy]) -> str:
    """The sections of all studies among `records`, as Markdown: those of `SECTIONS` first, in their order."""
    known = [name for name in SECTIONS if name in records]
    others = [name for name in records if name not in SECTIONS and name not in ELSEWHERE]
    return "\n\n".join(SECTIONS.get(name, sweep.section)(records[name]) for name in [*known, *others])
