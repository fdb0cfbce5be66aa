"""The images that most runs misclassify."""

from types import SimpleNamespace

import numpy as np
from judged import answering, erring

from normstudy.report import hardest
from normstudy.report.judgements import judgements

RUNS = [
    erring("bn", [7, 8], seed=0),
    erring("bn", [7], seed=1),
    erring("gn", [7, 8], seed=0),
    erring("gn", [7, 9], seed=1, confidence=0.99),
]


def test_those_that_most_runs_misclassify_come_first_and_none_that_no_run_does():
    assert hardest.hardest(judgements(RUNS)).tolist() == [7, 8, 9]


def test_where_as_many_are_wrong_the_higher_loss_comes_first():
    confidence = np.full(100, 0.6)
    confidence[5] = 0.99
    judged = judgements([erring("bn", [4, 5], seed=seed, confidence=confidence) for seed in range(2)])
    assert hardest.hardest(judged).tolist() == [5, 4]


def test_above_an_image_stands_how_many_runs_err_and_what_they_say():
    labels = np.zeros(3)
    runs = [answering("bn", [answer, 0, 0], labels, seed) for seed, answer in enumerate([6, 6, 8, 0])]
    judged = judgements(runs)
    figure = hardest.hardest_figure(judged, np.array([0]), {0: np.zeros((28, 28))})
    assert figure.axes[0].get_title() == "true 0 (no. 0)\nwrong: 3 of 4\n6:\u00a02, 8:\u00a01"
    assert "0 (number 0): 3, mostly as 6." in hardest.hardest_alt(judged, np.array([0]))


def test_images_come_from_run_folders_and_a_missing_one_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    errors = {"index": np.array([7]), "images": np.ones((1, 28, 28))}
    folder = SimpleNamespace(diverged=False, misclassified=errors)
    assert list(hardest.images_of([*RUNS, folder])) == [7]
    assert "A grey field stands for an image that no run folder has." in hardest.sheet(RUNS)
    figure = hardest.hardest_figure(judgements(RUNS), np.array([7, 8]), hardest.images_of([folder]))
    assert [[text.get_text() for text in axes.texts] for axes in figure.axes[:2]] == [[], ["image\nnot kept"]]


def test_without_seeds_or_errors_there_is_no_sheet():
    assert hardest.sheet([RUNS[0], RUNS[2]]) == ""
    assert hardest.sheet([erring("bn", [], seed=seed) for seed in range(2)]) == ""
