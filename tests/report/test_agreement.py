"""Whether the models find the same images hard."""

import numpy as np
import pytest
from judged import erring

from normstudy.report import agreement
from normstudy.report.judgements import judgements


def runs_of(norm, chances, seeds, generator):
    return [erring(norm, np.flatnonzero(generator.random(len(chances)) < chances), len(chances), s) for s in seeds]


@pytest.fixture(scope="module")
def chances():
    return np.random.default_rng(0).beta(0.1, 1, 400)


def test_models_with_the_same_hard_images_agree_as_halves_of_one_model_do(chances):
    generator = np.random.default_rng(1)
    runs = [*runs_of("bn", chances, range(10), generator), *runs_of("gn", chances, range(10), generator)]
    found = agreement.correlations(judgements(runs))
    assert found == pytest.approx(found.T)
    assert found[0, 1] > 0.75
    assert found[0, 1] == pytest.approx(np.diag(found).mean(), abs=0.04)


def test_models_with_other_hard_images_do_not(chances):
    generator = np.random.default_rng(1)
    runs = [*runs_of("bn", chances, range(10), generator), *runs_of("gn", chances[::-1], range(10), generator)]
    found = agreement.correlations(judgements(runs))
    assert found[0, 0] > 0.75
    assert abs(found[0, 1]) < 0.2


def test_a_seed_that_two_models_share_is_never_in_both_halves():
    """Errors that come from the seed alone do not make models agree: each seed errs on an image of its own."""
    runs = [erring(norm, [seed], 50, seed) for norm in ("bn", "gn") for seed in range(8)]
    assert (agreement.correlations(judgements(runs)) < 0).all()


def test_overlap_is_counted_and_single_runs_have_no_correlation():
    runs = [erring("bn", [1, 2]), erring("gn", [2, 3])]
    assert agreement.in_words(runs) == (
        "3 images are misclassified by the run of at least one model, 1 of these so by both models."
    )
    assert agreement.table(runs) == agreement.in_words(runs[:1]) == agreement.table(runs[:1]) == ""
    assert np.isnan(agreement.correlations(judgements(runs))).all()


def test_with_seeds_words_and_table_have_the_correlations(chances):
    generator = np.random.default_rng(1)
    runs = [*runs_of("bn", chances, range(4), generator), *runs_of("gn", chances, range(4), generator)]
    assert "within a model" in agreement.in_words(runs)
    assert "@tbl-agreement" in agreement.in_words(runs)
    assert agreement.table(runs).startswith("::: {#tbl-agreement}")
