"""Disputed labels: which they are, and that they are marked wherever such an image is shown."""

import numpy as np
from judged import erring
from made_runs import made_run

from normstudy.config import Config
from normstudy.report import hardest, misclassified, shared_errors
from normstudy.report.disputed import LEGEND, MARK, disputes
from normstudy.report.judgements import judgements

DISPUTED, FINE = 947, 948


def test_only_the_test_images_of_mnist_have_disputed_labels():
    found = disputes(Config(dataset="mnist", evaluate_on="test"))
    assert len(found) == 15
    assert (found[947].label, found[947].other, found[947].for_other) == (8, 9, 5)
    assert all(each.for_label < 3 for each in found.values())
    assert all(each.for_label + each.for_other + each.for_neither == 5 for each in found.values())
    assert disputes(Config(dataset="mnist", evaluate_on="validation")) == {}
    assert disputes(Config(dataset="fashion_mnist")) == {}


def with_errors(index, **config):
    run = made_run("bn", index, **config)
    count = len(index)
    run.misclassified = {
        "images": np.zeros((count, 28, 28), np.uint8),
        "label": np.zeros(count, np.uint8),
        "predicted": np.ones(count, np.uint8),
        "confidence": np.full(count, 0.9),
        "index": np.array(index),
    }
    return run


def marked_titles(figure):
    return [MARK in axes.get_title() for axes in figure.axes if axes.get_title()]


def test_a_disputed_image_is_marked_on_the_sheet_of_a_model():
    run = with_errors([DISPUTED, FINE])
    figure = misclassified.misclassified_figure(run)
    assert marked_titles(figure) == [True, False]
    assert figure.get_supxlabel() == LEGEND
    assert "0 taken for 1 (90.0 %) (label disputed), 0 taken for 1 (90.0 %)." in misclassified.misclassified_alt(run)


def test_without_a_disputed_image_there_is_no_legend():
    assert misclassified.misclassified_figure(with_errors([FINE])).get_supxlabel() == ""


def test_a_disputed_image_is_marked_among_those_that_every_model_gets_wrong():
    runs = [with_errors([DISPUTED, FINE])]
    positions = np.array([FINE, DISPUTED])
    figure = shared_errors.shared_errors_figure(runs, positions)
    assert marked_titles(figure) == [False, True]
    assert figure.get_supxlabel() == LEGEND
    assert "number 948), 0 (number 947) (label disputed)." in shared_errors.shared_errors_alt(runs, positions)


def test_a_disputed_image_is_marked_among_the_hardest():
    judged = judgements([erring("bn", [DISPUTED, FINE], 1000, seed) for seed in range(2)])
    positions = np.array([DISPUTED, FINE])
    figure = hardest.hardest_figure(judged, positions, {})
    assert marked_titles(figure) == [True, False]
    assert hardest.hardest_alt(judged, positions).count("(label disputed)") == 1
