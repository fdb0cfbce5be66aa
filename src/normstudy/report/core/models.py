"""Which runs are of one model: those whose configurations differ in nothing but seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from normstudy.config import Config, evaluated_images
from normstudy.report.core.names import labels
from normstudy.runs.folder import FinishedRun, wrong
from normstudy.runs.record import RecordedRun
from normstudy.runs.reproduction import SEEDS, kind_of_model

Seeds = tuple[int, ...]
"""The four seeds of a run; runs of two models that share them are a pair."""


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
    def shown(self) -> FinishedRun:
        """The run whose images and notebook are shown: finished and with a folder of its own, where there is any."""
        in_folders = [run for run in self.runs if not isinstance(run, RecordedRun)] or list(self.runs)
        return next((run for run in in_folders if not run.diverged), in_folders[0])

    @property
    def parameters(self) -> int:
        """How many numbers its network learns."""
        return self.runs[0].metrics["model"]["parameters"]

    @property
    def finished(self) -> list[FinishedRun]:
        """Its runs that did not diverge."""
        return [run for run in self.runs if not run.diverged]

    @property
    def diverged(self) -> int:
        """How many of its runs diverged."""
        return len(self.runs) - len(self.finished)

    @property
    def has_predictions(self) -> bool:
        """Whether it is known of all its finished runs what they predicted for each image."""
        return all(getattr(run, "has_predictions", True) for run in self.finished)

    def final(self, measure: str) -> np.ndarray:
        """(n,) `measure`, a key of the history, after the last epoch of each finished run."""
        return np.array([run.history[-1][measure] for run in self.finished], float)

    def after(self, measure: str, seeds: Sequence[Seeds]) -> np.ndarray:
        """(seeds,) the same of the finished runs with `seeds`, in that order."""
        runs = {seeds_of(run): run for run in self.finished}
        return np.array([runs[seed].history[-1][measure] for seed in seeds], float)

    def is_wrong(self, seeds: Sequence[Seeds]) -> np.ndarray:
        """(seeds, images) whether the run with these seeds misclassifies the image. Raises `RunError`."""
        runs = {seeds_of(run): run for run in self.finished}
        return np.array([wrong(runs[seed]) for seed in seeds])


def models_of(runs: Sequence[FinishedRun]) -> list[Model]:
    """`runs` by model, in the order in which these first appear."""
    kinds: dict[str, list[FinishedRun]] = {}
    for run in runs:
        kinds.setdefault(kind_of_model(run.config), []).append(run)
    groups = [sorted(group, key=lambda run: run.config.seed) for group in kinds.values()]
    names = labels([_without_seeds(group[0].config) for group in groups])
    return [Model(name, tuple(group)) for name, group in zip(names, groups, strict=True)]


def of_first_seed(runs: Sequence[FinishedRun]) -> list[FinishedRun]:
    """One run of each model: what is shown of single runs."""
    return [model.shown for model in models_of(runs)]


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
        seeds = [configs[place].model_dump(include=SEEDS) for place in places]
        varied = [key for key in seeds[0] if len({each[key] for each in seeds}) > 1]
        for place, each in zip(places, seeds, strict=True):
            shown = [f"{key.replace('_', ' ')} {each[key]}" for key in varied if each[key] is not None]
            names[place] = ", ".join([model, *shown])
    return names


def seeds_of(run: FinishedRun) -> Seeds:
    """The seeds of `run`: of everything, and of first weights, order and augmentation, where these have their own."""
    own = (getattr(run.config, name) for name in ("seed_weights", "seed_order", "seed_augmentation"))
    return (run.config.seed, *(run.config.seed if seed is None else seed for seed in own))


def shared_seeds(*models: Model) -> list[Seeds]:
    """The seeds with which every one of `models` has a run that finished, so that they can be compared in pairs."""
    each = [{seeds_of(run) for run in model.finished} for model in models]
    return sorted(set.intersection(*each)) if each else []


def has_several_seeds(models: Sequence[Model]) -> bool:
    """Whether any of `models` has more than one run, so that something can be said over seeds."""
    return any(len(model.runs) > 1 for model in models)


def images_of(models: Sequence[Model]) -> int:
    """On how many images `models` were evaluated."""
    return evaluated_images(models[0].config)


def _without_seeds(config: Config) -> Config:
    """`config` as one name for all runs of its model needs it."""
    return config.model_copy(update=Config().model_dump(include=SEEDS))
