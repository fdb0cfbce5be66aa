"""Intervals and tests, against published values and against scipy."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from normstudy.report.statistics import (
    AMOUNT,
    PERCENT,
    SHARE,
    adjust_for_many,
    compare_errors,
    mean_interval,
    paired_interval,
    pooled_intervals,
    proportion_interval,
    within,
)


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_has_the_values_of_newcombe_1998(count, total, low, high):
    # R. G. Newcombe, Statistics in Medicine 17, 857-872 (1998), Table I, method 3.
    assert proportion_interval(count, total) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 20_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
@settings(max_examples=60, deadline=None)
def test_wilsons_interval_follows_its_formula(counts):
    count, total = counts
    z, p = 1.959963984540054, count / total
    centre = (p + z**2 / (2 * total)) / (1 + z**2 / total)
    half = z / (1 + z**2 / total) * math.sqrt(p * (1 - p) / total + z**2 / (4 * total**2))
    low, high = proportion_interval(count, total)
    assert (low, high) == pytest.approx((centre - half, centre + half), abs=1e-9)
    assert -1e-12 <= low <= p + 1e-12
    assert p - 1e-12 <= high <= 1 + 1e-12


def wrong(pattern: str) -> np.ndarray:
    return np.array([letter == "x" for letter in pattern], dtype=bool)


def test_errors_are_compared_image_by_image():
    found = compare_errors(wrong("xx.xx...x."), wrong("x..x.x...."))
    assert (found.only_first, found.only_second) == (3, 1)
    assert found.p_value == pytest.approx(2 * (1 + 4) / 2**4)  # two-sided, 1 or fewer of 4 tosses


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 5), st.integers(0, 20))
@settings(max_examples=60, deadline=None)
def test_mcnemars_test_is_the_exact_binomial_test_of_the_discordant_images(first, second, both, neither):
    found = compare_errors(
        wrong("x" * first + "." * second + "x" * both + "." * neither),
        wrong("." * first + "x" * second + "x" * both + "." * neither),
    )
    assert (found.only_first, found.only_second) == (first, second)
    discordant = first + second
    expected = binomtest(first, discordant, 0.5).pvalue if discordant else 1.0
    assert found.p_value == pytest.approx(expected, rel=1e-9)
    assert found.p_value <= 1


def test_models_with_the_same_errors_do_not_differ():
    errors = wrong("x..x.")
    assert compare_errors(errors, errors).p_value == 1.0


def test_the_order_of_two_models_does_not_matter():
    first, second = wrong("xxxx.....x"), wrong(".....x...x")
    one, other = compare_errors(first, second), compare_errors(second, first)
    assert (one.only_first, one.only_second) == (other.only_second, other.only_first)
    assert one.p_value == other.p_value


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),  # 3 × 0.01; 2 × 0.03; 0.04 may not fall below that
        ([0.01, 0.02, 0.03, 0.005], [0.03, 0.04, 0.04, 0.02]),
        ([0.6, 0.7], [1.0, 1.0]),
        ([0.2], [0.2]),
        ([], []),
    ],
)
def test_holms_adjustment_by_hand(p_values, adjusted):
    assert adjust_for_many(p_values) == pytest.approx(adjusted)


# Student (1908), section IX: additional hours of sleep gained by ten patients with two drugs (R's data set `sleep`).
FIRST_DRUG = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
SECOND_DRUG = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])


def test_students_interval_has_the_values_of_his_own_example():
    # As R's t.test(..., paired = TRUE) prints them.
    assert paired_interval(FIRST_DRUG, SECOND_DRUG) == pytest.approx((-1.58, -2.4598858, -0.7001142), abs=1e-7)


def test_nothing_of_the_spread_means_no_limits():
    assert mean_interval(np.array([0.99])) == (0.99, -math.inf, math.inf)
    alike = np.array([0.9951, 0.9947, 0.9953])
    mean, low, high = paired_interval(alike, alike - 0.0004)
    assert (low, high) == (-math.inf, math.inf)
    assert mean == pytest.approx(0.0004)
    assert math.isnan(mean_interval(np.array([0.99, math.nan]))[1])


def test_pooled_intervals_are_those_of_an_analysis_of_variance():
    from statsmodels.regression.linear_model import OLS

    groups = [np.array([1.0, 2.0, 4.0]), np.array([5.0, 5.5]), np.array([3.0, 2.0, 2.5, 4.0]), np.array([7.0])]
    places = np.repeat(np.arange(4), [len(group) for group in groups])
    fitted = OLS(np.concatenate(groups), np.eye(4)[places]).fit()
    expected = np.column_stack([fitted.params, fitted.conf_int(0.05)])
    assert np.array(pooled_intervals(groups)) == pytest.approx(expected)


def test_a_group_with_a_diverged_run_adds_nothing_to_the_pooled_variance():
    sound = [np.array([1.0, 2.0, 4.0]), np.array([5.0, 5.5])]
    found = pooled_intervals([*sound, np.array([0.0, np.nan, 100.0]), np.array([])])
    assert found[:2] == pooled_intervals(sound)
    assert np.isnan(found[2:]).all()


def test_without_spread_in_any_group_there_are_no_pooled_limits():
    assert pooled_intervals([np.array([1.0]), np.array([3.0])]) == [(1.0, -np.inf, np.inf), (3.0, -np.inf, np.inf)]


@pytest.mark.parametrize("seeds", [3, 10])
def test_intervals_hold_the_truth_as_often_as_they_say(seeds):
    rng = np.random.default_rng(1)
    held = []
    for _ in range(600):
        values = rng.normal(5, 2, (4, seeds))
        intervals = [mean_interval(values[0]), paired_interval(values[0] + 1, values[1]), pooled_intervals(values)[0]]
        held.append([low <= truth <= high for (_, low, high), truth in zip(intervals, (5, 1, 5), strict=True)])
    assert np.mean(held, axis=0) == pytest.approx(0.95, abs=0.03)  # more than three standard errors


def test_intervals_end_where_nothing_is_possible_beyond():
    near = np.array([0.99, 0.98, 1.0])
    mean, low, high = mean_interval(near)
    assert high > 1  # as Student's has it
    assert mean_interval(near, SHARE) == (mean, low, 1.0)
    assert mean_interval(100 * (1 - near), PERCENT)[1] == 0
    assert mean_interval(np.array([0.001, 0.02]), AMOUNT)[1] == 0
    assert mean_interval(near - 0.5, SHARE) == mean_interval(near - 0.5)  # that is nowhere near
    assert within((0.5, -math.inf, math.inf), SHARE) == (0.5, -math.inf, math.inf)  # no interval stays none
    assert np.isnan(within((math.nan, math.nan, math.nan), SHARE)).all()
