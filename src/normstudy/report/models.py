"""Which runs are of one model: those whose configurations differ in nothing but seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from normstudy.config import Config
from normstudy.report.labels import labels
from normstudy.report.wording import counted, some_of
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedRun
from normstudy.runs.reproduction import SEEDS, kind_of_model


@dataclass(frozen=True)
class Model:
    """A model with all of its runs, by seed; `name` is that of `labels`, among those it was made with."""

    name: str
    runs: tuple[FinishedRun, ...]

    @property
    def config(self) -> Config:
        """That of its first run."""
        return self.runs[0].config

    @property
    def finished(self) -> list[FinishedRun]:
        """Its runs that did not diverge."""
        return [run for run in self.runs if not run.diverged]

    @property
    def diverged(self) -> int:
        """How many of its runs diverged."""
        return len(self.runs) - len(self.finished)

    @property
    def accuracies(self) -> np.ndarray:
        """(n,) final accuracies (fractions) of its finished runs."""
        return np.array([run.history[-1]["test_accuracy"] for run in self.finished])

    def final(self, measure: str) -> np.ndarray:
        """(seeds,) `measure` of the history after each run's last epoch; no number for one that diverged."""
        return np.array([np.nan if run.diverged else run.history[-1][measure] for run in self.runs])


def models_of(runs: Sequence[FinishedRun]) -> list[Model]:
    """`runs` by model, in the order in which these first appear."""
    kinds: dict[str, list[FinishedRun]] = {}
    for run in runs:
        kinds.setdefault(kind_of_model(run.config), []).append(run)
    groups = [sorted(group, key=lambda run: run.config.seed) for group in kinds.values()]
    names = labels([_without_seeds(group[0].config) for group in groups])
    return [Model(name, tuple(group)) for name, group in zip(names, groups, strict=True)]


def names_of_runs(configs: Sequence[Config]) -> list[str]:
    """What to call runs of `configs` one by one: the name of the model, and if it has several, the seed.

    Such as `GN (groups 8), seed 3`.
    """
    kinds: dict[str, list[int]] = {}
    for place, config in enumerate(configs):
        kinds.setdefault(kind_of_model(config), []).append(place)
    models = labels([_without_seeds(configs[places[0]]) for places in kinds.values()])
    names = [""] * len(configs)
    for model, places in zip(models, kinds.values(), strict=True):
        own = [configs[place].model_dump(include=SEEDS) for place in places]
        varied = [key for key in own[0] if len({seeds[key] for seeds in own}) > 1]
        for place, seeds in zip(places, own, strict=True):
            told = [f"{key.replace('_', ' ')} {seeds[key]}" for key in varied if seeds[key] is not None]
            names[place] = ", ".join([model, *told])
    return names


def of_first_seed(runs: Sequence[FinishedRun]) -> list[FinishedRun]:
    """One run of each model: what is shown of single runs. It is one with a folder of its own where there is any."""
    return [
        next((run for run in model.runs if not isinstance(run, RecordedRun)), model.runs[0])
        for model in models_of(runs)
    ]


def shared_seeds(models: Sequence[Model]) -> list[int]:
    """The seeds with which every one of `models` has a run that finished, so that they can be compared in pairs."""
    each = [{run.config.seed for run in model.finished} for model in models]
    return sorted(set.intersection(*each)) if each else []


def by_seed(model: Model, seeds: Sequence[int]) -> list[FinishedRun]:
    """The runs of `model` with `seeds`, in that order."""
    runs = {run.config.seed: run for run in model.runs}
    return [runs[seed] for seed in seeds]


def has_several_seeds(models: Sequence[Model]) -> bool:
    """Whether any of `models` has more than one run, so that something can be said over seeds."""
    return any(len(model.runs) > 1 for model in models)


def seeds_each(models: Sequence[Model]) -> str:
    """`40 seeds`, or, where `models` have unequal numbers of runs, `2 to 40 seeds`."""
    counts = {len(model.runs) for model in models}
    return counted(max(counts), "seed") if len(counts) == 1 else f"{min(counts)} to {counted(max(counts), 'seed')}"


def diverged_runs(models: Sequence[Model]) -> str:
    """`3 of 120 runs diverged (2 of No norm and 1 of LN).`; nothing where all finished."""
    parts = [f"{model.diverged} of {model.name}" for model in models if model.diverged]
    total, runs = sum(model.diverged for model in models), sum(len(model.runs) for model in models)
    return f"{total:,} of {counted(runs, 'run')} diverged ({some_of(parts)})." if parts else ""


def _without_seeds(config: Config) -> Config:
    """`config` as one name for all runs of its model needs it."""
    return config.model_copy(update=Config().model_dump(include=SEEDS))
