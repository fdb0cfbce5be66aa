"""How far runs of one model lie apart: every run of every model as a dot, with the mean and its interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from normstudy.report import markup
from normstudy.report.accuracies import decimals, mean_accuracy
from normstudy.report.dot_rows import Row, rows_figure
from normstudy.report.drawing import styles
from normstudy.report.labels import data_name
from normstudy.report.models import Model, diverged_runs, has_several_seeds, models_of
from normstudy.report.wording import percent_range, rounded
from normstudy.runs.folder import FinishedRun


def figure(runs: Sequence[FinishedRun]) -> str:
    """`@fig-seeds`; nothing where every model has one run, or none finished."""
    models = [model for model in models_of(runs) if model.finished]
    if not models or not has_several_seeds(models):
        return ""
    diverged = diverged_runs(models_of(runs))
    caption = (
        f"Every run of every model by its final accuracy ({data_name(runs)}). A dot is a run; dots that would lie over "
        "each other are piled up. The diamond below them is the mean, the bar its 95 % t interval over seeds. "
        f"{take_away(models)}{' ' * bool(diverged)}{diverged}"
    )
    return markup.figure("seeds", seeds_figure(models), _alt(models), caption)


def seeds_figure(models: Sequence[Model]) -> Figure:
    """One row per model, each with a run that finished."""
    estimates = [mean_accuracy(model) for model in models]
    places = decimals(estimates)
    rows = []
    for model, (mean, low, high), (colour, *_) in zip(
        models, estimates, styles([m.config for m in models]), strict=True
    ):
        limits = f"\n({percent_range(low, high, places)})" if np.isfinite(low) else ""
        text = f"{rounded(100 * mean, places)} %{limits}"
        rows.append(Row(model.name, colour, 100 * _values(model), (100 * low, 100 * high), text))
    return rows_figure(rows, f"{models[0].config.evaluate_on} accuracy after the last epoch (%)")


def take_away(models: Sequence[Model]) -> str:
    """How far runs of one model are apart, beside how far the means of the models are."""
    apart, name = max((float(np.ptp(_values(model))), model.name) for model in models)
    text = f"Runs of one model are up to {rounded(100 * apart, 2)} percentage points apart ({name})"
    if len(models) == 1:
        return f"{text}."
    means = [mean_accuracy(model)[0] for model in models]
    return f"{text}, the means of the models {rounded(100 * float(np.ptp(means)), 3)}."


def _values(model: Model) -> np.ndarray:
    values = model.final("test_accuracy")
    return values[np.isfinite(values)]


def _alt(models: Sequence[Model]) -> str:
    ends = "; ".join(
        f"{model.name}: {len(_values(model))} from {percent_range(_values(model).min(), _values(model).max())} %"
        for model in models
    )
    return f"Dot plot of the final accuracies of all runs, a row per model. {ends}."
