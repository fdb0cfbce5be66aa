"""Whether models differ by more than noise: McNemar's test on each pair, and what it leaves open."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from normstudy.report.labels import labels
from normstudy.report.outcomes import error_count
from normstudy.report.statistics import CONFIDENCE, Paired, adjust_for_many, compare_errors
from normstudy.report.wording import capitalized, p_relation
from normstudy.runs.folder import FinishedRun, wrong

MOST_CLEAR = 3
"""Clear differences that are listed; more are counted."""


def compare_pairs(runs: Sequence[FinishedRun]) -> list[tuple[int, int, Paired, float]]:
    """For each pair of finished runs: their positions, the comparison, and its p-value adjusted for all pairs."""
    judged = [None if run.diverged else wrong(run) for run in runs]
    pairs = [(i, j) for i, j in itertools.combinations(range(len(runs)), 2) if not runs[i].diverged | runs[j].diverged]
    compared = [compare_errors(judged[i], judged[j]) for i, j in pairs]
    adjusted = adjust_for_many([pair.p_value for pair in compared])
    return [(i, j, pair, p) for (i, j), pair, p in zip(pairs, compared, adjusted, strict=True)]


def is_clear(p_value: float) -> bool:
    """Whether an adjusted `p_value` speaks of more than noise."""
    return p_value < 1 - CONFIDENCE


def verdict(runs: Sequence[FinishedRun]) -> str:
    """Whether the models, of which at least two finished, differ in their errors; p-values are adjusted."""
    names = labels([run.config for run in runs])
    compared = compare_pairs(runs)
    clear = []
    for i, j, result, p in sorted(compared, key=lambda each: each[2].p_value):
        if is_clear(p):
            better, worse = (j, i) if result.only_first > result.only_second else (i, j)
            clear.append((better, worse, f"{names[better]} errs less often than {names[worse]} (p {p_relation(p)})"))
    finished = [place for place, run in enumerate(runs) if not run.diverged]
    if not clear:
        smallest = min(p for *_, p in compared)
        subject = "the two models" if len(finished) == 2 else f"any two of the {len(finished)} models"
        of_all = "p" if len(compared) == 1 else "smallest adjusted p"
        return f"The differences between {subject} are within the noise ({of_all} = {smallest:.2f})."
    rest = len(compared) - len(clear)
    if len(clear) > MOST_CLEAR:
        best = min(finished, key=lambda place: error_count(runs[place]))
        beaten, others = sum(better == best for better, *_ in clear), len(finished) - 1
        where = f"all {others} others" if beaten == others else f"{beaten or 'none'} of the {others} others"
        share = f"{len(clear):,} of the {len(compared):,}" if rest else f"all {len(compared):,}"
        return (
            f"On these images {share} pairs of models differ by more than noise. {names[best]}, which errs least, is "
            f"clearly better than {where}. The clearest difference of all: {clear[0][-1]}."
        )
    told = "; ".join(sentence for *_, sentence in clear)
    tail = f"; the other {rest} pairs differ by no more than noise" if rest > 1 else ""
    tail = "; the remaining pair differs by no more than noise" if rest == 1 else tail
    return f"On these images {told}{tail}."


def in_short(runs: Sequence[FinishedRun]) -> str:
    """The `verdict` for a reader in a hurry: one sentence, without p-values."""
    names = labels([run.config for run in runs])
    compared = compare_pairs(runs)
    clear = [(i, j, result) for i, j, result, p in compared if is_clear(p)]
    if not clear:
        finished = sum(not run.diverged for run in runs)
        subject = "the two models" if finished == 2 else f"any two of the {finished} models"
        return f"The differences between {subject} are within the noise."
    if len(clear) > MOST_CLEAR:
        return f"Of {len(compared):,} pairs of models, {len(clear):,} differ by more than noise."
    ordered = [(j, i) if result.only_first > result.only_second else (i, j) for i, j, result in clear]
    told = [f"{names[better]} errs less often than {names[worse]}, by more than noise" for better, worse in ordered]
    rest = len(compared) - len(clear)
    tail = "; no other difference is more than noise" if rest else ""
    return capitalized(f"{'; '.join(told)}{tail}.")


def caveat(runs: Sequence[FinishedRun]) -> str:
    """What the seeds of `runs` allow to be said."""
    if len({run.config.seed for run in runs}) == 1:
        return (
            "There is one run per model, all from one seed: this test allows for the choice of images, but not "
            "for the seed, so even a clear difference here may turn out otherwise with another seed."
        )
    return "The runs have different seeds, so a difference holds what the seed does as well as what the model does."
