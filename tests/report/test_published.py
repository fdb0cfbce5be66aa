"""The published results, and everything in the repository that is made of them."""

import re
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yaml
from commands import ROOT

from normstudy.config import read_config, run_name
from normstudy.report.readme import BEGIN, END, draw_graphs, put_results, results_block
from normstudy.runs.compared_runs import compared_runs
from normstudy.runs.folder import wrong
from normstudy.runs.record import read_record, record_names, verify_predictions
from normstudy.runs.reproduction import kind_of_model
from normstudy.runs.studies import read_study
from normstudy.runs.study_file import read_study_file, study_file_names, study_path

RESULTS = Path("results")

RECORDED = record_names(ROOT / "results")
"""The studies whose runs are published."""

CHOSEN_BY = {"search", "neighbours", "skeletons"}
"""Without which there is no report."""


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.fixture(scope="module")
def published():
    return list(read_study(ROOT / RESULTS))


def test_the_main_study_is_the_assignment(published):
    kinds = [(run.config.norm, bool(run.config.l1)) for run in published]
    assert kinds == [("bn", True), ("gn", False), ("ln", False)]
    for run in published:
        assert run.config.dataset == "mnist"
        assert run.config.evaluate_on == "test"
        assert len(run.history) == run.config.epochs == 20
        assert run.metrics["environment"]["clean"] is True
    assert len({run.metrics["model"]["parameters"] for run in published}) == 1
    assert published[0].metrics["model"]["parameters"] <= 8_000


def test_the_published_runs_are_those_of_params(published):
    for path, run in zip(sorted(Path("params").glob("*.yaml")), published, strict=True):
        asked = read_config(path).model_dump()
        own = run.config.model_dump()
        assert {key: own[key] for key in asked if asked[key] != "auto"} == {
            key: value for key, value in asked.items() if value != "auto"
        }


def test_the_accuracy_that_was_asked_for(published):
    for run in published:
        assert run.history[-1]["test_accuracy"] >= 0.9935


@pytest.mark.parametrize("name", RECORDED)
def test_the_studies_kept_to_their_protocol(name):
    study = read_study_file(study_path(Path("params"), name))
    record = read_record(f"results/{name}.json")
    assert [(run.model, run.name) for run in record.runs] == [(run.model, run_name(run.config)) for run in study.runs]
    assert record.title == study.title
    for run in record.runs:
        assert run.diverged or set(run.afterwards) == set(study.afterwards)
        assert run.has_predictions == (study.predictions and not run.diverged)
        assert run.config.depth or run.metrics["model"]["parameters"] <= 8_000
    verify_predictions(record)


@pytest.mark.parametrize(
    "name", sorted({"search", "neighbours", "skeletons", "penalty", "learning_rate", "frontier_search"} & set(RECORDED))
)
def test_what_was_tried_was_tried_on_the_validation_split(name):
    assert {run.config.evaluate_on for run in read_record(f"results/{name}.json").runs} == {"validation"}


@pytest.mark.parametrize("name", ["search", "skeletons"])  # neighbours go on where the first ones turn out lower
def test_all_models_had_the_same_budget(name):
    assert len(set(Counter(run.model for run in read_record(f"results/{name}.json").runs).values())) == 1


def test_the_skeleton_was_compared_with_others(published):
    skeletons = {run.config.skeleton for run in read_record("results/skeletons.json").runs}
    assert len(skeletons) > 3
    assert {run.config.skeleton for run in published} <= skeletons


def test_every_record_is_of_a_study_that_there_is():
    assert CHOSEN_BY <= set(RECORDED) <= set(study_file_names(ROOT / "params"))


def test_the_main_study_is_of_the_published_models_and_has_their_runs(published):
    by_name = {run.name: run for run in read_record("results/main.json").runs}
    kinds = {kind_of_model(run.config) for run in by_name.values()}
    assert kinds == {kind_of_model(run.config) for run in published}
    for run in published:
        assert without_seconds(by_name[run.name].history) == without_seconds(run.history)


def without_seconds(history):
    return [{key: value for key, value in entry.items() if key != "seconds"} for entry in history]


def test_predictions_agree_with_metrics_and_images(published):
    for run in published:
        errors, total = int(wrong(run).sum()), len(run.predictions["label"])
        assert total == 10_000
        assert run.history[-1]["test_accuracy"] == pytest.approx(1 - errors / total)
        assert run.history[-1]["test_loss"] == pytest.approx(float(run.predictions["loss"].astype(np.float64).mean()))
        assert len(run.misclassified["label"]) == errors
        assert np.all(np.diff(run.misclassified["confidence"]) <= 0)


def test_readme_has_the_numbers_of_the_runs():
    every_run = compared_runs(RESULTS)
    graphs = [RESULTS / "figures" / name for name in ("test-loss.svg", "test-accuracy.svg")]
    text = Path("README.md").read_text()
    assert put_results(text, results_block(every_run, graphs)) == text


def test_readme_has_every_picture_and_they_are_those_of_the_runs(published, tmp_path):
    text = Path("README.md").read_text()
    block = text.partition(BEGIN)[2].partition(END)[0]
    paths = re.findall(r'(?<=src=")[^"]+|(?<=srcset=")[^"]+', block) + re.findall(r"!\[[^\]]+\]\(([^)]+)\)", block)
    shown = [Path(path) for path in paths]
    assert len(shown) == 2 * 2 + len(published)
    assert all(path.is_file() for path in shown)
    for fresh in draw_graphs(compared_runs(RESULTS), tmp_path):
        for path in (fresh, fresh.with_stem(f"{fresh.stem}-dark")):
            assert _drawing(RESULTS / "figures" / path.name) == _drawing(path)


def test_the_navigation_lists_the_notebooks_of_the_runs(published):
    metadata = yaml.safe_load(Path("results/notebooks.yml").read_text())
    (menu,) = metadata["website"]["navbar"]["left"]
    pages = [page["href"] for page in menu["menu"]]
    assert pages == [f"results/{run.name}/train.ipynb" for run in published]
    assert all(Path(page).is_file() for page in pages)
    assert "MNIST" in yaml.safe_load(Path("results/report.yml").read_text())["subtitle"]


def test_results_stay_small_and_name_no_machine():
    files = subprocess.run(["git", "ls-files", "results"], capture_output=True, text=True, check=True).stdout.split()
    assert sum(Path(name).stat().st_size for name in files) < 30_000_000
    for name in files:
        if Path(name).suffix in (".json", ".ipynb"):
            assert not re.search(r"[\"' ]/(home|root|tmp|work|Users)/", Path(name).read_text()), name


def _drawing(path: Path) -> str:
    """An SVG without the numbers' last digits, in which processors may differ."""
    return re.sub(r"(\d+\.\d)\d+", r"\1", path.read_text())
