"""Try the models of one's own that a job would train, and tell the user of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from normstudy.report.core.text import join
from normstudy.runs.studies import PlannedRun
from normstudy.runs.trials import refuse_broken_models


def try_models(runs: Sequence[PlannedRun], say: Callable[[str], object]) -> None:
    """Have the models of one's own among `runs` tried, if there are any; `say` shows a line to the user.

    Before the job waits for anything: for another job, for data, for runs of other models. Raises `ParameterError` as
    `refuse_broken_models`.
    """
    models = list(dict.fromkeys(run.config.model for run in runs if run.config.model))
    if not models:
        return
    say(f"Trying {join(models)} on a few made-up images …")
    for note in refuse_broken_models(runs):
        say(f"Note on {note}.")
