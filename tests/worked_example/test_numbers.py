"""The numbers in the prose of the worked example."""

from dataclasses import asdict

from norm_batches import SETS

from normstudy.worked_example.definition import IMAGES
from normstudy.worked_example.numbers import in_prose


def test_numbers_in_prose_fit_the_example():
    numbers = in_prose()
    assert (numbers.images, numbers.channels, numbers.height, numbers.width) == tuple(IMAGES.shape)
    assert numbers.batch_values * SETS["bn"] == IMAGES.numel()
    assert numbers.learned == 2 * numbers.channels
    assert float(numbers.l1_by_hand) == float(numbers.l1_by_autograd)
    assert float(numbers.batch_change) > 0
    assert all(asdict(numbers).values())
