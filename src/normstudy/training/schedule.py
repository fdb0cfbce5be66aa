"""The learning rate of every step, for each `schedule`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice

import torch
from torch.optim.lr_scheduler import OneCycleLR, ReduceLROnPlateau

from normstudy.config import Config

START = 1 / 25
"""Share of the peak at which the rate starts to rise, as `OneCycleLR` has it."""

DROP = 0.1
"""By how much `step` and `plateau` lower the rate at a time (He et al. 2016, arXiv:1512.03385)."""

DROPS = (0.5, 0.75)
"""After which shares of all steps `step` does so, as there (CIFAR-10)."""

PATIENCE = 2
"""Epochs in a row without a lower loss that `plateau` puts up with."""


class Schedule:
    """The rates of a run, epoch by epoch. There is nothing to keep: they follow from configuration and history."""

    def __init__(self, config: Config, steps: int):
        self.config, self.steps = config, steps
        self._ahead = iter(learning_rates(config, config.epochs * steps))
        self._next = 1  # epoch

    def rates(self, epoch: int, losses: Sequence[float]) -> list[float]:
        """The rates of the steps of `epoch` (1 …), after evaluations with `losses` (nats, one per epoch before).

        Epochs are asked for in their order, of which some may be left out.
        """
        skipped = (epoch - self._next) * self.steps
        rates = list(islice(self._ahead, skipped, skipped + self.steps))
        self._next = epoch + 1
        if self.config.schedule == "plateau":
            share = plateau_share(losses)
            return [rate * share for rate in rates]
        return rates


def learning_rates(config: Config, steps: int) -> Iterator[float]:
    """The rate of each of the run's `steps`, as far as it is known beforehand (of `plateau`: without its drops).

    All rise to `max_lr` over the first `warmup` of the steps. Then `one_cycle` falls to almost 0 (Smith 2017,
    arXiv:1708.07120; both ways along a cosine); `cosine` falls to 0 along half a period; `step` is a tenth
    from half of all steps on, a hundredth from three quarters on; `constant` stays.
    One after the other, because a list of all would be the largest thing in a long run's memory.
    """
    if config.schedule == "one_cycle":
        yield from _one_cycle(config, steps)
        return
    rising = round(config.warmup * steps)
    for step in range(steps):
        if step < rising:
            yield config.max_lr * (START + (1 - START) * step / rising)
        else:
            yield config.max_lr * _share(config.schedule, (step - rising) / (steps - rising), step / steps)


def _share(schedule: str, since_peak: float, of_all: float) -> float:
    """Share of the peak after the share `since_peak` of the steps after it, which is `of_all` of all steps."""
    if schedule == "cosine":
        return (1 + math.cos(math.pi * since_peak)) / 2
    if schedule == "step":
        return DROP ** sum(of_all >= drop for drop in DROPS)
    return 1.0


def plateau_share(losses: Sequence[float]) -> float:
    """Share of the peak that `plateau` is at after evaluations with `losses` (nats)."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    plateau = ReduceLROnPlateau(optimizer, factor=DROP, patience=PATIENCE)
    for loss in losses:
        plateau.step(loss)
    return optimizer.param_groups[0]["lr"]


def _one_cycle(config: Config, steps: int) -> Iterator[float]:
    total = max(2, steps)  # or the schedule has no way to rise and fall
    # A rise of exactly one step has no length, by which torch would divide.
    rise = config.warmup * (1 - 1e-9 * (config.warmup * total == 1))
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=config.max_lr)
    schedule = OneCycleLR(optimizer, config.max_lr, total_steps=total, pct_start=rise, cycle_momentum=False)
    for _ in range(steps):
        yield schedule.get_last_lr()[0]
        optimizer.step()
        schedule.step()
