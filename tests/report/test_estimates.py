"""Means and differences of a sweep's cells, against scipy's own procedures and by hand."""

import numpy as np
import pytest
from scipy.stats import dunnett, ttest_1samp, ttest_ind

from normstudy.report.estimates import (
    differences,
    intervals,
    paired_ratios,
    ratio_intervals,
    ratios,
    similar_spread,
)
from normstudy.report.statistics import mean_interval, pooled_intervals

RANDOM = np.random.default_rng(5)
ALIKE = [RANDOM.normal(0.006, 0.0003, 5) for _ in range(5)]
UNLIKE = [RANDOM.normal(0.006, 0.0003, 20), RANDOM.normal(0.02, 0.004, 20)]


def test_one_variance_is_taken_where_the_spreads_are_alike_and_else_each_its_own():
    assert similar_spread(ALIKE)
    assert not similar_spread(UNLIKE)
    assert intervals(ALIKE) == pooled_intervals(ALIKE)
    assert intervals(UNLIKE) == [mean_interval(group) for group in UNLIKE]
    assert similar_spread([np.array([1.0]), np.array([2.0, 2.0]), np.array([])])
    assert similar_spread([np.array([1.0, 1.2]), np.array([2.0, 2.3])])  # two of each are too few to tell


def test_an_empty_cell_has_no_mean_and_takes_nothing_from_the_others():
    found = intervals([ALIKE[0], np.array([]), ALIKE[1]])
    assert [found[0], found[2]] == pooled_intervals(ALIKE[:2])
    assert np.isnan(found[1]).all()


def test_differences_have_the_means_of_dunnetts_test_and_intervals_that_are_hardly_wider():
    reference, *others = ALIKE
    expected = dunnett(*others, control=reference, rng=np.random.default_rng(0)).confidence_interval(0.95)
    for (middle, low, high), other, dunnett_low, dunnett_high in zip(
        differences(reference, others), others, expected.low, expected.high, strict=True
    ):
        assert middle == pytest.approx(other.mean() - reference.mean())
        assert 1 <= (high - low) / (dunnett_high - dunnett_low) < 1.06


def test_of_two_cells_alone_a_difference_is_that_of_the_usual_t_test():
    for pair, equal in ((ALIKE[:2], True), (UNLIKE, False)):
        ((_, low, high),) = differences(pair[1], pair[:1])
        usual = ttest_ind(*pair, equal_var=equal).confidence_interval(0.95)
        assert (low, high) == pytest.approx((usual.low, usual.high))


def test_intervals_that_hold_all_at_once_are_wider_the_more_there_are():
    def width(tests):
        ((_, low, high),) = differences(ALIKE[0], ALIKE[1:2], tests)
        return high - low

    assert width(1) < width(10) < width(100)


def test_together_they_cover_as_often_as_they_say():
    random = np.random.default_rng(11)
    held = 0
    for _ in range(400):
        groups = [random.normal(0, 1, 5) for _ in range(6)]
        held += all(low <= 0 <= high for _, low, high in differences(groups[0], groups[1:]))
    assert 0.93 <= held / 400 <= 0.99


def test_paired_ratios_are_the_paired_t_test_of_logarithms():
    first, second = ALIKE[0] * 2, ALIKE[0] * np.array([1.0, 1.1, 0.9, 1.0, 1.05])
    ((middle, low, high),) = paired_ratios([(first, second)])
    usual = ttest_1samp(np.log(first / second), 0).confidence_interval(0.95)
    assert np.log([low, high]) == pytest.approx([usual.low, usual.high])
    assert low < middle < high
    assert middle == pytest.approx(np.exp(np.log(first / second).mean()))


def test_ratios_have_geometric_means_and_none_is_no_logarithm_of_nothing():
    (found,) = ratios(np.array([0.01, 0.01]), [np.array([0.02, 0.02])])
    assert found == pytest.approx((2, 0, np.inf))  # nothing varies, so nothing is said of the noise
    ((mean, *_),) = ratio_intervals([np.array([0.01, 0.04])])
    assert mean == pytest.approx(0.02)
    assert np.isfinite(ratio_intervals([np.array([0.0, 0.001, 0.002])])).all()


def test_single_runs_have_no_limits():
    one, other = np.array([0.01]), np.array([0.02])
    assert differences(one, [other]) == [(pytest.approx(0.01), -np.inf, np.inf)]
    assert np.isinf(intervals([one])[0][2])
    assert paired_ratios([(other, one)]) == [(pytest.approx(2), 0, np.inf)]
