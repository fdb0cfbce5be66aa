"""Variance over seeds, over images, and of chance on each image: estimators on data with known shares."""

import math

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import norm

from normstudy.report.paired_seeds import seeds_needed
from normstudy.report.variances import (
    Parts,
    chances_of_counts,
    images_needed,
    mean_parts,
    parts_of_difference,
    seeds_at_least,
    spread_of_runs,
)

IMAGES = 500
SEEDS = 40

QUANTILES = norm.ppf((np.arange(400) + 0.5) / 400)[:, None]
"""Of the normal distribution."""


def runs(rng, difficulties, spread, seeds=SEEDS):
    """(seeds, images) errors of runs that are worse or better as wholes, with that standard deviation in logits."""
    shares = expit(logit(difficulties) + spread * rng.standard_normal((seeds, 1)))
    return rng.random((seeds, len(difficulties))) < shares


def difficulties(rng):
    """Most images are never wrong, some now and then."""
    return np.where(rng.random(IMAGES) < 0.1, rng.uniform(0.02, 0.9, IMAGES), 1e-6)


def test_without_differences_between_runs_the_spread_is_that_of_chance_on_images():
    rng = np.random.default_rng(0)
    found = [spread_of_runs(runs(rng, difficulties(rng), 0)) for _ in range(200)]
    assert np.mean([each.ratio[0] for each in found]) == pytest.approx(1, abs=0.06)
    assert np.mean([each.ratio[1] <= 1 <= each.ratio[2] for each in found]) == pytest.approx(0.95, abs=0.04)


def test_what_is_beyond_it_is_recovered():
    rng = np.random.default_rng(1)
    hard = difficulties(rng)
    means = expit(logit(hard) + 0.5 * QUANTILES).mean(axis=1)
    found = [spread_of_runs(runs(rng, hard, 0.5)) for _ in range(200)]
    assert np.mean([each.genuine for each in found]) == pytest.approx(means.var(), rel=0.08)
    assert np.mean([each.ratio[1] > 1 for each in found]) > 0.5


def test_the_parts_of_a_difference_are_recovered():
    rng = np.random.default_rng(2)
    first = difficulties(rng)
    second = np.where(first > 0.01, np.clip(first + rng.uniform(-0.3, 0.3, IMAGES), 0.01, 0.95), first)
    found = mean_parts([parts_of_difference(runs(rng, first, 0.4), runs(rng, second, 0)) for _ in range(200)])
    shares = expit(logit(first) + 0.4 * QUANTILES)
    expected = shares.mean(axis=0)
    assert found.seeds == pytest.approx(shares.mean(axis=1).var(), rel=0.1)
    assert found.images == pytest.approx((expected - second).var(), rel=0.05)
    assert found.rest == pytest.approx((expected * (1 - expected) + second * (1 - second)).mean(), rel=0.02)
    assert found.variance(1, IMAGES) == pytest.approx(found.observed + found.images / IMAGES, rel=0.01)


def test_a_comparison_with_as_many_images_as_are_needed_finds_the_difference_with_that_power():
    parts = Parts(seeds=1e-7, images=2e-4, rest=4e-3, observed=0)
    images = images_needed(parts, 0.0005, seeds=20)
    sd = math.sqrt(parts.variance(20, images))
    assert 1 - norm.cdf(norm.ppf(0.975) - 0.0005 / sd) == pytest.approx(0.8, abs=0.001)
    assert images_needed(parts, 0.0002, seeds=1) == math.inf
    least = seeds_at_least(parts, 0.0002)
    assert images_needed(parts, 0.0002, math.floor(least)) == math.inf
    assert images_needed(parts, 0.0002, math.ceil(least)) < math.inf


def test_with_so_many_seeds_a_t_test_finds_it_and_with_fewer_it_does_not():
    assert seeds_needed(0.0007, 0.0005) == 18  # textbooks have 17.4 rounded up
    rng = np.random.default_rng(3)

    def found(seeds):
        values = rng.normal(0.0005, 0.0007, (20_000, seeds))
        t = values.mean(axis=1) / values.std(axis=1, ddof=1) * math.sqrt(seeds)
        return np.mean(np.abs(t) > 2.1098)  # of 17 degrees of freedom

    assert found(18) == pytest.approx(0.8, abs=0.03)
    assert seeds_needed(0.0001, 0.01) == 2


def test_the_chances_of_so_many_errors_are_those_of_independent_images():
    chances = chances_of_counts(np.array([0.5, 0.5, 0.1]))
    assert chances == pytest.approx([0.225, 0.475, 0.275, 0.025])
