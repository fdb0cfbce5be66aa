"""Two models over seeds, against published values, independent implementations and simulation."""

import math

import numpy as np
import pytest
from scipy.stats import nct, norm, pearsonr, t

from normstudy.report.paired_seeds import (
    chance_to_win,
    equivalence_p,
    paired_p,
    pairing,
    smallest_detectable,
)

# Student (1908), section IX: additional hours of sleep gained by ten patients with two drugs (R's data set `sleep`).
FIRST_DRUG = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
SECOND_DRUG = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])


def test_the_paired_test_has_the_value_of_students_own_example():
    assert paired_p(FIRST_DRUG, SECOND_DRUG) == pytest.approx(0.002833, abs=5e-7)  # R: t.test(..., paired = TRUE)


@pytest.mark.parametrize("margin", [1.0, 2.0, 3.0])
def test_equivalence_is_the_larger_of_two_one_sided_t_tests(margin):
    differences = FIRST_DRUG - SECOND_DRUG
    error = differences.std(ddof=1) / math.sqrt(10)
    expected = max(t.sf((differences.mean() + margin) / error, 9), t.cdf((differences.mean() - margin) / error, 9))
    assert equivalence_p(FIRST_DRUG, SECOND_DRUG, margin) == pytest.approx(expected)


@pytest.mark.parametrize("margin", [1.5, 2.2, 2.3, 2.5])
def test_models_are_equivalent_where_the_90_percent_interval_lies_within_the_margin(margin):
    differences = FIRST_DRUG - SECOND_DRUG
    half = t.ppf(0.95, 9) * differences.std(ddof=1) / math.sqrt(10)
    within = abs(differences.mean()) + half < margin
    assert (equivalence_p(FIRST_DRUG, SECOND_DRUG, margin) < 0.05) == within


@pytest.mark.parametrize("seeds", [2, 3, 10, 40])
def test_the_smallest_detectable_difference_is_found_in_four_of_five_cases(seeds):
    rng = np.random.default_rng(seeds)
    first, second = rng.normal(size=(2, seeds))
    effect = smallest_detectable(first, second) / (first - second).std(ddof=1) * math.sqrt(seeds)
    limit = t.ppf(0.975, seeds - 1)
    power = nct.sf(limit, seeds - 1, effect) + nct.cdf(-limit, seeds - 1, effect)
    assert power == pytest.approx(0.8, abs=1e-4)


def test_the_smallest_detectable_difference_is_that_of_cohens_table():
    # Cohen (1988): a paired t test, two-sided at 5 %, finds half a standard deviation with 80 % power from 34 pairs.
    values = np.random.default_rng(0).normal(size=34)
    assert 0.49 < smallest_detectable(values, np.zeros(34)) / values.std(ddof=1) < 0.5
    assert smallest_detectable(values[:33], np.zeros(33)) / values[:33].std(ddof=1) > 0.5


def test_what_pairing_gains_is_the_correlation():
    rng = np.random.default_rng(0)
    common = rng.normal(size=200)
    first, second = common + rng.normal(size=200), common + rng.normal(size=200)
    found = pairing(first, second)
    assert found.correlation == pytest.approx(np.corrcoef(first, second)[0, 1])
    assert found.p_value == pearsonr(first, second).pvalue
    assert found.variance_ratio == pytest.approx(1 - found.correlation, abs=0.02)  # the variances are nearly equal


def limits_by_trial(won, m, n):
    """Newcombe's interval by trying all chances: those from which `won` is no further than 1.96 standard errors."""
    chance = np.linspace(0, 1, 200_001)[1:-1]
    of_one, of_two = chance / (2 - chance), 2 * chance**2 / (1 + chance)  # Hanley and McNeil's Q1 and Q2
    freedom = (m + n) / 2 - 1
    error = np.sqrt((chance * (1 - chance) + freedom * (of_one - chance**2) + freedom * (of_two - chance**2)) / (m * n))
    inside = chance[np.abs(won - chance) <= norm.ppf(0.975) * error]
    return inside.min(), inside.max()


@pytest.mark.parametrize(("m", "n", "shift"), [(10, 10, 0.0), (40, 40, 0.5), (5, 12, 1.0), (3, 3, 9.0), (40, 40, -9.0)])
def test_the_chance_to_win_has_newcombes_interval(m, n, shift):
    rng = np.random.default_rng(m)
    first, second = np.round(rng.normal(shift, 1, m), 1), np.round(rng.normal(0, 1, n), 1)
    won = np.mean((first[:, None] > second) + (first[:, None] == second) / 2)
    found = chance_to_win(first, second)
    assert found[0] == pytest.approx(won)
    assert found[1:] == pytest.approx(limits_by_trial(won, m, n), abs=1e-5)
    assert chance_to_win(second, first) == pytest.approx((1 - won, 1 - found[2], 1 - found[1]))


def test_the_chance_to_win_is_held_as_often_as_its_interval_says():
    rng = np.random.default_rng(0)
    truth = norm.cdf(1 / math.sqrt(2))
    held = [
        low <= truth <= high
        for _, low, high in (chance_to_win(rng.normal(1, 1, 10), rng.normal(0, 1, 10)) for _ in range(400))
    ]
    assert 0.93 < np.mean(held) < 0.99


def test_what_says_nothing_of_the_spread_finds_nothing():
    accuracies = np.array([0.9951, 0.9947, 0.9953])
    for first, second in ((accuracies, accuracies), (accuracies, accuracies - 0.01), (accuracies[:1], accuracies[1:2])):
        assert paired_p(first, second) == 1
        assert equivalence_p(first, second) == 1
        assert smallest_detectable(first, second) == math.inf
    assert math.isnan(pairing(accuracies, np.full(3, 0.99)).correlation)
    assert math.isnan(chance_to_win(accuracies, accuracies[:0])[0])


@pytest.mark.parametrize("truth", [0.0, 0.0005, 0.002])
def test_equivalence_is_false_in_one_of_twenty_cases_at_most(truth):
    rng = np.random.default_rng(0)
    pairs = rng.normal(0, 0.0006, (600, 2, 40)) + np.array([truth, 0])[:, None]
    share = np.mean([equivalence_p(*pair) < 0.05 for pair in pairs])
    assert share > 0.9 if truth == 0 else share < 0.08
