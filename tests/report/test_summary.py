"""The first paragraph and the table of models."""

import re

import pytest
from made_runs import made_run, made_runs

from normstudy.report import summary


def test_like_models_are_within_the_noise():
    runs = [made_run("bn", range(10)), made_run("gn", range(2, 12)), made_run("ln", range(1, 11))]
    text = summary.paragraph(runs)
    assert "within the noise" in text
    assert "errs less often" not in text
    assert "BN misclassifies 10 (99.00 % right)" in text


def test_one_seed_is_said_to_be_one_seed():
    same = summary.paragraph([made_run("bn", [1]), made_run("ln", [2])])
    assert "one seed" in same
    other = summary.paragraph([made_run("bn", [1]), made_run("ln", [2], seed=2)])
    assert "different seeds" in other


def test_a_diverged_run_is_counted_and_named():
    text = summary.paragraph([made_run("bn", [1]), made_run("none", [], diverged=True)])
    assert "No norm diverged in epoch 1, at step 4" in text
    assert "diverged in epoch 1" in summary.models_table([made_run("none", [], diverged=True)]).to_string()


@pytest.mark.parametrize("spread", [0, 1, 20])
@pytest.mark.parametrize("count", [2, 3, 4, 5, 9, 30])
def test_the_summary_stays_short(count, spread):
    text = summary.paragraph(made_runs(count, spread))
    assert len(text.split()) < 150
    assert "GN + L1 #1 misclassifies 3" in text


def test_the_summary_of_many_models_says_what_matters_and_counts_the_rest():
    runs = made_runs(9, 20)
    text = summary.paragraph(runs)
    assert text.startswith("9 models judged the same 1,000 test images: GN + L1 #1 misclassifies 3 (99.70 % right), ")
    assert "GN + L1 #9 misclassifies 163 (83.70 % right), the most. Half of the models misclassify at most 83." in text
    assert "all 36 pairs of models differ by more than noise" in text
    assert "GN + L1 #1, which errs least, is clearly better than all 8 others" in text
    assert "The clearest difference of all: GN + L1 #1 errs less often than GN + L1 #9 (p < 0.001)" in text
    close = summary.paragraph(made_runs(9, 2))
    assert re.search(r"On these images \d+ of the 36 pairs of models differ by more than noise", close)
    assert re.search(r"is clearly better than [1-7] of the 8 others", close)
