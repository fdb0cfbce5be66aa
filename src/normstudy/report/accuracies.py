"""Accuracies of models with their intervals, over seeds where there are several: in words, and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np
import pandas as pd

from normstudy.report.estimates_in_words import on_ends
from normstudy.report.markup import unbroken
from normstudy.report.models import Model, diverged_runs, has_several_seeds, seeds_each
from normstudy.report.outcomes import diverged_count, error_count, seconds_per_epoch
from normstudy.report.statistics import SHARE, Estimate, mean_interval, proportion_interval
from normstudy.report.wording import MOST_NAMES, join_words, percent_places, percent_range, rounded


def mean_accuracy(model: Model) -> Estimate:
    """Mean final accuracy of the finished runs of `model`, with its 95 % t interval (fractions)."""
    return mean_interval(model.accuracies, SHARE)


def estimates(models: Sequence[Model]) -> list[Estimate]:
    """The accuracy of each of `models`, of which runs finished, with its 95 % interval (fractions).

    Over seeds as `mean_accuracy`; where each model has one run alone, that of Wilson for the choice of images.
    """
    return list(map(mean_accuracy if has_several_seeds(models) else _of_images, models))


def _of_images(model: Model) -> Estimate:
    errors, total = error_count(model.finished[0])
    return 1 - errors / total, *proportion_interval(total - errors, total)


def decimals(estimates: Sequence[Estimate]) -> int:
    """As many as all the percentages of a table or a sentence have, so that they can be compared."""
    return percent_places([(low, high) for _, low, high in estimates])


def in_words(models: Sequence[Model]) -> str:
    """The accuracies with their intervals, best first; of many models the best and the worst. Who diverged."""
    judged = [model for model in models if model.finished]
    ranked = sorted(zip(estimates(judged), judged, strict=True), key=lambda each: -each[0][0])
    sentences = []
    if ranked:
        places = decimals([estimate for estimate, _ in ranked])
        over = _over(models)
        told = [_told(estimate, model, places) for estimate, model in ranked]
        if len(told) <= MOST_NAMES:
            sentences.append(f"{over} is {join_words(told)}.")
        else:
            sentences.append(f"{over} of {len(told)} models lies between {told[-1]} and {told[0]}.")
    if not has_several_seeds(models):
        sentences += [diverged_count([model.runs[0] for model in models])] if len(judged) < len(models) else []
    elif diverged := diverged_runs(models):
        sentences.append(f"{diverged} They have no final accuracy, and means are those of the other runs.")
    return " ".join(sentences)


def note_on_ends(models: Sequence[Model]) -> str:
    """A caption's sentence, with a space before it, where intervals over seeds end at what is possible."""
    several = [model for model in models if model.finished] if has_several_seeds(models) else []
    return on_ends([mean_interval(model.accuracies) for model in several])


def _over(models: Sequence[Model]) -> str:
    """`Over 40 seeds, with 95 % intervals in brackets, the mean test accuracy`: how the sentence begins."""
    split = models[0].config.evaluate_on
    if has_several_seeds(models):
        return f"Over {seeds_each(models)}, with 95 % intervals in brackets, the mean {split} accuracy"
    return f"With 95 % intervals for other images in brackets, the {split} accuracy"


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
            row |= {
                f"{split} accuracy (%)": rounded(100 * mean, places),
                "95 % interval": unbroken(percent_range(low, high, places)),
                "lowest to highest": unbroken(percent_range(model.accuracies.min(), model.accuracies.max())),
                f"{split} loss (nats)": f"{np.nanmean(model.final('test_loss')):.4f}",
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
