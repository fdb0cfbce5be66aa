"""Records as tidy tables."""

import json

import numpy as np
import pytest
from commands import ROOT
from recorded import recorded_run

from normstudy.runs.record import RecordError
from normstudy.runs.tables import epochs, epochs_of, table, table_of


def test_a_published_study_has_a_row_per_run_and_per_epoch(monkeypatch):
    monkeypatch.chdir(ROOT)
    raw = json.loads((ROOT / "results/batch_size.json").read_text())["runs"]
    runs, history = table("batch_size"), epochs(ROOT / "results/batch_size.json")
    assert len(runs) == len(raw) == 81
    assert runs.test_accuracy.tolist() == [run["history"]["test_accuracy"][-1] for run in raw]
    assert runs.batch_size.tolist() == [run["config"]["batch_size"] for run in raw]
    assert np.exp(runs.log_error).tolist() == pytest.approx(runs.error.tolist())
    assert history.groupby("run").epoch.max().eq(5).all()
    assert len(history) == 5 * 81


def test_diverged_runs_have_no_finals_and_no_error_counts_as_half_an_image():
    diverged = recorded_run("none", [0.5], norm="none", diverged={"epoch": 2, "step": 4, "lr": 0.01})
    perfect = recorded_run("gn", [0.2, 0.0], norm="gn")
    found = table_of([diverged, perfect])
    assert found.diverged.tolist() == [True, False]
    assert found.epochs_done.tolist() == [1, 2]
    assert np.isnan(found.log_error[0])
    assert found.error[1] == 0
    assert np.exp(found.log_error[1]) == pytest.approx(0.5 / 10_000)
    assert epochs_of([diverged, perfect]).groupby("model").size().to_dict() == {"gn": 2, "none": 1}


def test_a_damaged_record_is_named(tmp_path):
    path = tmp_path / "some.json"
    path.write_text("{}")
    with pytest.raises(RecordError, match=r"some\.json"):
        table(path)
