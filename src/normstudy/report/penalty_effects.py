"""What a penalty does within a normalization, and what the normalization does with the same penalty."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from normstudy.report.estimates_in_words import flat, points
from normstudy.report.markup import escape
from normstudy.report.models import Model, by_seed, shared_seeds
from normstudy.report.paired_seeds import paired_p, smallest_detectable
from normstudy.report.penalties import NOTHING, Normalization, penalties_of
from normstudy.report.statistics import CONFIDENCE, Estimate, adjust_for_many, paired_interval
from normstudy.report.wording import counted, join_words, p_text, rounded


@dataclass(frozen=True)
class Effect:
    """What changes from one model to another: `first` and `second` (seeds,) are their final accuracies.

    `place` stays the same (a normalization, or a penalty), `change` is what is another; `p_value`: of Student's paired
    t test, adjusted for all effects.
    """

    place: str
    change: str
    first: np.ndarray
    second: np.ndarray
    p_value: float

    @property
    def differences(self) -> np.ndarray:
        """(seeds,) of the accuracies."""
        return self.first - self.second

    @property
    def estimate(self) -> Estimate:
        """Their mean with its 95 % interval."""
        return paired_interval(self.first, self.second)

    @property
    def is_real(self) -> bool:
        """Whether there is a difference beyond the noise."""
        return self.p_value < 1 - CONFIDENCE


@dataclass(frozen=True)
class Effects:
    """Of the penalties, within normalizations; and of the normalizations, with each penalty."""

    of_penalties: list[Effect]
    of_normalizations: list[Effect]

    @property
    def all(self) -> list[Effect]:
        """Both."""
        return [*self.of_penalties, *self.of_normalizations]


def effects_of(normalizations: Sequence[Normalization]) -> Effects:
    """All effects of which there are seeds to compare; p-values by Holm's method over all of them."""
    within = [(each.name, penalty, *pair) for each in normalizations for penalty, *pair in each.effects]
    between = [
        (penalty, f"{first.name} − {second.name}", first.by_penalty[penalty], second.by_penalty[penalty])
        for penalty in penalties_of(normalizations)
        for first, second in combinations([each for each in normalizations if penalty in each.by_penalty], 2)
    ]
    found = [[(place, change, *accuracies(*pair)) for place, change, *pair in part] for part in (within, between)]
    found = [[each for each in part if len(each[2])] for part in found]
    adjusted = iter(adjust_for_many([paired_p(first, second) for part in found for *_, first, second in part]))
    of_penalties, of_normalizations = ([Effect(*each, next(adjusted)) for each in part] for part in found)
    return Effects(of_penalties, of_normalizations)


def accuracies(first: Model, second: Model) -> tuple[np.ndarray, np.ndarray]:
    """Final accuracies of two models, (seeds,), of the seeds that both finished."""
    seeds = shared_seeds([first, second])
    one, other = (
        np.array([run.history[-1]["test_accuracy"] for run in by_seed(each, seeds)]) for each in (first, second)
    )
    return one, other


def in_words(effects: Effects) -> str:
    """Which effects there are beyond the noise, and how small ones would have been found."""
    if not effects.all:
        return "No two models finished with the same seed, so that no effects can be told."
    told = []
    for kind, found in (("penalty", effects.of_penalties), ("normalization", effects.of_normalizations)):
        real = [each for each in found if each.is_real]
        if not found:
            told.append(f"Of the {kind} there is no effect to be tested.")
        elif not real:
            told.append(f"No effect of the {kind} is beyond the noise, of {len(found)} that were tested.")
        else:
            each_told = [f"{each.change}, {each.place}: {flat(points(each.estimate))} points" for each in real]
            told.append(
                f"Beyond the noise, of {counted(len(found), 'effect')} of the {kind} that were tested: "
                f"{'; '.join(each_told)}."
            )
    limits = [smallest_detectable(each.first, each.second) for each in effects.of_penalties]
    known = [100 * limit for limit in limits if math.isfinite(limit)]
    if known:
        told.append(
            "An effect of a penalty would have been found with a probability of 80 % (by a single test at 5 %) from "
            f"{rounded(min(known), 2)} points on where the seeds vary least, from {rounded(max(known), 2)} on where "
            "they vary most."
        )
    return " ".join(told)


def parted(normalizations: Sequence[Normalization]) -> str:
    """BN with L1 beside the others without a penalty, as the sum of what the penalty and the normalization do."""
    sentences = []
    for own in normalizations:
        penalised, plain = own.by_penalty.get("L1"), own.by_penalty.get(NOTHING)
        if own.config.norm != "bn" or not penalised or not plain:
            continue
        for other in normalizations:
            beside = other.by_penalty.get(NOTHING)
            if other is own or not beside:
                continue
            seeds = shared_seeds([penalised, plain, beside])
            if not seeds:
                continue
            one, two, three = (
                np.array([run.history[-1]["test_accuracy"] for run in by_seed(model, seeds)])
                for model in (penalised, plain, beside)
            )
            whole, penalty, normalization = (
                flat(points(paired_interval(*pair))) for pair in ((one, three), (one, two), (two, three))
            )
            sentences.append(
                f"{own.name} with L1 against {other.name} without a penalty: {whole} points, the sum of what L1 does "
                f"to {own.name} ({penalty}) and of what {own.name} without a penalty differs by ({normalization})."
            )
    return " ".join(sentences)


def effects_table(effects: Effects) -> pd.DataFrame:
    """One row per effect: first those of penalties within a normalization."""
    rows = [(each, f"{each.change} − {NOTHING}") for each in effects.of_penalties]
    rows += [(each, each.change) for each in effects.of_normalizations]
    return pd.DataFrame(
        {
            "with": escape(each.place),
            "difference": escape(called),
            "seeds": str(len(each.differences)),
            "accuracy (points)": points(each.estimate),
            "p, adjusted": p_text(each.p_value),
        }
        for each, called in rows
    )


def listed(effects: Sequence[Effect]) -> str:
    """All of `effects` in words, for alternative texts."""
    told = [f"{each.change}, {each.place}: {points(each.estimate)} points" for each in effects]
    return join_words(told) if told else "none"
