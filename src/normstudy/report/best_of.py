"""What choosing does to a figure: the best epoch of a run, and the best of several runs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from normstudy.runs.folder import FinishedRun


def best_epochs(runs: Sequence[FinishedRun]) -> np.ndarray:
    """(runs,) the highest accuracy (a fraction) that each of `runs`, which finished, had after any epoch."""
    return np.array([max(row["test_accuracy"] for row in run.history) for run in runs])


def expected_best(values: np.ndarray, count: int) -> float:
    """The mean of the highest of `count` fresh values, estimated without bias from `values` (n,), n ≥ `count`.

    The mean over all subsets of `count` of them (Tang et al. 2020, arXiv:2004.13705): the value of rank i
    is the highest in C(i - 1, count - 1) of C(n, count). Raises `ValueError` for more than there are.
    """
    n = len(values)
    if not 1 <= count <= n:
        raise ValueError(f"the best of {count} cannot be told from {n} values")
    weights = [math.comb(rank - 1, count - 1) / math.comb(n, count) for rank in range(count, n + 1)]
    return float(np.sort(values)[count - 1 :] @ weights)


def chance_of_best(values: np.ndarray, figure: float, count: int) -> float:
    """How likely the best of `count` fresh values is `figure` or higher, estimated as `expected_best`."""
    n, below = len(values), round(len(values) * (1 - share_reaching(values, figure)))
    return 1 - math.comb(below, count) / math.comb(n, count)


def share_reaching(values: np.ndarray, figure: float) -> float:
    """The fraction of `values` (n,) that are `figure` or higher, when both are rounded to whole images of 10,000."""
    return float(np.mean(np.round(10_000 * values) >= round(10_000 * figure)))
