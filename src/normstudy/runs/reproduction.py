"""Whether finished runs come out again: train them once more, and compare histories.

On the machine and with the versions that made a run, everything but `seconds` has to be the same bit by bit.
Elsewhere `differences` says how far rounding alone may lead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from normstudy.config import Config
from normstudy.runs.folder import FinishedRun
from normstudy.runs.history_differences import Course, Epoch, differences, measures

FIRST_EPOCHS = 2
"""So many are compared where whole runs are not asked for: the second starts from what the first has left."""

SEEDS = {"seed", "seed_weights", "seed_order", "seed_augmentation"}
"""In what runs of one kind of model may differ."""

DECIDES_BITS = ("processor", "instructions", "arithmetic", "torch", "torchvision", "python", "numpy", "scikit-learn")
"""Of what executes a run; threads, precision and device are part of its configuration."""


class _EnoughError(Exception):
    """Ends the training after the last epoch that is compared."""


@dataclass(frozen=True)
class Comparison:
    """What came of training a run again: `verdict`, the differences behind it in words, and what was compared."""

    verdict: Literal["equal", "close", "different"]
    detail: str
    epochs: int
    measures: Sequence[str]


def kind_of_model(config: Config) -> str:
    """The same text for configurations that differ in nothing but seeds."""
    return json.dumps(config.model_dump(exclude=SEEDS), sort_keys=True)


def groups_of_a_kind(runs: Sequence[FinishedRun]) -> list[list[FinishedRun]]:
    """`runs` by kind of model and by the sources that made them: what one comparison stands for."""

    def key(run: FinishedRun) -> tuple[str, str]:
        return kind_of_model(run.config), run.metrics["environment"].get("sources") or ""

    return [list(group) for _, group in groupby(sorted(runs, key=key), key)]


def representative(group: Sequence[FinishedRun], here: Mapping[str, str]) -> FinishedRun:
    """The run of a `group` to compare: the first that was made as one would be made `here`, or else the first."""
    return next((run for run in group if not made_with_other(run, here)), group[0])


def deciding(environment: Mapping[str, Any]) -> dict[str, str]:
    """What decides bits, of the environment in a metrics.json."""
    packages = environment.get("packages")
    every = {**(packages if isinstance(packages, dict) else {}), **environment}
    return {name: every[name] for name in DECIDES_BITS if isinstance(every.get(name), str) and every[name]}


def made_with_other(run: FinishedRun, here: Mapping[str, str]) -> list[str]:
    """The names of what made `run` and is another `here` (as `deciding` has it); what a run does not tell aside."""
    made = deciding(run.metrics["environment"])
    # Variables are rarely set, and earlier runs have no such entry.
    return [name for name in DECIDES_BITS if name in {*made, "arithmetic"} and made.get(name) != here.get(name)]


def train_again(config: Config, epochs: int) -> Course:
    """Train the first `epochs` of the run that `config` asks for, as parts of the whole. Raises as `fit` does."""
    from normstudy.data.loading import load_once
    from normstudy.training.loop import fit

    history: list[Epoch] = []

    def until_enough(entry: Epoch) -> None:
        history.append(entry)
        if len(history) == epochs:
            raise _EnoughError

    try:
        diverged = fit(config, load_once(config.dataset, config.evaluate_on), on_epoch=until_enough).diverged
    except _EnoughError:
        diverged = None
    return Course(history, diverged)


def course(run: FinishedRun, epochs: int) -> Course:
    """The first `epochs` of `run`, as its folder has them."""
    end = {name: run.metrics[name] for name in ("epoch", "step", "lr")} if run.diverged else None
    return Course(run.history[:epochs], end if end and end["epoch"] <= epochs else None)


def compare(run: FinishedRun, again: Course, epochs: int, here: Mapping[str, str]) -> Comparison:
    """What is to be said of `run` after its first `epochs` were, in the environment `here`, those of `again`."""
    before = course(run, epochs)
    compared = len(before.history) + bool(before.diverged), measures(before)
    others = made_with_other(run, here)
    found = list(differences(before, again))
    if not found:
        return Comparison("equal", "", *compared)
    beyond = [each for each in found if each.in_tolerances(run.config.dataset) > 1]
    if beyond:
        return Comparison("different", str(beyond[0] if others else found[0]), *compared)
    if not others:
        note = "no more than on another machine, but this one goes by the same name, with the same versions"
        return Comparison("different", f"{found[0]} ({note})", *compared)
    largest = max(found, key=lambda each: each.in_tolerances(run.config.dataset))
    return Comparison("close", f"{largest}, the largest difference; made with another {', '.join(others)}", *compared)
