"""The section on other normalizations and none."""

import pytest
from drawn import without_numbers
from recorded import recorded_study
from sweeps import around, cell, run_of_error

from normstudy.preview.page import unsupported_constructs
from normstudy.report import controls


@pytest.fixture(autouse=True)
def pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def study(**errors):
    return recorded_study("controls", [run for norm, own in errors.items() for run in cell(norm, own, norm=norm)])


def test_who_differs_from_none_and_from_the_best():
    uneven = [0.0093, 0.0085, 0.0091, 0.0089, 0.0095]
    text = controls.section(
        study(bn=[0.0051, 0.0049, 0.0052, 0.0047, 0.005], ln=[0.0052, 0.005, 0.0048, 0.005, 0.0051], none=uneven)
    )
    assert "the lowest mean first" in text
    assert "Against no normalization, seed by seed: fewer errors make BN (−0.41, " in text
    assert (
        "The lowest mean error is that of BN; all pairs compared, No norm is worse beyond the noise; LN cannot" in text
    )
    rows = [line.split("|")[1].strip() for line in without_numbers(text).splitlines() if line.startswith("| ")]
    assert rows == ["model", "BN", "LN", "No norm"]
    assert unsupported_constructs(text) == []


def test_a_difference_that_is_the_same_with_every_seed_is_no_evidence_without_noise():
    text = controls.section(study(bn=around(0.005), none=around(0.0051)))
    assert "BN cannot be told from it" in text
    assert "no other can be told from it when all pairs are compared" in text


def test_where_none_diverged_or_is_not_there():
    assert "Without normalization no run finished." in controls.section(study(bn=around(0.005), none=[None, None]))
    text = controls.section(study(bn=around(0.005), ln2d=around(0.006)))
    assert "Against no normalization" not in text
    assert "LN2d takes those over the channels at each position [@liu2022]" in text


def test_pairs_have_the_seeds_that_both_finished_with():
    models = controls.models_of(study(bn=[0.01, 0.02, 0.03], none=[0.03, None, 0.04]).runs)
    (pair,) = controls.compare([tuple(models)])
    assert pair.difference[0] == pytest.approx(-0.015)


def test_two_models_of_one_normalization_have_the_general_section():
    runs = [*cell("a", [0.01], norm="bn"), *cell("b", [0.01], norm="bn", l1=1e-5)]
    assert "{#sec-study-controls}" in controls.section(recorded_study("controls", runs))


def test_it_says_how_the_rates_were_searched_and_whose_are_others():
    tried = [run_of_error("none", error, 0, norm="none", max_lr=rate) for error, rate in ((0.02, 0.1), (0.01, 0.0125))]
    search = recorded_study("controls_search", tried)
    text = controls.section(study(bn=around(0.005), none=around(0.006)), search)
    assert "No\u00a0norm with rate 0.0125" in text
    assert "No norm has others here" in text
    assert '::: {.folded title="Every combination of the search for the other models"}' in text
    assert text.split(".folded")[1].count("| No\u00a0norm ") == 2
