"""Where two courses of one run part, and whether rounding alone would have led so far.

Kernels for other instructions add in another order. The last digits that change so are magnified from step to
step: after an epoch the courses differ in the third digit, later by percents. `TOLERANCES` are about three times
the most that was measured on MNIST (for test losses of later epochs, where that would allow everything, a factor
of four), between torch's and oneDNN's kernels for AVX-512 and those for AVX2 or SSE4.1: BN + L1, GN and LN of
`params/`, two epochs of three seeds with AVX2 and of one with SSE4.1, and of BN + L1 in bf16 with AVX2; 20 epochs
of one seed with AVX2, and of BN + L1 with SSE4.1. Other processors, versions and numbers of threads are taken to do
no more.

    largest difference     epoch 1    epoch 2    later
    train_loss             0.15 %     2.2 %      8.5 %
    train_accuracy         0.0005     0.0013     0.0029
    test_loss              10 %       17 %       40 %
    test_accuracy          0.006      0.007      0.016
    penalty                0.07 %     0.6 %      0.9 %

On UCI digits (BN + L1, GN, LN and IN, 20 epochs of three seeds with AVX2) the first two epochs, of eight steps each,
differed by less, later ones by more: losses by 15 % and 47 %, accuracies by 0.075 and 0.17, the penalty by 1.1 %.

The training loss of the first epoch tells most: between those three seeds it differs by 1.6 % at the least, over
three times what is tolerated. A change whose effect is as small as that of rounding passes; only equal bits prove
that there is none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NOT_COMPARED = {"epoch", "seconds", "weight_norms", "gradient_norms"}
"""The norms follow the weights, as losses and penalty do."""

DIVERGENCE = "divergence"
EXACTLY = 1e-12
"""Relative, for what no kernel computes: a library of mathematics may round a cosine otherwise."""

TOLERANCES = {
    "train_loss": (0.005, 0.07, 0.25),
    "train_accuracy": (0.0015, 0.004, 0.01),
    "test_loss": (0.3, 0.5, 0.75),
    "test_accuracy": (0.02, 0.02, 0.05),
    "penalty": (0.002, 0.02, 0.03),
}
"""What rounding may do in epoch 1, epoch 2 and later: in parts of the larger value; of accuracies, the difference."""

LATER_ON_DIGITS = {
    "train_loss": 0.45,
    "train_accuracy": 0.23,
    "test_loss": 0.75,
    "test_accuracy": 0.5,
    "penalty": 0.035,
}
"""In place of the last column."""

Epoch = Mapping[str, Any]


@dataclass(frozen=True)
class Course:
    """How far a run came: the history's first epochs, and where it diverged (epoch, step, lr), if it did in these."""

    history: Sequence[Epoch]
    diverged: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Difference:
    """What a `measure` was in `epoch` (1 …), and is now: numbers, or None where a run has none."""

    epoch: int
    measure: str
    before: Any
    now: Any

    def __str__(self) -> str:
        return f"{self.measure} in epoch {self.epoch} was {self.before!r} and is {self.now!r}"

    def in_tolerances(self, dataset: str) -> float:
        """Its size, where 1 is the most that rounding is let do on `dataset`: infinite where rounding does nothing."""
        if self.measure == DIVERGENCE:
            return math.inf if None in (self.before, self.now) else 0.0
        if not all(_is_number(each) for each in (self.before, self.now)):
            return math.inf
        size = abs(self.now - self.before)
        if not self.measure.endswith("accuracy"):
            size /= max(abs(self.now), abs(self.before))
        if self.epoch > 2 and dataset == "digits" and self.measure in LATER_ON_DIGITS:
            return size / LATER_ON_DIGITS[self.measure]
        return size / TOLERANCES.get(self.measure, (EXACTLY,) * 3)[min(self.epoch, 3) - 1]


def measures(course: Course) -> list[str]:
    """What is compared of each epoch of `course`."""
    return [name for name in course.history[0] if name not in NOT_COMPARED] if course.history else [DIVERGENCE]


def differences(before: Course, now: Course) -> Iterator[Difference]:
    """All differences, epoch by epoch, between two courses of as many epochs, of what `before` has measured."""
    for number, (old, new) in enumerate(zip(before.history, now.history, strict=False), start=1):
        for name in measures(before):
            if old.get(name) != new.get(name):
                yield Difference(number, name, old.get(name), new.get(name))
    if before.diverged != now.diverged:
        ends = [course.diverged and course.diverged["epoch"] for course in (before, now)]
        yield Difference(min(end for end in ends if end), DIVERGENCE, before.diverged, now.diverged)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
