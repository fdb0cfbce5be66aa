"""What a study of learning rates found: at which peak rates a model trains, and how it does at its best one.

A setting is a depth with a warm-up; a line is a model in a setting, at all the rates that were tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from normstudy.config import Config
from normstudy.report.labels import labels
from normstudy.report.spans import Span, spans
from normstudy.runs.record import RecordedRun
from normstudy.runs.reproduction import kind_of_model
from normstudy.skeleton import deepened, parse_skeleton

SOUND = 0.95
"""A run has trained if it ends with this accuracy on the images of evaluation, a fraction, or a higher one."""

WITHOUT = "none"
"""The normalization beside which the others are seen."""

LIKE = {"max_lr": 1.0, "warmup": 0.0, "depth": 0, "seed": 0}
"""What the runs of one model may differ in, made the same."""


@dataclass(frozen=True)
class Setting:
    """How many convolutions, and over which fraction of the steps the rate rises to its peak."""

    convolutions: int
    warmup: float


@dataclass(frozen=True)
class Line:
    """A model in a setting: its runs by peak rate, rising, in the order of their seeds."""

    name: str
    config: Config
    setting: Setting
    runs: dict[float, list[RecordedRun]]

    @cached_property
    def ranges(self) -> list[Span]:
        """Lowest and highest of the rates that follow each other in the list of those tried, and at which it trains.

        It trains at a rate if its runs with all seeds do (`SOUND`).
        """
        return spans({rate: trains(runs) for rate, runs in self.runs.items()})

    @property
    def borne(self) -> tuple[float, float] | None:
        """Of its `ranges` the one with the largest factor between its ends; None if there is none."""
        return max(self.ranges, key=lambda ends: ends[1] / ends[0], default=None)

    @property
    def width(self) -> float:
        """Of the range that it bears: the factor between its ends, 0 where there is none."""
        return self.borne[1] / self.borne[0] if self.borne else 0.0

    @cached_property
    def highest(self) -> float:
        """The highest rate at which it trains; 0 if there is none."""
        return max((rate for rate, runs in self.runs.items() if trains(runs)), default=0.0)

    @cached_property
    def best(self) -> float | None:
        """Of the rates at which no run diverged, that with the highest mean of the final accuracies; None: of none."""
        means = {
            rate: float(np.mean([run.final("test_accuracy") for run in runs]))
            for rate, runs in self.runs.items()
            if not any(run.diverged for run in runs)
        }
        return max(means, key=means.__getitem__, default=None)

    @property
    def at_best(self) -> list[RecordedRun]:
        """Its runs at `best`."""
        return [] if self.best is None else self.runs[self.best]

    @property
    def every_run(self) -> list[RecordedRun]:
        """Those at all rates."""
        return [run for runs in self.runs.values() for run in runs]


def trains(runs: Sequence[RecordedRun]) -> bool:
    """Whether every one of `runs` has trained, as `SOUND` has it."""
    return all(not run.diverged and run.final("test_accuracy") >= SOUND for run in runs)


def convolutions(config: Config) -> int:
    """How many the network of `config` has."""
    return len(deepened(parse_skeleton(config.skeleton), config.depth))


def lines_of(runs: Sequence[RecordedRun]) -> list[Line]:
    """`runs` by setting, the shallowest with the shortest warm-up first, and by model, as these first appear."""
    alike: dict[str, list[RecordedRun]] = {}
    models: dict[str, Config] = {}
    for run in runs:
        model = run.config.model_copy(update=LIKE)
        kind = kind_of_model(model)
        models.setdefault(kind, model)
        alike.setdefault(kind, []).append(run)
    names = labels(list(models.values()))
    found = []
    for name, own in zip(names, alike.values(), strict=True):
        by_setting: dict[Setting, list[RecordedRun]] = {}
        for run in own:
            by_setting.setdefault(Setting(convolutions(run.config), run.config.warmup), []).append(run)
        for setting, members in by_setting.items():
            by_rate: dict[float, list[RecordedRun]] = {}
            for run in sorted(members, key=lambda run: (run.config.max_lr, run.config.seed)):
                by_rate.setdefault(run.config.max_lr, []).append(run)
            found.append(Line(name, members[0].config, setting, by_rate))
    return sorted(found, key=lambda line: (line.setting.convolutions, line.setting.warmup))


def by_setting(lines: Sequence[Line]) -> dict[Setting, list[Line]]:
    """`lines` by their setting, in order."""
    found: dict[Setting, list[Line]] = {}
    for line in lines:
        found.setdefault(line.setting, []).append(line)
    return found


def beside_none(lines: Sequence[Line]) -> dict[str, list[tuple[Line, Line]]]:
    """By the name of each model with a normalization: its lines, each with that of the same setting without one."""
    found: dict[str, list[tuple[Line, Line]]] = {}
    for own in by_setting(lines).values():
        base = next((line for line in own if line.config.norm == WITHOUT), None)
        for line in own if base else []:
            if line.config.norm != WITHOUT:
                found.setdefault(line.name, []).append((line, base))
    return found
