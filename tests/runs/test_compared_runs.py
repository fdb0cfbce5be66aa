"""The runs that the report compares: those with folders, and further seeds of their models."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from normstudy.config import make_config, run_name
from normstudy.runs import manifest
from normstudy.runs.compared_runs import compared_runs
from normstudy.runs.folder import RunError, read_run
from normstudy.runs.record import RecordedRun, RecordError, recorded, write_predictions, write_record
from normstudy.runs.studies import MAIN, write_studies


@pytest.fixture
def results(whole, tmp_path):
    """Folders of two models that differ in l1, of seed 3."""
    names = []
    for values in ({"l1": 0.5}, {}):
        metrics = json.loads((whole / "metrics.json").read_text())
        metrics["config"].update(values)
        names.append(run_name(make_config(metrics["config"])))
        folder = shutil.copytree(whole, tmp_path / names[-1])
        (folder / "metrics.json").write_text(json.dumps(metrics))
        manifest.write(folder)
    write_studies(tmp_path, {MAIN: names})
    return tmp_path


def as_recorded(folder, **values) -> RecordedRun:
    """The run in `folder`, recorded as one with other `values`."""
    run = read_run(folder)
    config = run.config.model_copy(update=values)
    metrics = {**run.metrics, "config": config.model_dump()}
    return replace(recorded(run, "any"), folder=run.folder.with_name(run_name(config)), metrics=metrics, config=config)


def result(runs):
    return [(run.config.l1, run.config.seed, isinstance(run, RecordedRun)) for run in runs]


def test_without_a_record_there_are_the_folders(results, whole):
    assert result(compared_runs(results)) == [(0.5, 3, False), (1e-5, 3, False)]


def test_further_seeds_are_from_the_record_and_other_models_left_out(results, whole):
    runs = [as_recorded(whole, **values) for values in ({"seed": 9}, {"seed": 1}, {"l1": 0.5, "seed": 0}, {})]
    runs += [as_recorded(whole, epochs=2, max_lr=0.01), as_recorded(whole, norm="ln", groups=None)]
    write_record(results / "main.json", "", runs)
    assert result(compared_runs(str(results))) == [
        *[(0.5, 0, True), (0.5, 3, False), (1e-5, 1, True), (1e-5, 3, False), (1e-5, 9, True)]
    ]


@pytest.mark.parametrize("seed", [0, 4])  # before and after the one of the folder
@pytest.mark.parametrize("name", ["index", "label"])
def test_what_models_said_has_to_be_of_the_same_images(results, whole, name, seed):
    run = as_recorded(whole, seed=seed)
    write_record(results / "main.json", "", [run])
    write_predictions(results / "main.npz", [run])
    assert [each.has_predictions for each in compared_runs(results) if isinstance(each, RecordedRun)] == [True]
    right = np.flatnonzero(run.columns["label"] == run.columns["predicted"])
    one = right[0]
    other = right[run.columns["label"][right] != run.columns["label"][one]][0]
    places = np.arange(len(run.columns["index"]))
    places[[one, other]] = other, one
    turned = {
        key: column[places] if (key == "index") == (name == "index") else column for key, column in run.columns.items()
    }
    write_predictions(results / "main.npz", [replace(run, columns=turned)])
    with pytest.raises(
        RunError, match=rf"main\.npz: {name} is not that of .*-seed3-.* cannot be compared; delete it, and"
    ):
        compared_runs(results)


def test_a_damaged_record_is_reported(results):
    (results / "main.json").write_text("{")
    with pytest.raises(RecordError, match=r"main\.json: not readable"):
        compared_runs(results)
