"""Whether models differ over seeds: each pair compared on the seeds that both have, and the verdict in words."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from normstudy.report.crossed import crossed_interval
from normstudy.report.models import Model, by_seed, shared_seeds
from normstudy.report.paired_seeds import MARGIN, equivalence_p, paired_p
from normstudy.report.statistics import adjust_for_many, paired_interval
from normstudy.report.verdict import is_clear
from normstudy.report.wording import (
    capitalized,
    counted,
    join_words,
    p_relation,
    percent_places,
    percent_range,
    rounded,
)
from normstudy.runs.folder import wrong

WITHIN = f"within ±{100 * MARGIN:g} points"
"""What equivalent models are."""

LEAST_SEEDS = 10
"""With fewer seeds, these vary too little when they are resampled, and a crossed bootstrap is too narrow: see
benchmarks/coverage.md."""

MOST_TOLD = 6
"""Pairs on each of which the verdict has a word; of more, they are counted."""


@dataclass(frozen=True)
class ComparedPair:
    """Two models on the seeds with which both finished; the first has the higher mean there.

    `difference` of their mean final accuracies (fractions, 0 or more), with the 95 % paired t interval from `low` to
    `high`; `p_value` of the paired t test and `equivalence` of the two one-sided tests, each by Holm's method adjusted
    for all pairs.
    """

    first: Model
    second: Model
    seeds: tuple[int, ...]
    difference: float
    low: float
    high: float
    p_value: float
    equivalence: float

    @property
    def is_better(self) -> bool:
        """Whether the first model is better by more than noise."""
        return is_clear(self.p_value)

    @property
    def is_equivalent(self) -> bool:
        """Whether they are less than the margin apart, beyond the noise."""
        return is_clear(self.equivalence)

    @property
    def accuracies(self) -> tuple[np.ndarray, np.ndarray]:
        """(seeds,) final accuracies of the first and of the second model, as fractions."""
        return final_accuracies(self.first, self.seeds), final_accuracies(self.second, self.seeds)

    @property
    def finding(self) -> str:
        """What was found, in a few words, for a table."""
        if self.is_better:
            better = f"better by {rounded(100 * self.difference, percent_places([(self.low, self.high)]))}"
            return f"{better}, yet equivalent" if self.is_equivalent else better
        return "equivalent" if self.is_equivalent else "undecided"


def final_accuracies(model: Model, seeds: Sequence[int]) -> np.ndarray:
    """(seeds,) accuracies (fractions) on the images of evaluation after the last epoch."""
    return np.array([run.history[-1]["test_accuracy"] for run in by_seed(model, seeds)])


def compare_models(models: Sequence[Model]) -> list[ComparedPair]:
    """Each pair of `models` that finished with a common seed."""
    pairs = [
        (*_better_first(one, other, seeds), seeds)
        for one, other in itertools.combinations(models, 2)
        if (seeds := shared_seeds([one, other]))
    ]
    values = [(final_accuracies(first, seeds), final_accuracies(second, seeds)) for first, second, seeds in pairs]
    p_values = adjust_for_many([paired_p(*each) for each in values])
    equivalences = adjust_for_many([equivalence_p(*each) for each in values])
    return [
        ComparedPair(first, second, tuple(seeds), *paired_interval(*each), p_value, equivalence)
        for (first, second, seeds), each, p_value, equivalence in zip(
            pairs, values, p_values, equivalences, strict=True
        )
    ]


def _better_first(one: Model, other: Model, seeds: Sequence[int]) -> tuple[Model, Model]:
    means = [final_accuracies(model, seeds).mean() for model in (one, other)]
    return (other, one) if means[1] > means[0] else (one, other)


def crossed_accuracy(model: Model) -> tuple[float, float, float]:
    """Mean accuracy of the finished runs of `model`, with its `crossed_interval` (fractions).

    Without limits for fewer than `LEAST_SEEDS` runs.
    """
    return _crossed(_right(model, [run.config.seed for run in model.finished]))


def crossed_difference(pair: ComparedPair) -> tuple[float, float, float]:
    """The difference of `pair`, with its `crossed_interval` (fractions); without limits as `crossed_accuracy`."""
    return _crossed(_right(pair.first, pair.seeds) - _right(pair.second, pair.seeds))


def _crossed(values: np.ndarray) -> tuple[float, float, float]:
    return crossed_interval(values) if len(values) >= LEAST_SEEDS else (float(values.mean()), -np.inf, np.inf)


def _right(model: Model, seeds: Sequence[int]) -> np.ndarray:
    """(seeds, images) 1 where the run with that seed is right, else 0."""
    return np.array([~wrong(run) for run in by_seed(model, seeds)]).astype(np.int8)


def verdict(models: Sequence[Model]) -> str:
    """Whether `models` differ: each pair better, equivalent or undecided; of more pairs than can be told, how many."""
    compared = compare_models(models)
    if not compared:
        return "No two models finished with the same seed, so nothing can be said of their differences."
    if len(compared) > MOST_TOLD:
        return _counted(compared, models)
    better = [pair for pair in compared if pair.is_better]
    equivalent = [pair for pair in compared if pair.is_equivalent and not pair.is_better]
    undecided = [pair for pair in compared if not pair.is_better and not pair.is_equivalent]
    places = _places(compared)
    parts = [_better(pair, places) for pair in sorted(better, key=lambda pair: pair.p_value)]
    for found, what in ((equivalent, f"equivalent {WITHIN}"), (undecided, "undecided at this number of seeds")):
        parts += [f"{what} are {join_words([_apart(pair, places) for pair in found])}"] if found else []
    return f"{_over(compared)}, {'; '.join(parts)}."


def in_short(models: Sequence[Model]) -> str:
    """The `verdict` for a reader in a hurry: one sentence, with differences and without intervals."""
    compared = compare_models(models)
    if not compared:
        return verdict(models)
    if len(compared) > MOST_TOLD:
        return f"Of {len(compared):,} pairs of models, {_shares(compared)}."
    better = sorted((pair for pair in compared if pair.is_better), key=lambda pair: pair.p_value)
    equivalent = [pair for pair in compared if pair.is_equivalent and not pair.is_better]
    undecided = [pair for pair in compared if not pair.is_equivalent and not pair.is_better]
    parts = [_better_in_short(better, _places(compared))] if better else []
    parts += [f"{_these(equivalent, compared)} equivalent {WITHIN}"] if equivalent else []
    parts += [f"{_these(undecided, compared)} too close to be told apart with these seeds"] if undecided else []
    return capitalized("; ".join(parts) + ".")


def _better_in_short(pairs: Sequence[ComparedPair], places: int) -> str:
    """`beyond the noise, BN is better than LN (by 0.074 points) and GN (by …), and GN is better than LN (by …)`."""
    small = [pair for pair in pairs if pair.is_equivalent]
    beaten: dict[str, list[tuple[str, str]]] = {}
    for pair in pairs:
        note = f", yet equivalent {WITHIN}" if pair.is_equivalent and len(small) < len(pairs) else ""
        beaten.setdefault(pair.first.name, []).append((pair.second.name, f"{_points(pair, places)}{note}"))
    worse = {name for losers in beaten.values() for name, _ in losers}
    if len(worse) == 1 < len(beaten):
        by = join_words([points for ((_, points),) in beaten.values()])
        told = f"{join_words(list(beaten))} are better than {worse.pop()} (by {by})"
    else:
        ranked = sorted(beaten.items(), key=lambda each: -len(each[1]))
        lists = [(name, join_words([f"{loser} (by {points})" for loser, points in losers])) for name, losers in ranked]
        told = ", and ".join(f"{name} is better than {losers}" for name, losers in lists)
    every = "and yet they are" if len(pairs) == 1 else "and yet all these are"
    tail = f", {every} equivalent {WITHIN}" if len(small) == len(pairs) else ""
    return f"beyond the noise, {told}{tail}"


def _these(pairs: Sequence[ComparedPair], of: Sequence[ComparedPair]) -> str:
    """`GN and LN, and BN and LN, are`; where that is every pair `of` several, `any two of the models are`."""
    if len(pairs) == len(of) > 1:
        return "any two of the models are"
    return f"{', and '.join(f'{pair.first.name} and {pair.second.name}' for pair in pairs)} are"


def _over(pairs: Sequence[ComparedPair]) -> str:
    """`Over 40 seeds`, or, where pairs have unequal numbers, `Over the seeds that both have (2 to 40)`."""
    counts = {len(pair.seeds) for pair in pairs}
    if len(counts) == 1:
        return f"Over {counted(max(counts), 'seed')}"
    return f"Over the seeds that both have ({min(counts)} to {max(counts)})"


def _places(pairs: Sequence[ComparedPair]) -> int:
    """Decimals of all points of a verdict, so that they can be compared."""
    return percent_places([(pair.low, pair.high) for pair in pairs])


def _better(pair: ComparedPair, places: int) -> str:
    """`GN is better than LN by 0.031 points (95 % interval 0.012 to 0.050, adjusted p = 0.004)`."""
    yet = f", which is yet equivalent {WITHIN}" if pair.is_equivalent else ""
    tested = f"{_limits(pair, places)}, adjusted p {p_relation(pair.p_value)}"
    return f"{pair.first.name} is better than {pair.second.name} by {_points(pair, places)} ({tested}){yet}"


def _apart(pair: ComparedPair, places: int) -> str:
    """`GN and LN (0.003 points apart, 95 % interval −0.012 to 0.018)`."""
    return f"{pair.first.name} and {pair.second.name} ({_points(pair, places)} apart, {_limits(pair, places)})"


def _points(pair: ComparedPair, places: int) -> str:
    return f"{rounded(100 * pair.difference, places)} points"


def _limits(pair: ComparedPair, places: int) -> str:
    if not math.isfinite(pair.low):
        return "with no measure of the noise"
    return f"95 % interval {percent_range(pair.low, pair.high, places)}"


def _counted(compared: Sequence[ComparedPair], models: Sequence[Model]) -> str:
    """How many pairs have which finding, how many models the best one beats, and the clearest difference."""
    text = f"{_over(compared)}, of {len(compared):,} pairs of models: {_shares(compared)}."
    clearest = min(compared, key=lambda pair: pair.p_value)
    if not clearest.is_better:
        return text
    best = max(
        (model for model in models if model.finished), key=lambda model: np.nanmean(model.final("test_accuracy"))
    )
    beaten = sum(pair.is_better and pair.first is best for pair in compared)
    others = sum(best in (pair.first, pair.second) for pair in compared)
    return (
        f"{text} {best.name}, with the highest mean, is better than {beaten} of the {others} others. The clearest "
        f"difference of all: {_better(clearest, _places([clearest]))}."
    )


def _shares(compared: Sequence[ComparedPair]) -> str:
    """`6 differ by more than noise, 4 are undecided`."""
    findings = Counter((pair.is_better, pair.is_equivalent) for pair in compared)
    parts = [
        (findings[True, False], "differ by more than noise"),
        (findings[True, True], f"differ by more than noise and yet are equivalent {WITHIN}"),
        (findings[False, True], f"are equivalent {WITHIN}"),
        (findings[False, False], "are undecided"),
    ]
    return ", ".join(f"{count} {text}" for count, text in parts if count)
