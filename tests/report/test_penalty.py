"""The section on the strength of the L1 penalty, of made runs."""

import numpy as np
import pytest
from drawn import without_numbers
from recorded import recorded_run, recorded_study

from normstudy.report import penalty
from normstudy.report.models import models_of


def runs(l1, loss, spread=0.8, seeds=range(4)):
    """One per seed; a seed that is worse with one penalty is so with the others, but for a little."""
    made, little = [], np.random.default_rng(round(1e7 * l1)).normal(scale=1e-4, size=len(seeds))
    for seed, change in zip(seeds, little, strict=True):
        own = loss + 0.002 * (seed % 3) + float(change)
        measured = {"weights": {"spread": [spread] * 5, "tiny": {"0.01": [0.01] * 5, "0.1": [1 - spread] * 5}}}
        made.append(
            recorded_run("bn", [own], afterwards=measured, norm="bn", l1=l1, seed=seed, evaluate_on="validation")
        )
    return made


HARMLESS = [*runs(0.0, 0.02), *runs(1e-6, 0.02), *runs(1e-4, 0.0201, 0.6)]


def section(made):
    return penalty.section(recorded_study("penalty", made, "How strong"))


def test_the_strongest_that_does_no_harm_is_named():
    text = penalty.borne(models_of([*HARMLESS, *runs(1e-3, 0.1, 0.3)]))
    assert "The loss is higher than without a penalty, beyond the noise, with λ = 0.001 (0.0" in text
    assert "The strongest that was not found to do harm is 1.0 × 10⁻⁴." in text.replace("\u00a0", " ")
    assert "adjusted by Holm’s method over the 3" in text


def test_noise_is_not_taken_for_harm():
    assert penalty.borne(models_of(HARMLESS)).startswith("No λ changes the loss beyond the noise.")


def test_what_is_better_is_said_to_be():
    text = penalty.borne(models_of([*runs(0.0, 0.05), *runs(1e-4, 0.01)]))
    assert text.startswith("The loss is lower than without a penalty, beyond the noise, with λ = ")
    assert "does harm" not in text


def test_without_a_run_without_penalty_there_is_nothing_to_compare():
    assert penalty.borne(models_of(runs(1e-4, 0.02))) == "There is nothing to compare with and without a penalty."


def test_the_section_with_runs_that_diverged():
    diverged = recorded_run(
        "bn", [], diverged={"epoch": 1, "step": 1, "lr": 0.1}, norm="bn", l1=0.01, seed=0, evaluate_on="validation"
    )
    text = section([*HARMLESS, diverged])
    assert text.startswith("### How strong {#sec-penalty}")
    assert "what becomes of BN as λ" in text
    assert "goes from 0.800 at λ = 0 to 0.600" in text
    assert "1 of 13 runs diverged" in text
    assert "nan" not in text
    row = next(line for line in without_numbers(text).splitlines() if line.startswith("|") and " 0.01 " in line)
    assert [cell.strip() for cell in row.strip("|").split("|")] == ["0.01", "0", "–", "–", "–", "–"]


@pytest.mark.parametrize("other", [{"norm": "gn"}, {"norm": "bn", "max_lr": 0.1}])
def test_a_study_of_something_else_has_the_general_section(other):
    text = section([*HARMLESS, recorded_run("bn", [0.02], evaluate_on="validation", **other)])
    assert "#fig-penalty" not in text
