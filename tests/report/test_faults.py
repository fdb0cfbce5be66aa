"""The section on the two faults that are repeated."""

import json

import numpy as np
import pytest

from normstudy.preview.page import unsupported_constructs
from normstudy.report import faults

EPOCHS = 8


def run(norm, seed, final, rebuilt=False, acts=False):
    arm = {"norm": norm, "rebuilt": rebuilt, "acts": acts}
    accuracies = [*np.linspace(0.9, final, EPOCHS - 2), final + 0.001, final]
    return {"arm": arm, "seed": seed, "accuracies": accuracies, "losses": [0.1] * EPOCHS, "seconds": 1.0}


def content(seeds=6, cost=0.002):
    noise = [0.0002 * (-1) ** seed + 0.0001 * seed for seed in range(seeds)]
    runs = [run(norm, seed, 0.99 + noise[seed]) for norm in ("bn", "gn") for seed in range(seeds)]
    runs += [run("bn", seed, 0.99 - cost + noise[(seed + 1) % seeds], rebuilt=True) for seed in range(seeds)]
    runs += [run("bn", seed, 0.99 + noise[(seed + 2) % seeds], acts=True) for seed in range(seeds)]
    about = {"made": "2026-01-02", "processor": "A *fast* CPU", "torch": "2", "precision": "fp32", "dataset": "mnist"}
    return about | {"epochs": EPOCHS, "batch": 128, "penalty": 1e-5, "runs": runs}


@pytest.fixture(autouse=True)
def pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def path(tmp_path):
    where = tmp_path / "faults.json"
    where.write_text(json.dumps(content()))
    return where


def test_what_each_fault_does_is_computed(path):
    text = faults.section(path)
    assert not unsupported_constructs(text)
    assert "The rebuilt optimizer changes the accuracy beyond the noise: BN (rebuilt − built once): −0.20" in text
    assert "Not to differentiate the penalty changes nothing beyond the noise" in text
    assert r"A \*fast\* CPU" in text
    assert "with 6 seeds" in text


def test_the_table_has_every_way(path):
    table = faults.faults_table(faults.read(path))
    assert table["optimizer"].tolist() == ["built once", "built once", "rebuilt", "built once"]
    assert table["penalty"].tolist() == ["without effect", "acts", "without effect", "without effect"]
    assert set(table["best − last"]) == {"0.10"}


def test_every_run_is_a_line(path):
    found = faults.read(path)
    axes = faults.courses_figure(found).axes
    assert [each.get_title(loc="left") for each in axes] == ["BN", "GN"]
    assert [len(each.lines) for each in axes] == [2 * (6 + 1), 6 + 1]


def test_runs_of_other_lengths_and_single_seeds_are_no_obstacle(tmp_path):
    made = content(seeds=1)
    made["runs"][0]["accuracies"] = [0.9]
    path = tmp_path / "faults.json"
    path.write_text(json.dumps(made))
    assert sum(map(len, faults.read(path).runs.values())) == 3
    assert faults.section(path) == ""  # nothing with and without a fault is left
    assert faults.section(tmp_path / "none.json") == ""


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"epochs": 2, "runs": [{"accuracies": [1, 1]}]}'])
def test_a_damaged_file_is_named(tmp_path, text):
    path = tmp_path / "faults.json"
    path.write_text(text)
    with pytest.raises(faults.FaultsError, match=r"faults\.json: no runs can be read"):
        faults.section(path)
