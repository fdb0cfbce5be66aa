"""Pairs of models over seeds, and the verdict on them."""

import re

import numpy as np
import pytest
from recorded import seeded_runs

from normstudy.report.models import models_of
from normstudy.report.over_seeds import compare_models, crossed_accuracy, crossed_difference, in_short, verdict

NOISE = np.random.default_rng(0).normal(0, 5, (3, 40)).round().astype(int)
"""Of the errors of three models with 40 seeds."""


def models(**errors):
    return models_of(seeded_runs({norm: list(map(int, counts)) for norm, counts in errors.items()}))


def test_a_clear_difference_is_said_with_its_interval_whatever_the_order():
    good, bad = 50 + NOISE[0], 70 + NOISE[1]
    for found in (models(gn=good, ln=bad), models(ln=bad, gn=good)):
        (pair,) = compare_models(found)
        assert (pair.first.name, pair.second.name) == ("GN", "LN")
        assert pair.difference == pytest.approx((bad - good).mean() / 10_000)
        assert pair.low < 0.0020 < pair.high
        assert pair.finding.startswith("better by 0.1") or pair.finding.startswith("better by 0.2")
        text = verdict(found)
        assert text.startswith("Over 40 seeds, GN is better than LN by 0.")
        assert "adjusted p < 0.001" in text
        assert "equivalent" not in text


def test_like_models_are_equivalent():
    text = verdict(models(gn=50 + NOISE[0], ln=50 + NOISE[1]))
    assert "equivalent within ±0.05 points are GN and LN (0." in text or "are LN and GN (0." in text
    assert "better" not in text


def test_a_difference_can_be_real_and_too_small_to_matter():
    found = models(gn=50 + NOISE[0] // 5, ln=52 + NOISE[0] // 5 + NOISE[1] // 5)
    (pair,) = compare_models(found)
    assert pair.is_better
    assert pair.is_equivalent
    assert pair.finding.endswith("yet equivalent")
    assert "GN is better than LN" in verdict(found)
    assert "which is yet equivalent within ±0.05 points" in verdict(found)


def test_all_points_of_a_verdict_have_as_many_decimals():
    found = models(gn=50 + NOISE[0] // 5, ln=52 + NOISE[0] // 5 + NOISE[1] // 5, bn=60 + NOISE[2])
    for text in (verdict(found), in_short(found)):
        points = re.findall(r"(?<=\.)\d+(?= points| to |[ ,;)]*adjusted)", text.replace("±0.05 points", ""))
        assert len(points) >= 3
        assert {len(decimals) for decimals in points} == {3}


def test_few_seeds_leave_it_undecided():
    text = verdict(models(gn=[50, 55, 47], ln=[58, 54, 60]))
    assert text.startswith("Over 3 seeds, undecided at this number of seeds are GN and LN (0.07 points apart, 95 % ")


def test_differences_that_are_all_alike_are_no_measure_of_noise():
    text = verdict(models(gn=[50, 55], ln=[60, 65]))
    assert "undecided at this number of seeds are GN and LN (0.10 points apart, with no measure of the noise)" in text


def test_pairs_are_compared_on_the_seeds_with_which_both_finished():
    runs = seeded_runs({"gn": [50, 52, None, 51, 49], "ln": [55, None, 53, 56], "in": [60, 61, 62, 63, 64]})
    pairs = {(pair.first.name, pair.second.name): pair.seeds for pair in compare_models(models_of(runs))}
    assert pairs == {("GN", "LN"): (0, 3), ("GN", "IN"): (0, 1, 3, 4), ("LN", "IN"): (0, 2, 3)}
    assert verdict(models_of(runs)).startswith("Over the seeds that both have (2 to 4), ")


def test_models_without_a_common_seed_are_not_compared():
    runs = [*seeded_runs({"gn": [50, 51]}), *seeded_runs({"ln": [50, 51, 52, 53]})[2:]]
    assert verdict(models_of(runs)).startswith("No two models finished with the same seed")


def test_p_values_are_adjusted_for_all_pairs():
    alone = compare_models(models(gn=50 + NOISE[0], ln=54 + NOISE[1]))[0]
    among = compare_models(models(gn=50 + NOISE[0], ln=54 + NOISE[1], bn=52 + NOISE[2]))
    same = next(pair for pair in among if {pair.first.name, pair.second.name} == {"GN", "LN"})
    assert same.low == alone.low
    assert same.p_value > alone.p_value


def test_many_pairs_are_counted():
    found = models(bn=50 + NOISE[0], gn=50 + NOISE[1], ln=50 + NOISE[2], none=90 + NOISE[0][::-1])
    text = verdict([*found, *models(ln2d=90 + NOISE[1][::-1])])
    assert "of 10 pairs of models: 6 differ by more than noise, " in text
    assert ", with the highest mean, is better than 2 of the 4 others." in text
    assert "The clearest difference of all: " in text


def test_a_crossed_interval_takes_ten_seeds():
    few, many = (compare_models(models(gn=50 + NOISE[0, :n], ln=60 + NOISE[1, :n]))[0] for n in (9, 10))
    assert np.isinf(crossed_difference(few)[1:]).all()
    mean, low, high = crossed_difference(many)
    assert mean == pytest.approx(many.difference)
    assert low < many.low < many.high < high
    assert np.isinf(crossed_accuracy(few.first)[1:]).all()
    assert crossed_accuracy(many.first)[0] == pytest.approx(many.first.final("test_accuracy").mean())
