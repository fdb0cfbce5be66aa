"""How runs ended: errors on the evaluated images, and divergence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from normstudy.report.labels import labels
from normstudy.report.wording import counted, some_of
from normstudy.runs.folder import FinishedRun, wrong


def error_count(run: FinishedRun) -> tuple[int, int]:
    """(misclassified, evaluated) images."""
    mistakes = wrong(run)
    return int(mistakes.sum()), len(mistakes)


def named(runs: Sequence[FinishedRun]) -> list[tuple[str, FinishedRun]]:
    """Each of `runs` with its name among all of them, without a word on whether it diverged."""
    return list(zip(labels([run.config for run in runs]), runs, strict=True))


def finished(runs: Sequence[FinishedRun]) -> list[FinishedRun]:
    """Those of `runs` that did not diverge."""
    return [run for run in runs if not run.diverged]


def final_loss(run: FinishedRun) -> float:
    """Of the last epoch, on the images of evaluation, in nats; infinite for a run that diverged."""
    return math.inf if run.diverged else run.history[-1]["test_loss"]


def mean_seconds(run: FinishedRun) -> float:
    """Of an epoch; no number where there is none."""
    return sum(entry["seconds"] for entry in run.history) / len(run.history) if run.history else math.nan


def seconds_per_epoch(run: FinishedRun) -> float:
    """Median over the epochs, evaluation included."""
    return median(entry["seconds"] for entry in run.history)


def diverged_count(runs: Sequence[FinishedRun]) -> str:
    """`1 of 3 models diverged (No norm).`: how many of `runs`, and which."""
    diverged = [name for name, run in named(runs) if run.diverged]
    which = f" ({some_of(diverged)})" if diverged else ""
    return f"{len(diverged)} of {counted(len(runs), 'model')} diverged{which}."


def note_on_diverged(runs: Sequence[FinishedRun]) -> str:
    """A further sentence of a caption, with a space before it: `diverged_count` where there are any; else nothing."""
    return f" {diverged_count(runs)}" if len(finished(runs)) < len(runs) else ""
