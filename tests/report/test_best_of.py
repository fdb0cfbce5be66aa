"""The best epoch and the best of several runs, against every choice written out."""

import itertools

import numpy as np
import pytest
from recorded import recorded_run

from normstudy.report.best_of import best_epochs, chance_of_best, expected_best, share_reaching

VALUES = np.array([0.9951, 0.9939, 0.9960, 0.9939, 0.9947, 0.9955])


@pytest.mark.parametrize("count", range(1, len(VALUES) + 1))
def test_the_expected_best_is_the_mean_over_all_subsets(count):
    found = [max(chosen) for chosen in itertools.combinations(VALUES, count)]
    assert expected_best(VALUES, count) == pytest.approx(np.mean(found), abs=1e-15)


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("figure", [0.9939, 0.9955, 0.9961])
def test_the_chance_of_the_best_is_that_over_all_subsets(count, figure):
    found = [max(chosen) >= figure for chosen in itertools.combinations(VALUES, count)]
    assert chance_of_best(VALUES, figure, count) == pytest.approx(np.mean(found))


def test_more_than_there_are_is_refused():
    with pytest.raises(ValueError, match="best of 7 cannot be told from 6"):
        expected_best(VALUES, 7)


def test_a_figure_is_reached_in_whole_images():
    assert share_reaching(np.array([0.99610000001, 0.9960999999, 0.9960]), 99.61 / 100) == pytest.approx(2 / 3)


def test_a_run_has_its_best_epoch_anywhere():
    runs = [recorded_run("gn", [0.1, 0.1, 0.1], accuracies=row) for row in ([0.9, 0.99, 0.98], [0.9, 0.95, 0.97])]
    assert best_epochs(runs).tolist() == [0.99, 0.97]
