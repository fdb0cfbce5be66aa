"""Every run of every model as a dot, by its final accuracy, with the mean and its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from normstudy.report import markup, run_rows
from normstudy.report.accuracies import decimals, estimates, mean_accuracy, note_on_ends
from normstudy.report.claims import claims
from normstudy.report.dot_rows import Row, rows_figure
from normstudy.report.drawing import styles
from normstudy.report.labels import data_name
from normstudy.report.models import Model, diverged_runs, has_several_seeds, models_of
from normstudy.report.numbers_behind import folded
from normstudy.report.wording import MOST_NAMES, counted, percent_range, rounded
from normstudy.runs.folder import FinishedRun

CLAIMS = (
    "Ticks below are what public solutions of the same assignment claim with that normalization, whatever their "
    "network and penalty, most of them of a single run; those too low for the picture are counted."
)


def figure(runs: Sequence[FinishedRun]) -> str:
    """`@fig-seeds`; nothing where no run finished."""
    models = [model for model in models_of(runs) if model.finished]
    if not models:
        return ""
    several = has_several_seeds(models)
    diverged = diverged_runs(models_of(runs)) if several else ""
    ticks = claimed(models) if several else {}
    told = [
        _what_is_drawn(several, data_name(runs)) + note_on_ends(models),
        CLAIMS if any(ticks.values()) else "",
        take_away(models),
        diverged,
    ]
    caption = " ".join(filter(None, told))
    picture = markup.figure("seeds", seeds_figure(models, ticks), _alt(models), caption)
    return picture + folded("seeds", run_rows.at_the_end(models))


def _what_is_drawn(several: bool, data: str) -> str:
    if not several:
        return (
            f"The one run of every model by its final accuracy ({data}); the bar is Wilson's 95 % interval "
            "[@wilson1927], how far it could be off because the images are a sample."
        )
    return (
        f"Every run of every model by its final accuracy ({data}). A dot is a run; dots that would lie over each other "
        "are piled up. The diamond below them is the mean, the bar its 95 % t interval over seeds."
    )


def claimed(models: Sequence[Model]) -> dict[str, list[float]]:
    """By normalization, what public solutions of the same assignment claim (percent): of MNIST's test images alone."""
    config = models[0].config
    if (config.dataset, config.evaluate_on) != ("mnist", "test"):
        return {}
    norms = {model.config.norm for model in models}
    return {norm: sorted(claim.accuracy for claim in claims() if claim.norm == norm) for norm in norms}


def seeds_figure(models: Sequence[Model], ticks: Mapping[str, Sequence[float]] | None = None) -> Figure:
    """One row per model, each with a run that finished; `ticks` below it, by its normalization (percent)."""
    found = estimates(models)
    places = decimals(found)
    rows = []
    for model, (mean, low, high), (colour, *_) in zip(models, found, styles([m.config for m in models]), strict=True):
        limits = f"\n({percent_range(low, high, places)})" if np.isfinite(low) else ""
        text = f"{rounded(100 * mean, places)} %{limits}"
        own = (ticks or {}).get(model.config.norm, ())
        rows.append(Row(model.name, colour, 100 * model.accuracies, (100 * low, 100 * high), text, ticks=tuple(own)))
    return rows_figure(rows, f"{models[0].config.evaluate_on} accuracy after the last epoch (%)")


def take_away(models: Sequence[Model]) -> str:
    """How far runs of one model are apart, beside how far the means of the models are."""
    means = [mean_accuracy(model)[0] for model in models]
    between = f"the means of the models {rounded(100 * float(np.ptp(means)), 3)}" if len(models) > 1 else ""
    if not has_several_seeds(models):
        return f"The models are {rounded(100 * float(np.ptp(means)), 2)} percentage points apart." if between else ""
    apart, name = max((float(np.ptp(model.accuracies)), model.name) for model in models)
    within = f"Runs of one model are up to {rounded(100 * apart, 2)} percentage points apart ({name})"
    return f"{within}, {between}." if between else f"{within}."


def _alt(models: Sequence[Model]) -> str:
    told = [f"{model.name}: {_reach(model.accuracies)}" for model in models]
    if len(models) > MOST_NAMES:
        lowest, *_, highest = sorted(models, key=lambda model: mean_accuracy(model)[0])
        told = [f"from {_reach(lowest.accuracies)} ({lowest.name}) to {_reach(highest.accuracies)} ({highest.name})"]
    return f"Dot plot of the final accuracies of all runs, {counted(len(models), 'row')}. {'; '.join(told)}."


def _reach(values: np.ndarray) -> str:
    """`40 runs between 99.41 and 99.49 %`; of a single run, `99.48 %`."""
    if len(values) == 1:
        return f"{rounded(100 * values[0], 2)} %"
    low, high = (rounded(100 * value, 2) for value in (values.min(), values.max()))
    return f"{len(values)} runs between {low} and {high} %"
