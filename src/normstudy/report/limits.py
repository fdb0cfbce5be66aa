"""What we found, and its limits: what the number of runs and images allows to be said."""

from __future__ import annotations

from collections.abc import Sequence

from normstudy.report.outcomes import error_count, finished
from normstudy.report.statistics import proportion_interval
from normstudy.report.verdict import caveat
from normstudy.report.wording import counted
from normstudy.runs.folder import FinishedRun


def in_words(runs: Sequence[FinishedRun]) -> str:
    """What the seeds leave open, and the interval for the errors of the model that makes most."""
    judged = finished(runs)
    if not judged:
        return "No model finished, so nothing can be said."
    errors, total = error_count(max(judged, key=error_count))
    low, high = proportion_interval(errors, total)
    mean = "means" if errors == 1 else "mean"
    return (
        f"{caveat(runs)} And {counted(errors, 'error')} of {total:,} {mean}, by chance alone, anything between "
        f"{low * total:.0f} and {high * total:.0f}."
    )
