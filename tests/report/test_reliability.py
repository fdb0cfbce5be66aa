"""Bins of equal mass and the expected calibration error."""

import numpy as np
import pytest
from scipy.stats import binom
from sklearn.calibration import calibration_curve

from normstudy.report.reliability import bins, error_if_calibrated


def answers(runs, images, generator):
    confidence = generator.beta(5, 1, (runs, images))
    return confidence, generator.random((runs, images)) < confidence


def test_bins_are_those_of_scikit_learn():
    confidence, right = answers(2, 300, np.random.default_rng(0))
    found = bins(confidence, right, 15)
    for run in range(2):
        accuracy, mean = calibration_curve(right[run], confidence[run], n_bins=15, strategy="quantile")
        assert found.accuracy[run] == pytest.approx(accuracy)
        assert found.confidence[run] == pytest.approx(mean)


def test_the_error_is_the_mean_distance_weighted_by_images():
    confidence = np.array([[0.5, 0.5, 0.5, 0.9, 0.9]])
    right = np.array([[True, False, False, True, False]])
    found = bins(confidence, right, 2)
    assert found.sizes.tolist() == [2, 3]
    assert found.error == pytest.approx([(2 * 0 + 3 * abs(1 / 3 - 2.3 / 3)) / 5])


def test_equal_confidences_still_make_bins_of_equal_mass():
    found = bins(np.ones((1, 100)), np.ones((1, 100), bool), 15)
    assert found.sizes.sum() == 100
    assert np.ptp(found.sizes) <= 1
    assert found.error.tolist() == [0]


def test_of_few_images_each_is_a_bin():
    assert len(bins(np.array([[0.5, 0.6]]), np.array([[True, True]])).sizes) == 2


def test_chance_alone_gives_what_the_binomial_distribution_says():
    n, p = 50, 0.9
    expected = binom.expect(lambda k: np.abs(k - n * p), (n, p)) / n
    assert error_if_calibrated(np.full((1, 20 * n), p), 20, draws=2000) == pytest.approx([expected], rel=0.02)


def test_answers_that_are_as_sure_as_right_have_the_error_of_chance():
    confidence, right = answers(60, 3000, np.random.default_rng(1))
    chance = error_if_calibrated(confidence).mean()
    assert bins(confidence, right).error.mean() == pytest.approx(chance, rel=0.05)
    assert bins(confidence**0.5, right).error.mean() > 2 * chance
