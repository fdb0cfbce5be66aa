"""Whether what a report shows is what its sources would compute today, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from normstudy.report.labels import model_names
from normstudy.report.wording import counted, some_of
from normstudy.runs.folder import FinishedRun, is_of_present_sources


def sentence(runs: Sequence[FinishedRun]) -> str:
    """As Markdown, which of `runs` other sources made, if nobody has found that the present ones do the same.

    Empty when there is none. Raises `RunError` when the record of such a finding is damaged.
    """
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
