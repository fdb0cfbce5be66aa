"""Optimizers and schedules in words."""

from typing import get_args

import pytest
from made_runs import made_run

from normstudy.config import Config
from normstudy.report import optimization


def test_there_are_words_for_everything():
    for key, told in {"optimizer": optimization.OPTIMIZERS, "schedule": optimization.SCHEDULES}.items():
        assert set(told) == set(get_args(Config.model_fields[key].annotation))


def test_what_all_models_have_is_told_once():
    text = optimization.in_words([made_run("gn", []), made_run("ln", [])])
    assert text.startswith("The convolutions follow Muon [@jordan2024]")
    assert "Of " not in text
    assert text.endswith(
        "The learning rate rises to its peak and falls to almost 0 once, over the whole run [@smith2017]."
    )
    assert "L1" not in text


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
def test_what_l1_does_through_muon_is_told_where_it_does(optimizer):
    text = optimization.in_words([made_run("bn", [], l1=1e-5, optimizer=optimizer)])
    assert ("Through Muon, L1 turns an update" in text) == (optimizer == "muon")


def test_models_that_differ_are_told_apart():
    text = optimization.in_words([made_run("gn", []), made_run("ln", [], optimizer="sgd", schedule="step")])
    assert "Of GN, the convolutions follow Muon" in text
    assert "Of LN, weights follow stochastic gradient descent" in text.replace("Of LN, the weights", "Of LN, weights")
    assert "Of LN, the learning rate rises to its peak, and falls to a tenth after half" in text
