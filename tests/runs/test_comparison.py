"""Runs with a folder, and further seeds of them from a record."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from normstudy.config import run_name
from normstudy.runs.comparison import compared_runs
from normstudy.runs.folder import read_run
from normstudy.runs.record import RecordedRun, RecordError, write_predictions, write_record


@pytest.fixture
def results(whole, tmp_path):
    """A folder with a run of seed 3, and a function that records copies of it with these seeds beside it."""
    run = read_run(shutil.copytree(whole, tmp_path / whole.name))
    (tmp_path / "studies.json").write_text(json.dumps({"main": [run.name]}))

    def record(*seeds, columns=None, **changes):
        runs = []
        for seed in seeds:
            config = run.config.model_copy(update={"seed": seed, **changes})
            metrics = {**run.metrics, "config": config.model_dump()}
            runs.append(RecordedRun(tmp_path / run_name(config), metrics, config, "gn", columns=run.predictions))
        write_record(tmp_path / "main.json", "Main", runs)
        write_predictions(tmp_path / "main.npz", [replace(each, columns=columns or each.columns) for each in runs])

    return tmp_path, record


def test_without_a_record_there_are_the_runs_with_folders(results):
    folder, _ = results
    assert [run.config.seed for run in compared_runs(folder)] == [3]


def test_further_seeds_come_from_the_record_and_a_folder_counts_more(results):
    folder, record = results
    record(*range(40))
    found = compared_runs(folder)
    assert [run.config.seed for run in found] == list(range(40))
    assert [isinstance(run, RecordedRun) for run in found] == [seed != 3 for seed in range(40)]


def test_models_without_a_folder_stay_out(results):
    folder, record = results
    record(0, 1, l1=0.0)
    assert [run.config.seed for run in compared_runs(folder)] == [3]


@pytest.mark.parametrize("name", ["index", "label"])
def test_a_record_of_other_images_is_refused_in_a_line(results, name):
    folder, record = results
    columns = read_run(next(folder.glob("gn4*"))).predictions
    swapped = np.arange(len(columns["index"]))
    right = np.flatnonzero(columns["label"] == columns["predicted"])
    one = right[0]
    other = right[columns["label"][right] != columns["label"][one]][0]
    swapped[[one, other]] = other, one
    if name == "index":
        columns = {**columns, "index": columns["index"][swapped]}
    else:
        columns = {key: column if key == "index" else column[swapped] for key, column in columns.items()}
    record(0, columns=columns)
    with pytest.raises(RecordError, match=f"main.npz: {name} is not that of gn4_l1-.*cannot be compared; ") as caught:
        compared_runs(folder)
    assert "\n" not in str(caught.value)
