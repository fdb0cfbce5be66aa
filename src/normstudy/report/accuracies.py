"""Mean accuracies over seeds, of models with several runs: in words, and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np
import pandas as pd

from normstudy.report.markup import unbroken
from normstudy.report.models import Model, diverged_runs, seeds_each
from normstudy.report.outcomes import seconds_per_epoch
from normstudy.report.statistics import mean_interval
from normstudy.report.wording import MOST_NAMES, join_words, percent_places, percent_range, rounded

Estimate = tuple[float, float, float]


def mean_accuracy(model: Model) -> Estimate:
    """Mean final accuracy of the finished runs of `model`, with its 95 % t interval (fractions)."""
    values = model.final("test_accuracy")
    return mean_interval(values[np.isfinite(values)])


def decimals(estimates: Sequence[Estimate]) -> int:
    """As many as all the percentages of a table or a sentence have, so that they can be compared."""
    return percent_places([(low, high) for _, low, high in estimates])


def in_words(models: Sequence[Model]) -> str:
    """The mean accuracies with their intervals, best first; of many models the best and the worst. Who diverged."""
    ranked = sorted(((mean_accuracy(model), model) for model in models if model.finished), key=lambda each: -each[0][0])
    sentences = []
    if ranked:
        places = decimals([estimate for estimate, _ in ranked])
        split = models[0].config.evaluate_on
        over = f"Over {seeds_each(models)}, with 95 % intervals in brackets, the mean {split} accuracy"
        told = [_told(estimate, model, places) for estimate, model in ranked]
        if len(told) <= MOST_NAMES:
            sentences.append(f"{over} is {join_words(told)}.")
        else:
            sentences.append(f"{over} of {len(told)} models lies between {told[-1]} and {told[0]}.")
    if diverged := diverged_runs(models):
        sentences.append(f"{diverged} They have no final accuracy, and means are those of the other runs.")
    return " ".join(sentences)


def table(models: Sequence[Model]) -> pd.DataFrame:
    """One row per model: parameters, runs, mean accuracy with its interval, the lowest and highest run, mean loss."""
    estimates = [mean_accuracy(model) for model in models]
    places = decimals(estimates)
    split = models[0].config.evaluate_on
    rows = []
    for model, (mean, low, high) in zip(models, estimates, strict=True):
        runs, finished = len(model.runs), model.finished
        row = {
            "model": unbroken(model.name),
            "parameters": f"{model.runs[0].metrics['model']['parameters']:,}",
            "runs": str(runs) if len(finished) == runs else unbroken(f"{len(finished)} of {runs} finished"),
        }
        if finished:
            accuracies = model.final("test_accuracy")
            row |= {
                f"{split} accuracy (%)": rounded(100 * mean, places),
                "95 % interval": unbroken(percent_range(low, high, places)),
                "lowest to highest": unbroken(percent_range(np.nanmin(accuracies), np.nanmax(accuracies))),
                f"{split} loss": f"{np.nanmean(model.final('test_loss')):.4f}",
                "s per epoch": f"{median(map(seconds_per_epoch, finished)):.1f}",
            }
        else:
            row |= {f"{split} accuracy (%)": "diverged"}
        rows.append(row)
    return pd.DataFrame(rows).fillna("–")


def _told(estimate: Estimate, model: Model, places: int) -> str:
    """`99.482 % for GN (99.474 to 99.490)`; without an interval where there is none."""
    mean, low, high = estimate
    limits = f" ({percent_range(low, high, places)})" if np.isfinite(low) else ""
    return f"{rounded(100 * mean, places)} % for {model.name}{limits}"
