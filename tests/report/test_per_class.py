"""Recall, precision and confusions, over all seeds."""

import numpy as np
import pytest
from judged import answering, erring
from sklearn.metrics import precision_recall_fscore_support

from normstudy.report import class_counts, per_class
from normstudy.report.judgements import judgements


@pytest.fixture(scope="module")
def runs():
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 10, 500)
    answers = np.where(generator.random((3, 500)) < 0.9, labels, generator.integers(0, 10, (3, 500)))
    return [answering("bn", answer, labels, seed) for seed, answer in enumerate(answers)]


def test_recall_and_precision_are_those_of_scikit_learn(runs):
    counts = class_counts.confusion_counts(judgements(runs)[0])
    for run, recall, precision in zip(runs, class_counts.recalls(counts), class_counts.precisions(counts), strict=True):
        expected = precision_recall_fscore_support(run.predictions["label"], run.predictions["predicted"])
        assert precision == pytest.approx(expected[0])
        assert recall == pytest.approx(expected[1])


def test_a_class_that_nobody_predicts_has_no_precision():
    counts = class_counts.confusion_counts(judgements([erring("bn", [])])[0])
    assert class_counts.precisions(counts)[0, 0] == 1
    assert np.isnan(class_counts.precisions(counts)[0, 1:]).all()
    line = next(line for line in per_class.precision([erring("bn", [])]).splitlines() if line.startswith("|       1 "))
    assert line.split("|")[2].strip() == "–"


def test_the_pairs_most_often_mixed_up_come_first():
    labels = np.repeat([3, 5], 50)
    answers = labels.copy()
    answers[:4], answers[60:70] = 5, 3
    frame = per_class.mixed_up_table(judgements([answering("bn", answers, labels), answering("bn", labels, labels, 1)]))
    assert frame[["true", "predicted"]].to_numpy().tolist() == [["5", "3"], ["3", "5"]]
    assert frame["BN"].str.split(" ").str[0].tolist() == ["5.0", "2.0"]
    assert per_class.mixed_up([answering("bn", labels, labels)]) == ""


def test_the_class_found_least_often_is_named_with_the_noise_of_its_images():
    labels = np.repeat([3, 5], 50)
    answers = labels.copy()
    answers[:2] = 5
    words = per_class.in_words([answering("bn", answers, labels), answering("gn", answers, labels)])
    assert "lowest for class 3 in BN (96.00 %) and GN (96.00 %)" in words
    assert "another 50 images of class 3" in words
    assert "from 86.54 % to 98.90 %" in words  # Wilson's interval of 48 of 50


def test_of_more_models_than_a_table_has_columns_for_the_extremes_are_told():
    runs = [erring("gn", range(number), groups=2**number) for number in range(5)]
    text = per_class.recall(runs)
    first = next(line for line in text.splitlines() if line.startswith("| ") and "100.00" in line)
    assert "of 5 models the lowest and the highest mean" in text
    assert "96.00" in first
