"""The section on learning rates, of made runs."""

import re

import numpy as np
import pytest
from drawn import without_numbers
from recorded import recorded_run, recorded_study

from normstudy.report import learning_rate
from normstudy.report.gradient_claims import avoids_explosion, what_explodes
from normstudy.report.gradients import START, at_start, moments
from normstudy.report.rate_claims import bears_higher_rates, easier_and_faster
from normstudy.report.rate_lines import lines_of

RATES = (0.1, 0.2, 0.4, 0.8)
FLAT = [0.2, 0.2, 0.2, 0.2, 0.2]
GROWING = [8.0, 4.0, 2.0, 0.5, 0.2]
"""Gradient norms of four convolutions and the linear layer, of weights with norm 2: a factor of 1, and of 16."""


def run(norm, rate, seed, final=0.98, first=0.9, gradients=FLAT, **other):
    """One that ends with the accuracy `final` after two epochs, or diverges in its second if that is None."""
    diverged = {"epoch": 2, "step": 3, "lr": rate} if final is None else None
    accuracies = [first] if final is None else [first, final]
    measured = {} if diverged else {"first_gradients": {"weight_norms": [2.0] * 5, "gradient_norms": gradients}}
    parameters = {"norm": norm, "max_lr": rate, "seed": seed, "evaluate_on": "validation", "optimizer": "sgd", **other}
    losses = [3 * (1 - accuracy) for accuracy in accuracies]
    return recorded_run(norm, losses, accuracies, diverged, afterwards=measured, **parameters)


def runs(norm, finals, **other):
    """One per rate of `RATES` and seed 0, 1, 2, all alike but for a little in the first epoch."""
    return [
        run(norm, rate, seed, final, **{"first": 0.9 + seed / 1000, **other})
        for rate, final in zip(RATES, finals, strict=True)
        for seed in range(3)
    ]


NONE = runs("none", (0.97, 0.98, None, None))
BN = [run("bn", rate, seed, 0.985, 0.95 + seed / 900) for rate in RATES for seed in range(3)]


def test_the_range_is_the_widest_that_has_no_gap():
    finals = (0.98, 0.98, 0.94, 0.99)
    (line,) = lines_of(runs("bn", finals))
    assert line.borne == (0.1, 0.2)
    assert (line.highest, line.best, line.width) == (0.8, 0.8, 2.0)
    assert "| 0.1 or less to 0.2, 0.8 or more |" in re.sub(" +", " ", learning_rate.bounds([line]))
    (line,) = lines_of(runs("bn", (None, 0.9, 0.9, 0.5)))
    assert (line.borne, line.highest, line.width) == (None, 0, 0)
    assert line.best == 0.2


def test_one_seed_that_diverges_is_enough_not_to_train():
    some = [each for each in BN if (each.config.max_lr, each.config.seed) != (0.4, 1)] + [run("bn", 0.4, 1, None)]
    (line,) = lines_of(some)
    assert line.borne == (0.1, 0.2)
    assert line.best != 0.4


def test_depth_warmup_and_rate_make_no_other_model():
    lines = lines_of([*NONE, *BN, *runs("bn", (0.98,) * 4, depth=8), *runs("bn", (0.98,) * 4, warmup=0.5)])
    assert [(line.name, line.setting.convolutions, line.setting.warmup) for line in lines] == [
        ("No norm", 4, 0.2),
        ("BN", 4, 0.2),
        ("BN", 4, 0.5),
        ("BN", 12, 0.2),
    ]


def test_higher_rates_are_said_to_be_borne_where_they_are():
    text = bears_higher_rates(lines_of([*NONE, *BN]))
    assert "BN a higher one in 1, the same in 0 and a lower one in 0" in text
    assert "holds in every setting for BN." in text
    text = bears_higher_rates(lines_of([*BN, *runs("none", (0.98,) * 4)]))
    assert "the same in 1 (in 1 the highest tried)" in text
    assert "for no model, and in none for BN." in text
    assert "no model without normalization" in bears_higher_rates(lines_of(BN))


def test_faster_is_only_what_is_beyond_the_noise():
    text = easier_and_faster(lines_of([*NONE, *BN]))
    assert "BN in 1 of 1 setting" in text
    assert "BN +5.01 points, beyond the noise ahead in 1" in text
    assert "Faster in every setting is BN" in text
    noisy = [run("bn", 0.1, seed, first=first) for seed, first in enumerate((0.85, 0.9, 0.96))]
    text = easier_and_faster(lines_of([*NONE, *noisy]))
    assert "No model is faster in every setting; in none, as far as these seeds can tell, is BN" in text
    assert "too few runs" in easier_and_faster(lines_of([run("none", 0.1, 0), run("bn", 0.1, 0)]))


def test_gradients_are_compared_from_the_last_convolution_to_the_first():
    found = moments(lines_of(runs("bn", (0.98,) * 4, gradients=GROWING)))
    assert [each.title for each in found] == [START, "end of epoch 1", "end of epoch 2"]
    assert found[0].growth == pytest.approx(16)
    assert found[0].mean == pytest.approx(np.array(GROWING) / 2)
    assert found[1].growth == pytest.approx(1)
    assert len(found[0].ratios) == 3  # one for each seed, not for each rate


def test_gradients_of_diverged_runs_are_those_of_another_rate():
    assert at_start([run("bn", 0.1, 0, None), run("bn", 0.2, 0), run("bn", 0.4, 0, None)]).shape == (1, 5)
    assert len(at_start([run("bn", 0.1, 0, None)])) == 0
    unheard = [*GROWING[:2], None, *GROWING[3:]]
    assert np.isnan(at_start([run("bn", 0.1, 0, gradients=unheard)])[0, 2])


@pytest.mark.parametrize(
    ("none", "bn", "said"),
    [
        (FLAT, FLAT, "none explodes, and none vanishes. Without normalization, .* there is no explosion to be kept"),
        (GROWING, FLAT, "Wherever gradients explode without normalization, they do not with BN"),
        (GROWING, GROWING, "No normalization was found to prevent it"),
        (FLAT, GROWING, "no explosion to be kept from.* of its own: with BN .*, before the first step.*@yang2019"),
        (GROWING[::-1], FLAT, "they vanish with No norm"),
    ],
)
def test_what_explodes(none, bn, said):
    lines = lines_of([*runs("none", (0.98,) * 4, gradients=none), *runs("bn", (0.98,) * 4, gradients=bn)])
    assert re.search(said, what_explodes(moments(lines)))


def test_the_section_of_runs_of_which_many_diverged():
    study = recorded_study("learning_rate", [*NONE, *BN, *runs("gn", (None,) * 4)], "Rates *borne*")
    text = learning_rate.section(study)
    assert text.startswith(r"### Rates \*borne\* {#sec-learning-rate}")
    assert "18 of the 36 runs diverged" in text
    assert "6 of 12 with No norm, 0 of 12 with BN and 12 of 12 with GN" in text
    row = next(line for line in without_numbers(text).splitlines() if line.startswith("|") and "GN" in line)
    assert [cell.strip() for cell in row.strip("|").split("|")][3:] == ["none", "–", "12 of 12", "–", "–", "–"]


def test_the_section_of_runs_that_all_diverged():
    text = learning_rate.section(recorded_study("learning_rate", runs("bn", (None,) * 4)))
    assert "No gradients were recorded" in text
    assert "#fig-gradients" not in text


def test_everything_that_was_said_is_finite():
    lines = lines_of([*NONE, *BN])
    assert "nan" not in avoids_explosion(lines)
