"""Accuracy without the images whose labels people dispute."""

import numpy as np
import pytest
from judged import erring

from normstudy.report import without_disputed
from normstudy.report.judgements import judgements

IMAGES = 2000
"""Of which those numbered 947, 1621 and 1901 are disputed."""


def test_accuracy_is_given_with_and_without_disputed_images():
    runs = [erring("bn", [3, 947, 1901], IMAGES, seed) for seed in range(2)]
    of_all, without = without_disputed.accuracies(judgements(runs)[0])
    assert of_all == pytest.approx(1 - 3 / 2000)
    assert without == pytest.approx(1 - 1 / 1997)
    text = without_disputed.section(runs)
    assert text.startswith("### Disputed labels {#sec-disputed}\n")
    assert "With the labels of 3 images" in text
    assert "2 are misclassified by both runs" in text
    assert "changes by +0.10 points" in text


def test_what_runs_say_of_disputed_images_is_told_in_percent():
    first, second = erring("bn", [947], IMAGES, 0), erring("bn", [], IMAGES, 1)
    for run in (first, second):
        run.columns["label"][947] = 8
    first.columns["predicted"][947], second.columns["predicted"][947] = 9, 8
    judged = judgements([first, second])
    row = next(line for line in without_disputed.images([first, second], judged).splitlines() if "947" in line)
    assert [cell.strip() for cell in row.strip("|").split("|")] == ["947", "8", "9", "0", "5", "0", "50", "50", "0"]


@pytest.mark.parametrize("other", [{"dataset": "fashion_mnist"}, {"evaluate_on": "validation"}])
def test_other_images_have_no_such_passage(other):
    assert without_disputed.section([erring("bn", [1], IMAGES, **other)]) == ""


def test_without_a_finished_run_there_is_none_either():
    assert without_disputed.section([]) == ""


def test_errors_elsewhere_make_the_difference_negative():
    text = without_disputed.section([erring("bn", np.arange(900), IMAGES)])
    assert "changes by −0.07 points" in text
    assert "0 are misclassified by the one run" in text
