"""The bootstrap crossed over seeds and images."""

import numpy as np
import pytest

from normstudy.report.crossed import crossed_interval


def drawn(rng, seeds, images, of_seed, of_image):
    """(seeds, images) values with a mean of 0 and these standard deviations."""
    return rng.normal(0, of_seed, (seeds, 1)) + rng.normal(0, of_image, images) + rng.normal(0, 0.1, (seeds, images))


def test_resampling_by_hand_gives_the_same_interval():
    rng = np.random.default_rng(0)
    right = (rng.uniform(size=(12, 300)) > rng.beta(0.2, 2, 300)).astype(np.int8)
    means = []
    for _ in range(4000):
        seeds, images = rng.integers(12, size=12), rng.integers(300, size=300)
        means.append(right[np.ix_(seeds, images)].mean())
    mean, low, high = crossed_interval(right)
    assert mean == pytest.approx(right.mean())
    assert (low, high) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])), abs=0.002)
    assert high - low > 0.02


@pytest.mark.parametrize(("of_seed", "of_image"), [(1.0, 0.0), (0.0, 1.0), (1.0, 3.0)])
def test_it_holds_the_truth_where_seeds_and_where_images_vary(of_seed, of_image):
    rng = np.random.default_rng(1)
    held = [
        low <= 0 <= high
        for _, low, high in (crossed_interval(drawn(rng, 30, 60, of_seed, of_image), 300) for _ in range(150))
    ]
    assert np.mean(held) > 0.9


def test_it_is_wider_than_that_of_seeds_or_of_images_alone():
    values = drawn(np.random.default_rng(2), 30, 60, 0.3, 0.5)
    _, low, high = crossed_interval(values)
    for axis in (0, 1):
        means = values.mean(axis=axis)
        assert high - low > 2 * 1.96 * means.std(ddof=1) / np.sqrt(len(means))


def test_the_same_values_give_the_same_interval():
    right = np.random.default_rng(0).uniform(size=(12, 100)) > 0.1
    assert crossed_interval(right) == crossed_interval(right.copy())


def test_runs_that_are_all_right_are_right():
    assert crossed_interval(np.ones((12, 50), np.int8)) == (1, 1, 1)
