"""Whether the models find the same images hard: overlap of what they get wrong, correlation of error rates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from normstudy.report import markup
from normstudy.report.judgements import Judgements, have_seeds, judgements
from normstudy.report.labels import data_name
from normstudy.report.markup import unbroken
from normstudy.report.wording import counted, rounded
from normstudy.runs.folder import FinishedRun

MOST_MODELS = 6
"""For which a table has columns."""


def in_words(runs: Sequence[FinishedRun]) -> str:
    """How many of the hard images are hard for every model, and how the error rates go together."""
    judged = judgements(runs)
    if len(judged) < 2:
        return ""
    hard = np.stack([2 * each.wrong.sum(axis=0) > each.runs for each in judged])
    some, every = int(hard.any(axis=0).sum()), int(hard.all(axis=0).sum())
    which = "more than half of the runs" if have_seeds(judged) else "the run"
    all_models = "both models" if len(judged) == 2 else "every model"
    images = f"{counted(some, 'image')} {'is' if some == 1 else 'are'}"
    overlap = f"{images} misclassified by {which} of at least one model, {every} of these so by {all_models}."
    found = correlations(judged)
    within, between = np.diag(found), found[~np.eye(len(found), dtype=bool)]
    within, between = within[np.isfinite(within)], between[np.isfinite(between)]
    if not (len(within) and len(between)):
        return overlap
    where = " (@tbl-agreement)" if len(judged) <= MOST_MODELS else ""
    return (
        f"{overlap} The share of runs that misclassify an image, taken over one half of the seeds and over the other, "
        f"correlates with {_span(within)} within a model and with {_span(between)} between two models{where}. As far "
        "as the second comes up to the first, images are hard in themselves and not for one normalization."
    )


def table(runs: Sequence[FinishedRun]) -> str:
    """`@tbl-agreement`: `correlations`; nothing for one model, for more than a table holds, or for single runs."""
    judged = judgements(runs)
    found = correlations(judged) if 1 < len(judged) <= MOST_MODELS else np.array(np.nan)
    if not np.isfinite(found).any():
        return ""
    names = [unbroken(each.name) for each in judged]
    frame = pd.DataFrame(
        [[name, *("–" if np.isnan(r) else rounded(r, 2) for r in row)] for name, row in zip(names, found, strict=True)],
        columns=["model", *names],
    )
    caption = (
        f"Correlation (Pearson’s, over images; {data_name(runs)}) of the share of runs that misclassify an image: "
        "between every other seed of one model and the remaining seeds of another or, on the diagonal, of the same. "
        "The diagonal is below 1 because there are few seeds."
    )
    return markup.table("agreement", frame, caption)


def correlations(judged: Sequence[Judgements]) -> np.ndarray:
    """(models, models) Pearson correlation, over images, of error rates from disjoint halves of the seeds.

    The halves alternate over all seeds, so that no seed is in both: models of one seed start alike. Each entry is the
    mean of both ways to take the halves; no number where a half is empty or its rates do not vary.
    """
    seeds = sorted({seed for each in judged for seed in each.seeds})
    place = {seed: number for number, seed in enumerate(seeds)}
    rates = [[_rates(each, [place[seed] % 2 == half for seed in each.seeds]) for half in (0, 1)] for each in judged]
    found = np.array([[(_pearson(a[0], b[1]) + _pearson(a[1], b[0])) / 2 for b in rates] for a in rates])
    return found.reshape(len(judged), len(judged))


def _rates(judged: Judgements, chosen: list[bool]) -> np.ndarray:
    """(images,) share of the `chosen` runs that err; no numbers where none is chosen."""
    return judged.wrong[chosen].mean(axis=0) if any(chosen) else np.full(len(judged.label), np.nan)


def _pearson(first: np.ndarray, second: np.ndarray) -> float:
    if not (np.ptp(first) > 0 and np.ptp(second) > 0):
        return np.nan
    return float(np.corrcoef(first, second)[0, 1])


def _span(values: np.ndarray) -> str:
    low, high = rounded(values.min(), 2), rounded(values.max(), 2)
    return low if low == high else f"{low} to {high}"
