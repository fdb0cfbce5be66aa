"""What Batch Normalization alone keeps for test time: a running mean and a running variance per channel."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import torch
from torch import Tensor

from normstudy.worked_example.definition import EPSILON, scale_and_shift, shared_sets

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
    """BN at test time: the running statistics stand in for those of the batch, so that x may be a single image."""
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
