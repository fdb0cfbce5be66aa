"""Normalization and penalty parted, of made runs."""

import numpy as np
import pytest
from recorded import recorded_run, recorded_study

from normstudy.report import regularization
from normstudy.report.penalties import NOTHING, normalizations_of, penalties_of
from normstudy.report.penalty_effects import effects_of, in_words, parted
from normstudy.report.shrinkage import GAUSSIAN_SPREAD, gaussian_tiny, relative_rates, spreads, weight_norms
from normstudy.report.shrunk_weights import effective_rates, shrinkage

SEEDS = range(6)
NOISE = np.array([0.0, 3.0, -2.0, 1.0, -1.0, 2.0]) * 1e-4
WEIGHTS = {"spread": [0.8, 0.8, 0.8, 0.8, 0.9], "tiny": {"0.01": [0.01] * 5, "0.1": [0.1] * 5}}


def runs(norm, accuracy, noise=NOISE, norms=5.0, weights=WEIGHTS, **other):
    """One of two epochs per seed, with accuracies about `accuracy`, and weights of these norms after each epoch."""
    made = []
    for seed, own in zip(SEEDS, noise, strict=True):
        accuracies = [0.9, accuracy + own]
        losses = [3 * (1 - each) for each in accuracies]
        parameters = {"norm": norm, "seed": seed, "weight_decay": 0.0, **other}
        run = recorded_run(norm, losses, accuracies, afterwards={"weights": weights}, **parameters)
        for entry in run.history:
            entry["weight_norms"] = [norms] * 4 + [1.0]
        made.append(run)
    return made


PLAIN = [*runs("bn", 0.99), *runs("gn", 0.98)]
TINY_NOISE = NOISE[::-1] / 100


def study(*groups):
    return recorded_study("regularization", [run for group in groups for run in group], "Parted")


def test_cells_are_told_by_normalization_and_penalty():
    found = normalizations_of([*PLAIN, *runs("bn", 0.99, l1=1e-6), *runs("gn", 0.98, weight_decay=0.01)])
    assert {each.name: list(each.by_penalty) for each in found} == {
        "BN": [NOTHING, "L1"],
        "GN": [NOTHING, "weight decay"],
    }
    assert penalties_of(found) == [NOTHING, "L1", "weight decay"]
    assert [penalty for penalty, *_ in found[0].effects] == ["L1"]


def test_penalties_of_one_kind_are_told_apart_by_their_strength():
    (found,) = normalizations_of([*runs("bn", 0.99, l1=1e-3), *runs("bn", 0.99, l1=1e-2)])
    assert list(found.by_penalty) == ["L1 (0.001)", "L1 (0.01)"]
    assert found.effects == []


def test_an_effect_is_the_difference_seed_by_seed():
    effects = effects_of(normalizations_of([*PLAIN, *runs("bn", 0.992, NOISE + TINY_NOISE, l1=1e-6)]))
    (penalty,) = effects.of_penalties
    assert penalty.differences == pytest.approx(0.002 + TINY_NOISE)
    assert penalty.is_real
    (normalization,) = effects.of_normalizations  # with no penalty alone: GN has no L1
    assert (normalization.place, normalization.change) == (NOTHING, "BN − GN")
    text = in_words(effects)
    assert "of 1 effect of the penalty that were tested: L1, BN: +0.20, +0.20 to +0.20 points" in text


def test_noise_is_no_effect():
    text = in_words(effects_of(normalizations_of([*runs("bn", 0.99), *runs("bn", 0.99, NOISE[::-1], l1=1e-6)])))
    assert "No effect of the penalty is beyond the noise, of 1 that were tested" in text
    assert "Of the normalization there is no effect to be tested" in text


def test_the_sum_of_penalty_and_normalization_is_the_whole():
    text = parted(normalizations_of([*PLAIN, *runs("bn", 0.993, NOISE[::-1], l1=1e-6)]))
    assert text.startswith("BN with L1 against GN without a penalty: +1.30")
    assert "does to BN (+0.30," in text
    assert "without a penalty differs by (+1.00)" in text  # no interval: every seed has the same difference
    assert parted(normalizations_of(PLAIN)) == ""


def test_runs_that_diverged_are_in_no_effect():
    diverged = recorded_run(
        "bn", [0.5], diverged={"epoch": 2, "step": 1, "lr": 0.1}, norm="bn", l1=1e-6, weight_decay=0
    )
    found = normalizations_of([*runs("bn", 0.99), diverged])
    assert effects_of(found).all == []
    text = regularization.section(study(runs("bn", 0.99), [diverged]))
    assert "No two models finished with the same seed" in text
    assert "1 of 7 runs diverged" in text
    assert "nan" not in text


def test_a_normal_distribution_has_the_shrinkage_that_is_drawn():
    weights = np.random.default_rng(0).normal(size=1_000_000)
    root_mean_square = np.sqrt(np.mean(weights**2))
    assert np.abs(weights).mean() / root_mean_square == pytest.approx(GAUSSIAN_SPREAD, rel=0.005)
    assert np.mean(np.abs(weights) < 0.1 * root_mean_square) == pytest.approx(gaussian_tiny(0.1), rel=0.02)


def test_norms_and_rates_are_of_convolutions_alone():
    made = runs("bn", 0.99, norms=4.0)
    assert weight_norms(made) == pytest.approx(np.full((6, 2), 4.0))
    assert relative_rates(made, 2) == pytest.approx(np.full((6, 2), 0.001 / 16))
    assert spreads(made).shape == (6, 5)


@pytest.mark.parametrize(("optimizer", "expected"), [("muon", "2.00"), ("sgd", "4.00")])
def test_the_effective_rate_that_counts_follows_from_the_optimizer(optimizer, expected):
    """With half the norm, a step of fixed size turns weights twice as far; a gradient is twice as large, too."""
    made = [*runs("bn", 0.99, optimizer=optimizer), *runs("bn", 0.99, norms=2.5, l1=1e-6, optimizer=optimizer)]
    text = effective_rates(normalizations_of(made))
    assert f"BN with L1 0.50 and {expected} times as large" in text
    assert ("here the latter counts" in text) == (optimizer == "sgd")


def test_shrinkage_is_told_where_it_was_measured():
    less = WEIGHTS | {"spread": [0.7] * 5}
    text = shrinkage(normalizations_of([*PLAIN, *runs("bn", 0.99, l1=1e-6, weights=less)]))
    assert "with BN, L1 −0.100." in text
    unmeasured = [*runs("bn", 0.99, weights={}), *runs("bn", 0.99, l1=1e-6, weights={})]
    assert shrinkage(normalizations_of(unmeasured)) == "How far the weights are shrunk was not measured."
    assert "#fig-shrinkage" not in regularization.section(study(unmeasured))


def test_the_section_has_all_of_it():
    text = regularization.section(
        study(PLAIN, runs("bn", 0.992, l1=1e-6), runs("gn", 0.98, weight_decay=0.01), runs("gn", 0.98, l1=1e-6))
    )
    for label in ("fig-regularization", "tbl-regularization", "tbl-regularization-effects", "fig-shrinkage"):
        assert text.count(f"::: {{#{label}}}") == 1
    assert "#fig-effective-rate" in text


def test_without_several_penalties_the_section_is_the_general_one():
    assert "{#sec-regularization}" not in regularization.section(study(PLAIN))
    assert "tbl-regularization-effects" not in regularization.section(study(PLAIN))
