"""How many seeds a comparison needs, from the spread of runs that were made."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from normstudy.report.elsewhere import network_and_data
from normstudy.report.models import Model, models_of, shared_seeds
from normstudy.report.over_seeds import final_accuracies
from normstudy.report.paired_seeds import MARGIN, POWER, seeds_needed
from normstudy.report.statistics import has_spread
from normstudy.report.wording import counted
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedStudy

FEWEST = 5
"""Seeds that two models have to share for their spread to be told."""


def in_words(runs: Sequence[FinishedRun], published: RecordedStudy | None) -> str:
    """About how many seeds of each model would tell `MARGIN` apart: by the spread of `runs`, or where there are too few
    seeds, by that of the `published` ones, of the same network and judged by the same images. Nothing where neither is
    known.
    """
    models = models_of(runs)
    if len(models) < 2:
        return ""
    sd, whose = sd_of_differences(models), "these runs"
    if sd is None and published and _judged(published.runs) == _judged(runs):
        others = models_of(published.runs)
        sd, most = sd_of_differences(others), max(len(model.runs) for model in others)
        whose = f"the published runs ({counted(most, 'seed')} of each model)"
    if sd is None:
        return ""
    return (
        f"At the spread of {whose}, about {counted(seeds_needed(sd, MARGIN), 'seed')} of each model would tell models "
        f"apart that truly differ by {100 * MARGIN:g} points (with a power of {100 * POWER:.0f} %)."
    )


def sd_of_differences(models: Sequence[Model]) -> float | None:
    """The standard deviation of the difference of two of `models`, seed by seed (a fraction): of all pairs, the root of
    the mean variance. None where no pair shares `FEWEST` seeds."""
    found = []
    for pair in itertools.combinations(models, 2):
        seeds = shared_seeds(pair)
        if len(seeds) >= FEWEST:
            first, second = (final_accuracies(model, seeds) for model in pair)
            found += [float(np.var(first - second, ddof=1))] if has_spread(first - second) else []
    return math.sqrt(np.mean(found)) if found else None


def _judged(runs: Sequence[FinishedRun]) -> set[tuple[str, ...]]:
    return {(*network_and_data(run.config), run.config.evaluate_on) for run in runs}
