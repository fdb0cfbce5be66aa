"""Whether what a report shows is what its sources would compute today, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from normstudy.report.labels import model_names
from normstudy.report.markup import escape
from normstudy.report.wording import counted, join_words, some_of
from normstudy.runs.folder import FinishedRun, is_of_present_sources
from normstudy.runs.record import RecordedStudy


def sentence(runs: Sequence[FinishedRun], records: Mapping[str, RecordedStudy] | None = None) -> str:
    """As Markdown, which of `runs` and `records` other sources made, unless the present ones were found to do the same.

    Empty when there is none. Raises `RunError` when what tells of such a finding is damaged.
    """
    parts = [_of_runs(runs), _of_records(list((records or {}).values()))]
    return " ".join(filter(None, parts))


def _of_records(studies: Sequence[RecordedStudy]) -> str:
    found = []
    for study in studies:
        outdated = sum(not is_of_present_sources(run) for run in study.runs)
        if outdated:
            found.append(f"{outdated:,} of {counted(len(study.runs), 'run')} of {escape(study.name)}")
    if not found:
        return ""
    return (
        f"Of the recorded studies, {join_words(found)} were made by other sources than the present ones, and it was "
        "not verified that these give the same numbers."
    )


def _of_runs(runs: Sequence[FinishedRun]) -> str:
    names = model_names(runs)
    outdated = [name for name, run in zip(names, runs, strict=True) if not is_of_present_sources(run)]
    if not outdated:
        return ""
    if len(outdated) < len(runs):
        who = f"{len(outdated)} of {counted(len(runs), 'run')} ({some_of(outdated)})"
    else:
        who = "The run" if len(runs) == 1 else f"All {len(runs)} runs"
    was = "was" if len(outdated) == 1 else "were"
    return (
        f"{who} {was} made by other sources than the present ones, and it was not verified that these give the same "
        "numbers (`make verify STAMP=1` does that)."
    )
