"""`make study`: trains what is missing, and keeps a compact record."""

import json
import sys

import pytest
import study

from normstudy.runs import study_file
from normstudy.runs.record import read_record

FILE = """
common: {dataset: digits, evaluate_on: validation, epochs: 2, precision: fp32, device: cpu}
seeds: [1]
models:
  gn: {norm: gn, max_lr: [0.02, 0.05], weight_decay: 0.01}
  diverging: {norm: none, optimizer: sgd, max_lr: 100}
"""


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    (tmp_path / "params/studies").mkdir(parents=True)
    (tmp_path / "results").mkdir()
    (tmp_path / "params/studies/small.yaml").write_text(FILE)
    for module in (study, study_file):
        monkeypatch.setattr(module, "project_root", lambda: tmp_path)
    monkeypatch.setattr(study, "settle", lambda script: None)
    monkeypatch.setattr(sys, "argv", ["study.py", "--study", "small", "--jobs", "1"])
    return tmp_path


def test_what_is_missing_is_trained_and_recorded_in_the_studys_order(checkout, capsys):
    study.main()
    assert "small: 3 runs, of which 3 are missing" in capsys.readouterr().out
    path = checkout / "results/small.json"
    rows = read_record(path)
    assert [(row["model"], row["config"]["max_lr"]) for row in rows] == [("gn", 0.02), ("gn", 0.05), ("diverging", 100)]
    assert rows[0]["losses"][-1] == rows[0]["validation_loss"]
    assert len(rows[0]["losses"]) == 2
    assert rows[0]["parameters"] == 7610
    assert rows[0]["made_with"].keys() == {"processor", "torch", "sources"}
    assert rows[2]["validation_loss"] is rows[2]["validation_accuracy"] is None

    before = path.read_bytes()
    study.main()
    assert "of which 0 are missing" in capsys.readouterr().out
    assert path.read_bytes() == before

    path.write_text(json.dumps(rows[1:]))
    (checkout / "params/studies/small.yaml").write_text(FILE.replace("[0.02, 0.05]", "0.02"))
    study.main()
    assert "small: 2 runs, of which 1 are missing" in capsys.readouterr().out
    again = read_record(path)
    assert [row["config"] for row in again] == [rows[0]["config"], rows[2]["config"]]  # the other left the study
    assert again[0]["losses"] == rows[0]["losses"]


def test_a_run_that_another_study_has_is_not_trained_again(checkout, capsys):
    study.main()
    rows = read_record(checkout / "results/small.json")
    (checkout / "params/studies/other.yaml").write_text(FILE.replace("  gn: {", "  called otherwise: {"))
    (checkout / "results/small.json").rename(checkout / "results/other.json")
    study.main()
    assert "small: 3 runs, of which 0 are missing" in capsys.readouterr().out
    assert read_record(checkout / "results/small.json") == rows


def test_a_study_that_is_not_there_is_told_in_a_line(checkout, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["study.py", "--study", "large"])
    with pytest.raises(study.NormstudyError, match=r"no study 'large' in params/studies/; there are: small"):
        study.main()
