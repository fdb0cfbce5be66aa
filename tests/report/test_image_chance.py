"""How much of the spread is chance on each image, and how many runs a comparison needs: the sections."""

import numpy as np
import pytest
from recorded import predictions, recorded_run, recorded_study, seeded_runs

from normstudy.preview.page import unsupported_constructs
from normstudy.report import image_chance, needed, power

SEEDS = 20
IMAGES = 2000


def study(seeds=SEEDS, **shifts):
    """By norm, runs that err on 60 of the images with a probability of a half, of which `shifts` moves whole runs."""
    rng = np.random.default_rng(4)
    labels, runs = np.zeros(IMAGES, int), []
    for norm, shift in shifts.items():
        for seed in range(seeds):
            share = 0.5 + shift * (-1) ** seed
            wrong = np.concatenate([rng.random(60) < share, np.zeros(IMAGES - 60, bool)])
            columns = predictions(labels, wrong.astype(int))
            accuracies = [1 - wrong.mean()]
            values = {"norm": norm, "seed": seed, "evaluate_on": "test"}
            runs.append(recorded_run(norm, [0.1], accuracies, columns=columns, **values))
    return recorded_study("main", runs)


@pytest.fixture(autouse=True)
def pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_runs_that_differ_as_wholes_are_told_from_those_that_do_not():
    text = image_chance.section(study(bn=0.3, gn=0))
    assert not unsupported_constructs(text)
    assert "For GN the spread is no larger" in text
    assert "beyond it goes that of BN (" in text
    assert "BN gets 60 wrong in some runs and right in others, and 0 wrong in all" in text


def test_every_run_is_a_dot():
    judged = image_chance.judged_models(study(bn=0.3, gn=0))
    axes = image_chance.counts_figure(judged).axes
    assert [len(each.lines) for each in axes] == [SEEDS, SEEDS]
    assert axes[0].get_title(loc="left") == "BN"


def test_few_runs_and_runs_without_predictions_say_nothing():
    few = study(seeds=4, bn=0.1, gn=0)
    bare = recorded_study("main", [recorded_run("bn", [0.1], [0.9], norm="bn", seed=seed) for seed in range(SEEDS)])
    for each in (few, bare):
        assert image_chance.section(each) == power.section(each) == ""


def test_how_many_runs_it_takes_is_computed_from_the_spread():
    text = power.section(study(bn=0.05, gn=0))
    assert not unsupported_constructs(text)
    assert "0.05 points take" in text
    sd = needed.sd_of_differences(power.models_of(study(bn=0.05, gn=0).runs))
    assert f"standard deviation of {100 * sd:.3f} points" in text


def test_a_report_of_one_seed_borrows_the_published_spread_and_says_so():
    published = recorded_study("main", seeded_runs({"bn": [50, 60, 52, 55, 47], "gn": [45, 44, 50, 48, 46]}))
    own = seeded_runs({"bn": [50, 51, 60, 42, 55], "gn": [50, 55, 43, 49, 48]})
    assert needed.in_words(own, None).startswith("At the spread of these runs, about ")
    one = [run for run in own if run.config.seed == 0]
    assert "the spread of the published runs (5 seeds of each model)" in needed.in_words(one, published)
    assert needed.in_words(one, None) == ""
    assert needed.in_words(one[:1], published) == ""


def test_nothing_is_borrowed_from_other_images():
    published = recorded_study("main", seeded_runs({"bn": [50, 60, 52, 55, 47], "gn": [45, 44, 50, 48, 46]}))
    others = [recorded_run(norm, [0.1], [0.9], norm=norm, dataset="digits") for norm in ("bn", "gn")]
    assert needed.in_words(others, published) == ""
