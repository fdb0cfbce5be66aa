"""Where public claims lie among our runs, and what choosing does to a figure."""

import numpy as np
import pandas as pd
import pytest
from recorded import recorded_run, recorded_study

from normstudy.report import luck
from normstudy.report.claims import claims
from normstudy.report.models import models_of

SEEDS = 20


def study(seeds=SEEDS, **parameters):
    """GN and LN: GN's last epochs from 99.40 % up in single images, each after one epoch that was 3 images better."""
    runs = []
    for norm, worst in (("gn", 9940), ("ln", 9900)):
        for seed in range(seeds):
            last = (worst + seed) / 10_000
            runs.append(recorded_run(norm, [0.02] * 3, [0.9, last + 0.0003, last], norm=norm, seed=seed, **parameters))
    return recorded_study("main", runs)


@pytest.fixture
def section(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return luck.section(study())


def test_the_claims_are_those_of_the_solution_that_this_answers_and_others():
    first = [(claim.model, claim.accuracy, claim.kind, claim.parameters) for claim in claims()[:3]]
    assert first == [("BN + L1", 99.39, "final", 7800), ("GN", 99.3, "final", 7800), ("LN", 99.33, "final", 7800)]
    assert {claim.norm for claim in claims()} == {"bn", "gn", "ln"}
    assert all(claim.final_epoch <= claim.best_epoch for claim in claims())
    assert (luck.highest(claims()).accuracy, luck.most_runs(claims())) == (99.61, 18)


def test_the_gain_of_the_best_epoch_is_the_mean_over_runs(section):
    assert "0.030 for GN and 0.030 for LN percentage points" in section


def test_a_claim_is_set_against_runs_of_its_normalization(section):
    rows = section.split("{#tbl-claims}")[1].splitlines()
    row = next(line for line in rows if "| GN " in line and "99.51" in line)
    assert row.rstrip(" |").endswith("9\u00a0of\u00a020")  # 99.51 to 99.59
    row = next(line for line in rows if "| LN " in line and "99.33" in line)
    assert row.rstrip(" |").endswith("0\u00a0of\u00a020")
    row = next(line for line in rows if "BN\u00a0+\u00a0L2" in line and "99.61" in line)
    assert row.rstrip(" |").endswith("–")  # no run of ours has its normalization


def test_choices_are_told_of_models_with_enough_runs():
    table = luck.chosen_table(models_of(study().runs), many=18).set_index("model")
    assert table.loc["GN", "best of 18 runs"] != "–"
    assert float(table.loc["GN", "best epoch, best of 18"]) == pytest.approx(
        float(table.loc["GN", "best of 18 runs"]) + 0.03, abs=0.011
    )
    assert luck.chosen_table(models_of(study(17).runs), many=18)["best of 18 runs"].tolist() == ["–", "–"]


def test_the_picture_has_every_run_twice_and_every_claim():
    models = models_of(study().runs)
    axes = luck.luck_figure(models, claims()).axes[0]
    dots = [line.get_xydata() for line in axes.lines if line.get_marker() == "o"]
    assert [len(pile) for pile in dots] == 4 * [SEEDS]
    assert len({tuple(dot) for pile in dots for dot in pile}) == 4 * SEEDS  # none hides another
    ticks = np.concatenate([line.get_xdata() for line in axes.lines if line.get_marker() == "|"])
    shown = [claim for claim in claims() if claim.norm in ("gn", "ln") and claim.accuracy >= luck.LOWEST]
    assert len(ticks) == len(shown)


def test_the_file_behind_the_picture_has_every_run_with_its_best_epoch(section, tmp_path):
    (path,) = tmp_path.rglob("luck.csv")
    numbers = pd.read_csv(path)
    assert len(numbers) == 2 * SEEDS
    gains = numbers["accuracy of the best epoch (fraction)"] - numbers["test accuracy (fraction)"]
    assert gains.tolist() == pytest.approx(2 * SEEDS * [0.0003])


@pytest.mark.parametrize(
    "other", [study(seeds=3), study(evaluate_on="validation"), study(dataset="digits", batch_size=64)]
)
def test_there_is_nothing_of_few_runs_and_of_other_images(other):
    assert luck.section(other) == ""
