"""The files and the folded tables behind the pictures."""

import re

import pandas as pd
import pytest
from recorded import predictions, recorded_run, recorded_study, seeded_runs

from normstudy.report import (
    calibration,
    course_numbers,
    curves,
    markup,
    numbers_behind,
    run_rows,
    seeds,
    study_rows,
    sweep,
)
from normstudy.report.models import models_of
from normstudy.runs import activations


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(markup, "FIGURE_FOLDER", tmp_path / "pictures")


def written(label: str) -> pd.DataFrame:
    return pd.read_csv(markup.FIGURE_FOLDER / f"{label}.csv")


def runs_of_two_models():
    return [
        recorded_run(
            norm,
            [0.3 + seed / 7, 0.1 + seed / 3],
            [0.9, 1 - (seed + 1) / 3000],
            columns=predictions([0, 1], [0, 1]),
            l1=1e-5 if norm == "bn" else 0.0,
            norm=norm,
            seed=seed,
        )
        for norm in ("bn", "gn")
        for seed in range(3)
    ]


def test_the_file_behind_graph_1_has_every_epoch_of_every_run_exactly():
    runs = runs_of_two_models()
    text = curves.test_loss(runs)
    found = written("test-loss")
    told = [
        (name, run.config.seed, epoch, entry["test_loss"])
        for name, run in zip(["BN + L1"] * 3 + ["GN"] * 3, runs, strict=True)
        for epoch, entry in enumerate(run.history, start=1)
    ]
    assert list(found) == ["model", "seed", "epoch", "test loss (nats per image)"]
    assert list(found.itertuples(index=False, name=None)) == told
    assert re.search(r"test-loss\.csv\]\(\S+pictures/test-loss\.csv\)\{download=\"test-loss\.csv\"\} has 12 rows", text)
    mean = sum(run.history[1]["test_loss"] for run in runs[:3]) / 3
    assert f"| {mean:.4f} (0.1000\u00a0to\u00a00.7667)" in text
    assert r" BN \+ L1 |" in text
    assert text.count("<details") == text.count("</details>") == 1


def test_accuracies_are_fractions_in_the_file_and_say_so():
    curves.test_accuracy(runs_of_two_models())
    found = written("test-accuracy").iloc[:, -1]
    assert found.name.endswith("accuracy (fraction)")
    assert found.tolist()[1] == 1 - 1 / 3000


def test_runs_that_diverged_are_rows_without_final_numbers():
    runs = seeded_runs({"bn": [50, None, 40], "gn": [30, 31, 32]})
    assert "seeds.csv" in seeds.figure(runs)
    found = written("seeds")
    lost = found[found["diverged"] == "yes"]
    assert lost["seed"].tolist() == [1]
    assert lost["test accuracy (fraction)"].isna().all()
    assert found["test accuracy (fraction)"].dropna().tolist() == [0.995, 0.996, 0.997, 0.9969, 0.9968]


def test_the_bins_behind_the_calibration_diagram_give_back_the_accuracy():
    runs = seeded_runs({"bn": [50, 60]})
    calibration.section(runs)
    found = written("calibration")
    assert found.groupby("seed")["images"].sum().tolist() == [10_000, 10_000]
    right = (found["images"] * found["accuracy (fraction)"]).groupby(found["seed"]).sum() / 10_000
    assert right.tolist() == pytest.approx([0.995, 0.994])


def test_of_a_study_every_run_has_its_varied_parameters():
    runs = [
        recorded_run("gn", [0.1 + rate], norm="gn", max_lr=rate, seed=seed) for rate in (0.01, 0.03) for seed in (0, 1)
    ]
    text = sweep.section(recorded_study("rates", runs))
    found = written("study-rates")
    assert found["max_lr"].tolist() == [0.01, 0.01, 0.03, 0.03]
    assert found["seed"].tolist() == [0, 1, 0, 1]
    assert found.iloc[:, -2].tolist() == [run.history[-1]["test_loss"] for run in runs]
    assert "study-rates.csv" in text


def test_long_files_are_shown_in_part():
    frame = pd.DataFrame({"x": range(1000), "<b>name*": ["<i>_a_"] * 1000})
    text = numbers_behind.folded("long", frame)
    assert "has all 1,000 rows" in text
    assert f"Here are the first {numbers_behind.MOST_ROWS}." in text
    assert text.count("\n|") == numbers_behind.MOST_ROWS + 2
    assert r"\<i\>\_a\_" in text
    assert written("long").equals(frame)


def test_without_numbers_there_is_nothing():
    assert numbers_behind.folded("none", pd.DataFrame()) == ""
    assert not (markup.FIGURE_FOLDER / "none.csv").exists()


def test_many_models_have_no_table_that_is_too_wide():
    runs = [recorded_run("gn", [0.3, 0.2], norm="gn", max_lr=rate / 100) for rate in range(1, 11)]
    text = course_numbers.behind("many", runs, ["test_loss"])
    assert "Here are" not in text
    assert (
        next(line for line in text.splitlines() if line.startswith("|")).count("|") == 5
    )  # a row of each run and epoch
    assert len(written("many")) == 20


def test_numbers_that_are_not_finite_are_dashes_in_the_page():
    frame = pd.DataFrame({"x": [float("nan"), -0.5, 12345.678]})
    rows = [line.strip("| ") for line in numbers_behind.folded("x", frame).splitlines() if line.startswith("|")]
    assert rows[2:] == ["–", "−0.5", "12345.7"]


def test_quantiles_are_those_that_were_measured():
    assert tuple(100 * part for part in activations.QUANTILES) == pytest.approx(study_rows.QUANTILES)


def test_a_run_of_the_validation_images_says_so():
    (run,) = [recorded_run("gn", [0.3], norm="gn", evaluate_on="validation")]
    assert run_rows.heading("test_loss", run) == "validation loss (nats per image)"
    assert list(run_rows.by_epoch(models_of([run]), ["train_accuracy"]))[-1] == "training accuracy (fraction)"
