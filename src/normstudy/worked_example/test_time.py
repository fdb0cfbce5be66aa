"""What batch normalization keeps for test time: a running mean and a running variance per channel."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import pandas as pd
import torch
from torch import Tensor

from normstudy.worked_example.definition import (
    EPSILON,
    IMAGES,
    Position,
    scale_and_shift,
    set_of,
    shared_sets,
)
from normstudy.worked_example.exact import rounded, text, unbroken

MOMENTUM = Fraction(1, 10)
"""Share of the new batch in BN's running statistics, as in `nn.BatchNorm2d`."""


class RunningStatistics(NamedTuple):
    """One mean and one variance per channel: tensors of shape (C,), or lists of fractions."""

    mean: Tensor | list[Fraction]
    variance: Tensor | list[Fraction]


def moving_average(old, new, momentum):
    """What BN keeps after a batch: (1 - momentum) · old + momentum · new."""
    return (1 - momentum) * old + momentum * new


def running_statistics(x: Tensor, before: RunningStatistics, momentum: float = float(MOMENTUM)) -> RunningStatistics:
    """The running statistics after a batch x (N, C, H, W), with the unbiased variance of the paper's Section 3.1."""
    variance, mean = torch.var_mean(x, dim=(0, 2, 3), correction=1)
    return RunningStatistics(
        moving_average(before.mean, mean, momentum), moving_average(before.variance, variance, momentum)
    )


def normalize_at_test(x: Tensor, running: RunningStatistics, gamma=1.0, beta=0.0, eps: float = EPSILON) -> Tensor:
    """BN at test time: the running statistics replace those of the batch, so that x may be a single image."""
    mean, variance = (values.reshape(-1, 1, 1) for values in running)
    return scale_and_shift((x - mean) / (variance + eps).sqrt(), gamma, beta)


def exact_running_statistics(batches: int = 1) -> RunningStatistics:
    """After `batches` times the example's batch, from the mean 0 and variance 1 that BN starts with."""
    sets = shared_sets("bn")
    mean, variance = [Fraction(0)] * len(sets), [Fraction(1)] * len(sets)
    for _ in range(batches):
        mean = [moving_average(old, new.mean, MOMENTUM) for old, new in zip(mean, sets, strict=True)]
        variance = [
            moving_average(old, new.unbiased_variance, MOMENTUM) for old, new in zip(variance, sets, strict=True)
        ]
    return RunningStatistics(mean, variance)


def running_table() -> pd.DataFrame:
    """BN's running statistics after the first batch, channel by channel, with the sums that lead to them."""
    keep, share, rows = text(1 - MOMENTUM), text(MOMENTUM), []
    for number, (shared, mean, variance) in enumerate(zip(shared_sets("bn"), *exact_running_statistics(), strict=True)):
        unbiased = f"{text(shared.squares)}/{len(shared.members) - 1}"
        rows.append(
            {
                "channel": str(number + 1),
                "running mean": unbroken(f"{keep}·0 + {share}·{text(shared.mean)} = {text(mean)}"),
                "running variance": unbroken(f"{keep}·1 + {share}·{unbiased} ≈ {rounded(variance)}"),
            }
        )
    return pd.DataFrame(rows)


def at_test_table(position: Position = (0, 0, 0, 0), batches: Sequence[int] = (1, 10, 100)) -> pd.DataFrame:
    """x̂ of one value in training, and at test time after BN saw the example's batch several times."""
    value, channel, shared = int(IMAGES[position]), position[1], set_of("bn", position)
    found = {"in training": (shared.mean, shared.variance)}
    for count in batches:
        mean, variance = exact_running_statistics(count)
        found[f"after {count} batch{'es' * (count > 1)}"] = mean[channel], variance[channel]
    return pd.DataFrame(
        {
            "statistics": name,
            "mean": rounded(mean),
            "variance": rounded(variance),
            "x̂": rounded(float(value - mean) / float(variance) ** 0.5),
        }
        for name, (mean, variance) in found.items()
    )
