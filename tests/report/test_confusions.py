"""The confusion matrices of all models."""

import numpy as np
from judged import answering, erring, lost

from normstudy.report import confusions


def answers_of(labels, **taken):
    """The true answers, but of the first of a class so many are taken for another: `of3_for5=2`."""
    answers = labels.copy()
    for kind, count in taken.items():
        true, said = (int(part[-1]) for part in kind.split("_"))
        answers[np.flatnonzero(labels == true)[:count]] = said
    return answers


LABELS = np.repeat([3, 5, 9], 30)


def test_cells_are_mean_errors_of_a_run_and_the_diagonal_is_empty():
    runs = [answering("bn", answers_of(LABELS, of3_for5=count), LABELS, seed) for seed, count in enumerate((1, 4))]
    ((name, errors),) = confusions.panels_of(runs)
    assert name == "BN"
    assert (errors[3, 5], errors.sum()) == (2.5, 2.5)
    panels = [(name, errors)]
    texts = [text.get_text() for text in confusions.confusions_figure(panels, list("0123456789")).axes[0].texts]
    assert texts == ["2.5"]


def test_the_most_frequent_mistakes_are_told_with_whose_they_are():
    runs = [
        answering("bn", answers_of(LABELS, of3_for5=2, of9_for3=2), LABELS),
        answering("gn", answers_of(LABELS, of5_for9=3), LABELS),
        answering("ln", answers_of(LABELS, of5_for9=1), LABELS),
        lost("none"),
    ]
    block = confusions.figure(runs)
    assert "Most frequent: 3 taken for 5 and 9 taken for 3 in a run of BN (2) and 5 taken for 9 in a run of" in block
    assert "5 taken for 9 in a run of GN (3) and LN (1). 87 of the 90 possible mistakes do not occur." in block
    assert "Runs that diverged are left out: 1 of 1 run of No norm." in block
    assert [name for name, _ in confusions.panels_of(runs)] == ["BN", "GN", "LN", "mean of the models"]


def test_without_errors_there_is_no_figure():
    assert confusions.figure([erring("bn", [])]) == ""
    assert confusions.figure([lost("bn")]) == ""


def test_many_models_share_one_matrix():
    runs = [erring("gn", range(number), groups=2**number) for number in range(5)]
    ((name, errors),) = confusions.panels_of(runs)
    assert name == "all runs of 5 models"
    assert errors[0, 1] == 2
