"""What all models get wrong."""

import itertools

import numpy as np
from drawn import text_boxes
from made_runs import made_run, made_runs

from normstudy.report import shared_errors


def test_shared_errors_are_those_of_every_model():
    runs = [made_run("bn", [1, 2, 3]), made_run("gn", [2, 3, 4]), made_run("ln", [3, 2, 9])]
    assert sorted(shared_errors.shared_errors(runs)) == [2, 3]
    text = shared_errors.in_words(runs)
    assert text.startswith("2 of 1,000 images are misclassified by all 3 models, 5 by at least one")


def test_above_an_image_that_all_get_wrong_the_answers_of_many_models_are_counted():
    runs = made_runs(9, 0)
    for run in runs:
        run.misclassified = {"index": np.arange(3), "images": np.zeros((3, 28, 28), dtype=np.uint8)}
    for answer, run in enumerate(runs[:6], start=2):
        run.predictions["predicted"][0] = answer
    figure = shared_errors.shared_errors_figure(runs, np.arange(3))
    assert figure.axes[0].get_title() == "true 0 (no. 0)\n1: 3 models\n2: 1 model\n3: 1 model\nothers: 4 models"
    boxes = [box for _, box in text_boxes(figure)]
    assert all(min(a.x1, b.x1) - max(a.x0, b.x0) <= 1 for a, b in itertools.pairwise(boxes))
