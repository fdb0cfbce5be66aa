"""The estimate of how long a batch of runs takes."""

import pytest

from normstudy.runs.timing import batch_seconds


@pytest.mark.parametrize(
    ("epochs", "done", "start_up", "workers", "expected"),
    [
        ([10], [[2.0]], 0, 1, 20),
        ([10], [[2.0, 4.0]], 5, 1, 35),
        ([10, 10], [[2.0], [3.0]], 1, 2, 31),
        ([10, 10, 10], [[2.0], [2.0], []], 0, 2, 40),  # the third waits for one of the others
        ([10, 30], [[2.0], []], 0, 2, 60),
        ([10, 10, 10], [[1.0], [3.0], []], 0, 2, 30),  # the third, 2 s an epoch, follows the fast one
        ([10, 10, 10], [[2.0], [], []], 4, 1, 72),
    ],
)
def test_a_batch_takes_as_long_as_its_busiest_worker(epochs, done, start_up, workers, expected):
    assert batch_seconds(epochs, done, start_up, workers) == pytest.approx(expected)
