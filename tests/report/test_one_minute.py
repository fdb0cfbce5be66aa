"""In one minute: what a reader knows who stops after the first screen."""

import numpy as np
import pytest
from made_runs import made_run, made_runs
from recorded import seeded_runs

from normstudy.report import one_minute

NOISE = np.random.default_rng(0).normal(0, 5, (3, 40)).round().astype(int)


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def seeded(**errors):
    return seeded_runs({norm: [None if count is None else int(count) for count in own] for norm, own in errors.items()})


def test_it_has_what_was_compared_a_verdict_three_numbers_and_a_picture():
    text = one_minute.section(seeded(bn=48 + NOISE[0], gn=52 + NOISE[1], ln=80 + NOISE[2]))
    lead, said, picture, *_ = text.split("\n\n")
    assert lead == (
        "Batch normalization (BN), group normalization (GN) and layer normalization (LN) are compared in one small "
        "network of 7,610 parameters, trained for 2 epochs on the 60,000 training images of MNIST and judged by its "
        "10,000 test images: 40 runs of each model. Nothing but the normalization differs."
    )
    assert said.startswith("**Beyond the noise, BN is better than LN (by 0.")
    assert said.count(" % for ") == 3
    assert picture.startswith("::: {#fig-seeds}")


def test_what_differs_beside_the_normalization_is_told():
    runs = [made_run("bn", [1], l1=1e-6, max_lr=0.1), made_run("gn", [1, 2])]
    assert "Beside the normalization, the L1 penalty and the peak learning rate differ (@tbl-parameters)." in (
        one_minute.compared(runs)
    )
    assert "Batch normalization with an L1 penalty (BN + L1)" in one_minute.compared(runs)
    assert "1 run of each model" in one_minute.compared(runs)
    deeper = [made_run("bn", [1]), made_run("gn", [1], depth=2)]
    assert "in small networks of 7,610 parameters" in one_minute.compared(deeper)
    assert "Beside the normalization, depth differs" in one_minute.compared(deeper)


def test_one_seed_is_judged_by_its_images_and_said_to_be_one():
    text = one_minute.section([made_run("bn", range(10)), made_run("gn", range(2, 12)), made_run("ln", range(1, 11))])
    assert "**The differences between any two of the 3 models are within the noise.**" in text
    assert "the test accuracy is 99.00 % for BN (98.17 to 99.46), 99.00 % for GN" in text
    assert "One run of each cannot tell what another seed would have given" in text
    clear = one_minute.section([made_run("ln", range(5)), made_run("bn", range(200, 260))])
    assert "**LN errs less often than BN, by more than noise.**" in clear


def test_runs_that_diverged_have_no_accuracy_and_a_single_model_no_verdict():
    alone = one_minute.section([made_run("bn", [1]), made_run("none", [], diverged=True)])
    assert "1 of 2 models diverged (No norm)." in alone
    assert "**" not in alone.partition(":::")[0]
    none = one_minute.section(seeded(gn=[None, None]))
    assert "2 of 2 runs diverged" in none
    assert "fig-seeds" not in none


def test_of_many_models_the_pairs_are_counted():
    text = one_minute.section(made_runs(9, 20)).partition(":::")[0]
    assert text.startswith("9 models (group normalization) are compared")
    assert "**Of 36 pairs of models, 36 differ by more than noise.**" in text
    assert "are numbered (#1, #2, …)" in text
    assert len(text.split()) < 150


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        ({"gn": 50 + NOISE[0], "ln": 50 + NOISE[1]}, "GN and LN are equivalent within ±0.05 points."),
        ({"gn": [50, 55, 47], "ln": [58, 54, 60]}, "GN and LN are too close to be told apart with these seeds."),
        (
            {"gn": [50, 55, 47], "ln": [58, 54, 60], "bn": [51, 56, 58]},
            "Any two of the models are too close to be told apart with these seeds.",
        ),
        (
            {"gn": 50 + NOISE[0], "ln": 50 + NOISE[1], "bn": 90 + NOISE[2]},
            "Beyond the noise, GN and LN are better than BN (by 0.403 points and 0.385 points); GN and LN are "
            "equivalent within ±0.05 points.",
        ),
        (
            {"gn": 50 + NOISE[0] // 5, "ln": 52 + NOISE[0] // 5 + NOISE[1] // 5},
            "Beyond the noise, GN is better than LN (by 0.018 points), and yet they are equivalent within ±0.05 "
            "points.",
        ),
    ],
)
def test_the_verdict_is_one_sentence(errors, said):
    assert f"**{said}**" in one_minute.section(seeded(**errors))
