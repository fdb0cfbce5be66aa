"""How long a batch of runs will take, estimated from its first epochs."""

from __future__ import annotations

from collections.abc import Sequence


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
    free = [0.0] * workers
    for seconds in runs:  # the scheduler gives the next run to whoever is free first
        free[free.index(min(free))] += seconds
    return max(free)
