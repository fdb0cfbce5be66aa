"""What records have of a study, and what has still to be trained."""

from dataclasses import replace
from pathlib import Path

import pytest
from recorded import predictions, recorded_run

from normstudy.config import run_name
from normstudy.paths import project_root
from normstudy.runs import stamps
from normstudy.runs.folder import is_of_present_sources
from normstudy.runs.missing_runs import is_enough, missing_runs, not_among, own_studies, record_path, recorded_runs
from normstudy.runs.record import RecordError, read_record, write_predictions, write_record
from normstudy.runs.study_file import Study, read_study_file
from normstudy.training.sources import sources_hash

FILE = "common: {dataset: digits, epochs: 1, precision: fp32, device: cpu}\nmodels: {gn: {norm: gn}, ln: {norm: ln}}\n"


@pytest.fixture
def results(tmp_path):
    """A folder for records."""
    return tmp_path


@pytest.fixture
def study(tmp_path_factory):
    """Gives the study of some name, all of the same two runs."""
    folder = tmp_path_factory.mktemp("studies")

    def read(name="one", **changes):
        (folder / f"{name}.yaml").write_text(FILE)
        return replace(read_study_file(folder / f"{name}.yaml"), **changes)

    return read


def made(norm, sources=None, loss=0.5, **more):
    run = recorded_run("called so", [loss], norm=norm, dataset="digits", **more)
    environment = {**run.metrics["environment"], "sources": sources or sources_hash()}
    return replace(run, metrics={**run.metrics, "environment": environment})


def names(runs):
    return [run.config.norm for run in runs]


def test_all_is_lacking_where_nothing_is_recorded(results, study):
    assert recorded_runs(study(), results) == {}
    planned = missing_runs(study(), results)
    assert names(planned) == ["gn", "ln"]
    assert [run.name for run in planned] == [run_name(run.config) for run in study().runs]
    assert {run.source.name for run in planned} == {"one.yaml"}
    assert names(not_among(study(), {planned[0].name})) == ["ln"]


def test_what_any_study_recorded_is_not_lacking_and_gets_this_studys_name_for_its_model(results, study):
    write_record(results / "other.json", "", [made("gn"), made("ln", seed=9)])
    assert names(missing_runs(study(), results)) == ["ln"]
    (run,) = recorded_runs(study(), results).values()
    assert (run.model, run.config.norm) == ("gn", "gn")


def test_its_own_record_takes_precedence(results, study):
    for name, loss in (("one", 0.3), ("other", 0.4)):
        write_record(results / f"{name}.json", "", [made("gn", loss=loss)])
        assert (results / f"{name}.json").exists()
    for name, loss in (("one", 0.3), ("other", 0.4)):
        (run,) = recorded_runs(study(name), results).values()
        assert run.final("test_loss") == loss


def test_runs_of_other_sources_are_lacking_until_they_are_found_the_same(results, study):
    stamp = {"from": "0" * 16, "to": sources_hash(), "epochs": 1, "measures": ["x"], "environment": {}}
    run = made("gn", sources="0" * 16)
    write_record(results / "one.json", "", [run, made("ln", sources="1" * 16)])
    assert names(missing_runs(study(), results)) == ["gn", "ln"]
    stamps.add(results, [{**stamp, "runs": [run.name], "compared": [run.name]}])
    assert names(missing_runs(study(), results)) == ["ln"]
    (kept,) = recorded_runs(study(), results).values()
    (results / "mine").mkdir()
    write_record(results / "mine/one.json", "", [kept])
    (copied,) = read_record(results / "mine/one.json").runs
    assert is_of_present_sources(copied)


def test_predictions_that_a_study_keeps_have_to_be_there(results, study):
    bare, predicted = made("gn"), made("gn", columns=predictions([1, 2], [1, 1]))
    write_record(results / "one.json", "", [bare])
    assert names(missing_runs(study(), results)) == ["ln"]
    assert names(missing_runs(study(predictions=True), results)) == ["gn", "ln"]
    write_record(results / "other.json", "", [predicted])
    write_predictions(results / "other.npz", [predicted])
    assert names(missing_runs(study(predictions=True), results)) == ["ln"]
    (run,) = recorded_runs(study(predictions=True), results).values()
    assert run.place == results / "other.json"


def test_what_is_measured_afterwards_has_to_be_there_and_nothing_else_is_kept(results, study):
    write_record(results / "one.json", "", [made("gn", afterwards={"weights": {"spread": [1.0]}, "batch_norm": {}})])
    assert names(missing_runs(study(afterwards=("first_gradients",)), results)) == ["gn", "ln"]
    (run,) = recorded_runs(study(afterwards=("weights",)), results).values()
    assert run.afterwards == {"weights": {"spread": [1.0]}}
    (run,) = recorded_runs(study(), results).values()
    assert run.afterwards == {}


def test_of_a_run_that_diverged_there_is_no_more_to_keep(results, study):
    run = recorded_run("none", [], diverged={"epoch": 1, "step": 1, "lr": 0.01})
    assert is_enough(run, study(predictions=True, afterwards=("weights",)))


def test_a_damaged_record_is_reported(results, study):
    (results / "other.json").write_text("[")
    with pytest.raises(RecordError, match=r"other\.json: not readable"):
        missing_runs(study(), results)


def test_the_record_of_a_users_study_lies_next_to_its_file(tmp_path):
    def path_of(file, results=None):
        return record_path(Study(file, "", (), False, ()), results)

    own = tmp_path / "my/studies/rates.yaml"
    assert path_of(own) == own.with_suffix(".json")
    assert path_of(own, tmp_path) == tmp_path / "rates.json"
    assert path_of(project_root() / "params/studies/groups.yaml") == Path("results/groups.json")
    own.parent.mkdir(parents=True)
    own.write_text("models: {gn: {norm: gn}}")
    assert own_studies(tmp_path / "my") == []
    own.with_suffix(".json").write_text("{}")
    assert own_studies(tmp_path / "my") == [own.with_suffix(".json")]
    assert own_studies(project_root() / "params") == []
