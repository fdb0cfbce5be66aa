"""The chosen hyperparameters beside their neighbours."""

import math

import numpy as np
import pytest
from made_runs import made_run
from recorded import recorded_run

from normstudy.report import neighbours
from normstudy.report.statistics import paired_interval

CHOSEN = {"max_lr": 0.05, "weight_decay": 0.01, "l1": 0.0}


def row(norm, seed, losses, **other):
    """A run with these losses; one that ends with an infinite one diverged."""
    lost = {"epoch": len(losses), "step": 1, "lr": 0.01} if not math.isfinite(losses[-1]) else None
    parameters = {"norm": norm, "seed": seed, **CHOSEN, **other}
    return recorded_run(norm, losses[:-1] if lost else losses, diverged=lost, **parameters)


def rows(*finals, norm="gn", **other):
    return [row(norm, seed, [0.9, 0.8, 0.7, 0.6, 0.5, final], **other) for seed, final in enumerate(finals)]


def run(norm="gn"):
    return made_run(norm, [], **CHOSEN)


def test_none_is_better_beyond_the_noise():
    record = rows(0.020, 0.022, 0.021) + rows(0.019, 0.023, 0.020, max_lr=0.1) + rows(0.5, 0.5, 0.5, max_lr=0.025)
    text = neighbours.in_words(record, [run()])
    assert "with seeds 0, 1 and 2" in text
    assert "Nothing else there is better beyond the noise" in text


def test_a_better_one_is_named():
    record = rows(0.020, 0.022, 0.021) + rows(0.010, 0.0121, 0.011, max_lr=0.1)
    text = neighbours.in_words(record, [run()])
    assert "Better than what is reported here, beyond the noise: GN with peak rate 0.1, weight decay 0.01." in text


def test_the_table_has_the_chosen_one_first_and_differences_seed_by_seed():
    record = rows(0.5, 0.5, 0.5, weight_decay=0.1) + rows(0.020, 0.022, 0.021) + rows(0.030, 0.031, 0.032, max_lr=0.1)
    record += rows(0.1, 0.1, math.inf, max_lr=0.025)
    table = neighbours.neighbours_table(record, [run()])
    assert table["peak rate"].tolist() == ["0.05", "0.1", "0.05", "0.025"]
    column = table["difference (0.001 nats)"]
    assert column[0] == "chosen"
    mean, low, high = (
        1000 * each for each in paired_interval(np.array([0.03, 0.031, 0.032]), np.array([0.02, 0.022, 0.021]))
    )
    assert column[1] == f"{mean:+.2f} ({low:+.2f} to {high:+.2f})"
    assert table["loss (nats)"].tolist()[:2] == ["0.0210", "0.0310"]
    assert column[3] == "diverged"


def test_models_of_another_kind_are_no_neighbours():
    record = rows(0.02, 0.02, 0.02) + rows(0.01, 0.01, 0.01, norm="ln", max_lr=0.1) + rows(0.01, 0.01, 0.01, l1=1e-6)
    assert len(neighbours.neighbours_table(record, [run()])) == 1
    assert neighbours.in_words(record, [run("in")]).endswith("IN was not among them.")
    assert neighbours.table(record, [run("in")]) == ""


def test_the_largest_rise_is_that_of_the_mean_curve_after_the_fifth_epoch():
    one = row("gn", 0, [1.0, 9.0, 0.1, 0.1, 0.1, 0.2, 0.1])
    other = row("gn", 1, [1.0, 9.0, 0.1, 0.1, 0.1, 0.1, 0.2])
    assert neighbours.largest_rise([one]) == pytest.approx(2.0)
    assert neighbours.largest_rise([one, other]) == pytest.approx(1.5)
    assert neighbours.largest_rise([row("gn", 0, [1.0, 2.0])]) == 0
    assert "at most 1.50 times that of the epoch before (GN)" in neighbours.in_words([one, other], [run()])


def test_students_interval():
    """Student's own example (1908): sleep gained by ten patients with two drugs."""
    first = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    second = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    assert paired_interval(second, first) == pytest.approx((1.58, 0.7001142, 2.4598858))
    assert paired_interval(np.array([1.0]), np.array([0.5])) == (0.5, -np.inf, np.inf)
