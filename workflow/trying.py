"""Try the custom networks that a job would train, and say so to the user."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from normstudy.report.core.text import join
from normstudy.runs.studies import PlannedRun
from normstudy.runs.trials import refuse_broken_models


def try_models(runs: Sequence[PlannedRun], say: Callable[[str], object]) -> None:
    """Try the custom networks among `runs`, if there are any; `say` shows a line to the user.

    Before the job waits for anything: for another job, for data, for runs of other models. Raises `ParameterError` as
    `refuse_broken_models`.
    """
    models = list(dict.fromkeys(run.config.model for run in runs if run.config.model))
    if not models:
        return
    say(f"Trying {join(models)} on a few random images …")
    for note in refuse_broken_models(runs):
        say(f"Note on {note}.")
