"""Runs as rows of numbers, as they are recorded: what the files behind the pictures hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from normstudy.report.models import Model
from normstudy.report.series import Series
from normstudy.runs.folder import FinishedRun

if TYPE_CHECKING:  # every run's notebook imports this module, and none has tables
    import pandas as pd

UNITS = {"loss": "nats per image", "accuracy": "fraction"}
"""Of the history's measures, by the last part of their names."""

MEASURES = ("test_loss", "test_accuracy")


def by_epoch(models: Sequence[Model], measures: Sequence[str]) -> pd.DataFrame:
    """A row for every epoch of every run: model, seed, epoch, and `measures`, keys of the history."""
    import pandas as pd

    return pd.DataFrame(
        {"model": model.name, "seed": run.config.seed, "epoch": epoch}
        | {heading(measure, run): entry[measure] for measure in measures}
        for model in models
        for run in model.runs
        for epoch, entry in enumerate(run.history, start=1)
    )


def at_the_end(
    models: Sequence[Model], further: Callable[[FinishedRun], Mapping[str, Any]] = lambda run: {}
) -> pd.DataFrame:
    """A row for every run: model, the parameters in which some of the runs differ, whether it diverged, loss and
    accuracy after its last epoch (nothing of one that diverged), and what `further` has of it."""
    import pandas as pd

    runs = [run for model in models for run in model.runs]
    names = [model.name for model in models for _ in model.runs]
    varied = _varied(runs)
    return pd.DataFrame(
        {"model": name}
        | {key: getattr(run.config, key) for key in varied}
        | {"diverged": "yes" if run.diverged else "no"}
        | {heading(measure, run): None if run.diverged else run.history[-1][measure] for measure in MEASURES}
        | dict(further(run))
        for name, run in zip(names, runs, strict=True)
    )


def of_series(series: Sequence[Series]) -> pd.DataFrame:
    """`at_the_end` of every run of a study, whose models are called as its file calls them."""
    return at_the_end([Model(each.name, tuple(run for cell in each.cells for run in cell.runs)) for each in series])


def heading(measure: str, run: FinishedRun) -> str:
    """`test loss (nats per image)`; what is called test in the history is what the run was evaluated on."""
    kind = measure.rpartition("_")[2]
    split = run.config.evaluate_on if measure.startswith("test_") else "training"
    return f"{split} {kind} ({UNITS[kind]})"


def _varied(runs: Sequence[FinishedRun]) -> list[str]:
    """Parameters in which `runs` differ, and the seed."""
    values = [run.config.model_dump() for run in runs]
    return [key for key in values[0] if key == "seed" or len({repr(each[key]) for each in values}) > 1] if runs else []
