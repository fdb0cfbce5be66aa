"""How the settings of a study stand: which trained, their mean errors, and how many times the lowest these are.

Means of error rates are geometric, and compared as ratios: the spread of seeds grows with what it is about, from 2 %
to 20 %, and that of the logarithms does not. Settings of which not every run has trained have no interval, and no part
in the variance: what divides their runs is whether they trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import gmean

from normstudy.report.estimates import UNKNOWN, ratio_intervals, ratios
from normstudy.report.models import Model
from normstudy.report.series import Series, value_of
from normstudy.report.statistics import Estimate
from normstudy.report.trained import Bar, bar_of, counted_errors, trained
from normstudy.report.varied import free, title_of, value_text, varied


@dataclass(frozen=True)
class Standing:
    """A setting, the `cell` of the model `name` with these `values` of what tells its cells apart.

    `trained`: how many of its runs have; `error`: the mean (a fraction); `ratio`: how many times that of the setting
    with the lowest, among those of which all have trained, with an interval that holds for all pairs at once.
    """

    name: str
    values: dict[str, Any]
    cell: Model
    trained: int
    error: Estimate
    ratio: Estimate = UNKNOWN

    @property
    def has_trained(self) -> bool:
        """Whether all of its runs have."""
        return self.trained == len(self.cell.runs)

    @property
    def called(self) -> str:
        """As plain text: `gn (peak rate 0.05)`."""
        values = [f"{title_of(key)} {value_text(value)}" for key, value in self.values.items()]
        return f"{self.name} ({', '.join(values)})" if values else self.name


@dataclass(frozen=True)
class Standings:
    """Those of all settings, in the order of the study, and what decides which have trained."""

    every: tuple[Standing, ...]
    bar: Bar | None

    @property
    def trained(self) -> list[Standing]:
        """Settings of which every run has."""
        return [each for each in self.every if each.has_trained]

    @property
    def finished(self) -> list[Standing]:
        """Settings with a run that did."""
        return [each for each in self.every if each.cell.finished]

    @property
    def lowest(self) -> Standing | None:
        """Of those that trained, the one with the lowest mean error; None where none did."""
        return min(self.trained, key=lambda each: each.error[0], default=None)

    @property
    def groups(self) -> list[np.ndarray]:
        """The error rates of the settings that trained, each (n,)."""
        return [counted_errors(each.cell) for each in self.trained]

    def of(self, cell: Model) -> Standing:
        """That of `cell`."""
        return next(each for each in self.every if each.cell is cell)


def standings_of(series: Sequence[Series]) -> Standings:
    """How the cells of `series` stand."""
    cells = [(each, cell) for each in series for cell in each.cells]
    bar = bar_of([cell for _, cell in cells])
    counts = [trained(cell, bar) for _, cell in cells]
    groups = [counted_errors(cell) for _, cell in cells]
    have = [count == len(cell.runs) for count, (_, cell) in zip(counts, cells, strict=True)]
    sound = [group for group, has in zip(groups, have, strict=True) if has]
    found = iter(ratio_intervals(sound))
    means = [next(found) if has else _mean(group) for group, has in zip(groups, have, strict=True)]
    lowest = min(sound, key=lambda group: np.log(group).mean(), default=None)
    # The lowest was found among all: its ratios are as many as there are pairs.
    pairs = len(sound) * (len(sound) - 1) // 2
    others = iter([] if lowest is None else ratios(lowest, [each for each in sound if each is not lowest], pairs))
    every = []
    for (each, cell), count, group, has, mean in zip(cells, counts, groups, have, means, strict=True):
        keys = free([each], varied([each]))
        ratio = next(others) if has and group is not lowest else UNKNOWN
        values = {key: value_of(cell.config, key) for key in keys}
        every.append(Standing(each.name, values, cell, count, mean, ratio))
    return Standings(tuple(every), bar)


def _mean(group: np.ndarray) -> Estimate:
    """The geometric mean, without an interval."""
    return (float(gmean(group)), -np.inf, np.inf) if len(group) else UNKNOWN
