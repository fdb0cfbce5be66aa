"""The confusion matrix of a run."""

import numpy as np
from made_runs import N, made_run

from normstudy.report.confusion import confusion_alt, confusion_figure, confusion_matrix


def test_rows_are_true_classes_and_columns_predicted_ones():
    run = made_run("bn", range(7))  # 0 taken for 1
    counts = confusion_matrix(run)
    assert counts.shape == (10, 10)
    assert (counts[0, 0], counts[0, 1], counts.sum()) == (N - 7, 7, N)
    texts = {text.get_position(): text.get_text() for text in confusion_figure(run).axes[0].texts}
    assert texts == {(0, 0): str(N - 7), (1, 0): "7"}
    assert confusion_alt(run) == (
        "Confusion matrix: 993 of 1000 images are on the diagonal; the most frequent error is 0 taken for 1, 7 times."
    )


def test_a_run_without_errors_has_no_most_frequent_one():
    run = made_run("bn", [])
    assert np.trace(confusion_matrix(run)) == N
    assert confusion_alt(run) == "Confusion matrix: 1000 of 1000 images are on the diagonal."
