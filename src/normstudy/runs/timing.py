"""How long a batch of runs will take, estimated from what runs and epochs took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def batch_seconds(epochs: Sequence[int], done: Sequence[Sequence[float]], start_up: float, workers: int) -> float:
    """Seconds from the start of a batch of runs to its end.

    `epochs`: of each run; `done`: the seconds of each run's finished epochs, at least one in all;
    `start_up`: seconds of a run besides its epochs; `workers`: how many runs go on side by side. A run
    without a finished epoch is taken to be like the mean of the others.
    """
    every = [seconds for run in done for seconds in run]
    mean = sum(every) / len(every)
    runs = [
        start_up + count * (sum(seconds) / len(seconds) if seconds else mean)
        for count, seconds in zip(epochs, done, strict=True)
    ]
    return side_by_side_seconds(runs, workers)


def side_by_side_seconds(runs: Iterable[float], workers: int) -> float:
    """Seconds until the last of `runs`, which take so many seconds each, has ended, with `workers` at a time."""
    free = [0.0] * workers
    for seconds in runs:  # the scheduler gives the next run to whoever is free first
        free[free.index(min(free))] += seconds
    return max(free)
