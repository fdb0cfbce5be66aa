"""The section on whole schedules, and the file of times."""

import json

import pytest
from recorded import recorded_run, recorded_study

from normstudy.preview.page import unsupported_constructs
from normstudy.report import speed
from normstudy.report.series import series_of

NOISE = (-0.0002, 0.0, 0.0002)
EPOCHS = (1, 2, 8)


def study(gn=(0.989, 0.9938, 0.995), ln=(0.98, 0.985, 0.991)):
    runs = [
        recorded_run(norm, [0.02] * epochs, [mean + noise] * epochs, norm=norm, seed=seed, evaluate_on="test")
        for norm, means in (("gn", gn), ("ln", ln))
        for epochs, mean in zip(EPOCHS, means, strict=True)
        for seed, noise in enumerate(NOISE)
    ]
    return recorded_study("speed", runs)


@pytest.fixture(autouse=True)
def pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def path(tmp_path):
    found = {"made": "2026-01-02", "processor": "A *fast* CPU", "torch": "2", "precision": "bf16"}
    found |= {"seconds": {"usual": [60, 70, 50], "gn": [3, 4, 2], "ln": [2, 2, 2]}, "trained": [[0.98] * 9 + [0.9935]]}
    where = tmp_path / "speed.json"
    where.write_text(json.dumps(found))
    return where


def test_an_accuracy_is_reached_by_the_shortest_schedule_that_has_it(path):
    series, pace = series_of(study().runs), speed.read(path)
    table = speed.speed_table(series, pace).set_index("test accuracy (%)")
    assert table.loc["99.00"].tolist() == ["6 s (2 epochs)", "16 s (8 epochs)"]
    assert table.loc["99.39"].tolist() == ["24 s (8 epochs)", "not reached"]
    assert table.loc["99.33", "GN"] == "6 s (2 epochs)"


def test_the_usual_pipeline_is_beside_it(path):
    text = speed.section(study(), path)
    assert not unsupported_constructs(text)
    assert "takes 600 s of the same core" in text
    assert "ends at 99.35 %; the same is reached by GN 100 times sooner" in text
    assert r"A \*fast\* CPU" in text
    axes = speed.speed_figure(series_of(study().runs), speed.read(path)).axes[0]
    assert [list(line.get_xdata()) for line in axes.lines if line.get_marker() == "X"] == [[600]]


def test_without_times_it_is_told_in_epochs(tmp_path):
    text = speed.section(study(), tmp_path / "none.json")
    assert "has not been measured yet" in text
    assert "| 2 epochs" in text
    assert " s (" not in text.partition("{#tbl-speed}")[2]


def test_schedules_of_which_a_run_diverged_reach_nothing(path):
    lost = recorded_run("gn", [0.1], diverged={"epoch": 2, "step": 1, "lr": 0.5}, norm="gn", seed=7, evaluate_on="test")
    series = series_of([*study().runs, lost])
    assert speed.reached(series[0], 0.99).config.epochs == 8


def test_a_study_of_another_shape_has_the_general_section(path):
    runs = [run for run in study().runs if run.config.epochs == 2]
    assert "{#sec-study-speed}" in speed.section(recorded_study("speed", runs), path)


@pytest.mark.parametrize("text", ["", "[]", '{"seconds": {"gn": [0]}}'])
def test_a_damaged_file_is_named(tmp_path, text):
    path = tmp_path / "speed.json"
    path.write_text(text)
    with pytest.raises(speed.PaceError, match=r"speed\.json: no times can be read"):
        speed.section(study(), path)
