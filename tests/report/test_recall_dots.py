"""Recall of each class as a picture."""

import numpy as np
import pytest
from judged import answering, erring, lost

from normstudy.report import recall_dots
from normstudy.report.judgements import judgements
from normstudy.report.statistics import mean_interval, proportion_interval

LABELS = np.repeat([3, 5], 50)


def missing(count):
    """Answers that miss so many of class 3."""
    answers = LABELS.copy()
    answers[:count] = 5
    return answers


def test_every_run_is_a_dot_with_the_mean_and_its_interval():
    runs = [answering("bn", missing(count), LABELS, seed) for seed, count in enumerate((1, 2, 6))]
    axes = recall_dots.recall_figure(judgements(runs)).axes[0]
    row = [line.get_xdata()[3] for line in axes.lines if len(line.get_xdata()) == 10]
    assert row == pytest.approx([98, 96, 88, 94])
    ((start, end),) = [segment[:, 0] for segment in axes.collections[0].get_segments()]
    assert (start, end) == pytest.approx((mean_interval(np.array([98, 96, 88]))[1], 100))  # above it is nothing


def test_a_single_run_has_the_interval_of_its_images():
    block = recall_dots.figure([answering("bn", missing(2), LABELS)])
    assert "the bar Wilson’s 95 % interval" in block
    assert "The classes lie up to 4.00 percentage points apart." in block
    axes = recall_dots.recall_figure(judgements([answering("bn", missing(2), LABELS)])).axes[0]
    low, high = (100 * limit for limit in proportion_interval(48, 50))
    assert axes.collections[0].get_segments()[0][:, 0] == pytest.approx([low, high])


def test_intervals_that_overlap_are_counted():
    runs = [answering("bn", missing(0), LABELS), answering("gn", missing(30), LABELS)]
    assert "both models overlap for 1 of 2 classes; of 4 intervals at 95 % about 0 would" in recall_dots.figure(runs)
    alike = [answering(norm, missing(1), LABELS, seed) for norm in ("bn", "gn") for seed in range(2)]
    assert "too few runs for intervals" in recall_dots.figure(alike)


def test_too_many_models_or_none_make_no_figure():
    assert recall_dots.figure([erring("gn", range(number), groups=2**number) for number in range(5)]) == ""
    assert recall_dots.figure([lost("bn")]) == ""
