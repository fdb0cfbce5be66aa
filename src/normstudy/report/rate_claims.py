"""Two claims on normalization, tested on a study of learning rates: higher rates, and easier and faster training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from normstudy.report.paired_seeds import paired_p
from normstudy.report.rate_lines import Line, beside_none
from normstudy.report.statistics import CONFIDENCE, adjust_for_many
from normstudy.report.wording import counted, join_words, rounded

Pairs = dict[str, list[tuple[Line, Line]]]
"""By model, its lines, each with that of the same setting without normalization."""


def bears_higher_rates(lines: Sequence[Line]) -> str:
    """The first: the highest rates at which models train, beside that without normalization."""
    start = "**It bears higher rates.**"
    pairs = beside_none(lines)
    if not pairs:
        return f"{start} There is no model without normalization to compare with."
    top = max(rate for line in lines for rate in line.runs)
    told, always, never = [], [], []
    for name, own in pairs.items():
        higher, lower = (sum(sign * line.highest > sign * base.highest for line, base in own) for sign in (1, -1))
        level = [line.highest for line, base in own if line.highest == base.highest]
        notes = [f"in {level.count(rate)} {what}" for rate, what in ((top, "the highest tried"), (0, "none"))]
        notes = [note for note, rate in zip(notes, (top, 0), strict=True) if rate in level]
        note = f" ({join_words(notes)})" if notes else ""
        told.append(f"{name} a higher one in {higher}, the same in {len(level)}{note} and a lower one in {lower}")
        always += [name] if higher == len(own) else []
        never += [name] if not higher else []
    verdict = f"holds in every setting for {join_words(always)}" if always else "holds in every setting for no model"
    verdict += f", and in none for {join_words(never)}" if never else ""
    count = max(len(own) for own in pairs.values())
    return (
        f"{start} Each model is put beside the one without normalization in {counted(count, 'setting')} of depth and "
        f"warm-up. The highest of the tried rates at which it trains is compared: {'; '.join(told)}. The claim "
        f"{verdict}. @tbl-learning-rate has the ranges."
    )


def easier_and_faster(lines: Sequence[Line]) -> str:
    """The second: how wide the ranges are, and how accurate models are after one epoch at the best rate of each."""
    start = "**Training becomes easier and faster.**"
    pairs = beside_none(lines)
    if not pairs:
        return f"{start} There is no model without normalization to compare with."
    wider = [
        f"{name} in {sum(line.width > base.width for line, base in own)} of {counted(len(own), 'setting')}"
        for name, own in pairs.items()
    ]
    return (
        f"{start} *Easier* would be a wider range of rates at which a model trains. It is wider than without "
        f"normalization for {join_words(wider)}. *Faster* would be a higher accuracy after the first epoch, at "
        f"the best rate of each. {_faster(pairs)}"
    )


def after_an_epoch(pairs: Pairs) -> dict[str, tuple[list[float], list[float]]]:
    """By model, in each setting with enough runs: how much more accurate it is than that without normalization after
    the first epoch, at the best rate of each (a fraction, seed by seed), and the p-value, adjusted for all of them."""
    differences = {name: own for name, lines in pairs.items() if (own := _differences(lines))}
    p_values = [paired_p(each, np.zeros_like(each)) for own in differences.values() for each in own]
    adjusted = iter(adjust_for_many(p_values) if p_values else [])
    return {
        name: ([float(each.mean()) for each in own], [float(next(adjusted)) for _ in own])
        for name, own in differences.items()
    }


def beyond_noise(means: Sequence[float], p_values: Sequence[float]) -> tuple[int, int]:
    """In how many settings a model is ahead, and behind, by more than chance explains."""
    real = [mean for mean, p_value in zip(means, p_values, strict=True) if p_value < 1 - CONFIDENCE]
    return sum(mean > 0 for mean in real), sum(mean < 0 for mean in real)


def _faster(pairs: Pairs) -> str:
    found = after_an_epoch(pairs)
    if not found:
        return "For that there are too few runs that finished with the same seed."
    count = sum(len(own) for own, _ in found.values())
    told, always, never = [], [], []
    for name, (own, p_values) in found.items():
        ahead, behind = beyond_noise(own, p_values)
        means = sorted(100 * mean for mean in own)
        span = _signed(means[0]) + (f" to {_signed(means[-1])}" if len(means) > 1 else "")
        told.append(
            f"{name} {span} points, beyond the noise ahead in {ahead} and behind in {behind} of "
            f"{counted(len(own), 'setting')}"
        )
        always += [name] if ahead == len(pairs[name]) else []
        never += [name] if not ahead else []
    verdict = f"Faster in every setting is {join_words(always)}" if always else "No model is faster in every setting"
    verdict += f"; in none, as far as these seeds can tell, is {join_words(never)}" if never else ""
    return (
        f"The mean difference to the model without normalization, seed by seed, is: {'; '.join(told)} (paired t tests "
        f"at {100 * (1 - CONFIDENCE):.0f} %, adjusted by Holm’s method over all {count}). {verdict}."
    )


def _differences(pairs: Sequence[tuple[Line, Line]]) -> list[np.ndarray]:
    """(seeds,) in each setting where both have runs with two seeds or more: how much more accurate the first is."""
    found = []
    for pair in pairs:
        own, other = ({run.config.seed: run.history[0]["test_accuracy"] for run in each.at_best} for each in pair)
        seeds = sorted(own.keys() & other.keys())
        if len(seeds) > 1:
            found.append(np.array([own[seed] - other[seed] for seed in seeds]))
    return found


def _signed(points: float) -> str:
    shown = rounded(points, 2)
    return shown if shown.startswith("−") else f"+{shown}"
