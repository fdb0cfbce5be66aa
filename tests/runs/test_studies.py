"""From parameter files to planned runs, and from studies.json to finished ones."""

import json
import shutil
import sys

import pytest
import yaml
from commands import ROOT, write_params
from conftest import QUICK
from strays import leave_beside

from normstudy.config import Config, ParameterError, make_config, run_name
from normstudy.runs.folder import RunError, read_run
from normstudy.runs.studies import MAIN, PlannedRun, asks_for_auto, plan, read_study, verified_study, write_studies

sys.path.insert(0, str(ROOT / "workflow"))

from publish import copy


@pytest.fixture
def runs_folder(run_folder, tmp_path):
    """A runs folder with one run."""
    shutil.copytree(run_folder, tmp_path / "runs" / run_folder.name)
    return tmp_path / "runs"


def same_run_otherwise(runs_folder, name: str, **changes) -> str:
    """A further run folder in `runs_folder`: that of `name` with another configuration. Returns its name."""
    metrics = json.loads((runs_folder / name / "metrics.json").read_text())
    metrics["config"].update(changes)
    other = run_name(make_config(metrics["config"]))
    shutil.copytree(runs_folder / name, runs_folder / other)
    (runs_folder / other / "metrics.json").write_text(json.dumps(metrics))
    return other


def study_refusal(runs_folder, study: str = MAIN) -> str:
    with pytest.raises(RunError) as caught:
        read_study(runs_folder, study)
    (line,) = str(caught.value).splitlines()
    assert str(runs_folder) in line
    return line


def test_one_run_for_each_file_by_name_with_auto_resolved(tmp_path):
    write_params(tmp_path, b_ln="norm: ln\nl1: 1e-5\n", a_gn="norm: gn\n", c_bn="dataset: digits\n")
    (tmp_path / "d.yml").write_text("seed: 7\n")
    (tmp_path / "notes.txt").write_text("not: [a parameter file")
    planned = plan(tmp_path, "digits")
    assert [run.source.name for run in planned] == ["a_gn.yaml", "b_ln.yaml", "c_bn.yaml", "d.yml"]
    assert [run.config.norm for run in planned] == ["gn", "ln", "bn", "bn"]
    assert {run.config.dataset for run in planned} == {"digits"}
    assert planned[1].config.l1 == 1e-5
    assert all("auto" not in run.config.model_dump().values() for run in planned)
    assert [run.name for run in planned] == [run_name(run.config) for run in planned]


def test_all_errors_of_all_files_are_reported_at_once(tmp_path):
    write_params(tmp_path, a="epochs: 0\nl1: -1\n", b="norm: bn\n", c="norm: [bn\n", d="colour: red\n")
    with pytest.raises(ParameterError) as caught:
        plan(tmp_path, "digits")
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    for line, name, expected in zip(lines, "acd", ["epochs = 0", "not valid YAML", "colour = red"], strict=True):
        assert line.startswith(str(tmp_path / f"{name}.yaml"))
        assert expected in line
    assert "l1 = -1" in lines[0]


def test_a_batch_too_large_for_the_resolved_data_names_its_file(tmp_path):
    write_params(tmp_path, a="batch_size: 900\n", b="norm: ln\n", c="batch_size: 5000\n")
    assert len(plan(tmp_path, "mnist")) == 3
    with pytest.raises(ParameterError) as caught:
        plan(tmp_path, "digits")
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[0] for line in lines] == [str(tmp_path / "a.yaml"), str(tmp_path / "c.yaml")]
    assert "batch_size = 900: must be at most 898" in lines[0]


def test_files_that_ask_for_the_same_run_count_once(tmp_path):
    write_params(tmp_path, a="norm: bn\n", b="norm: bn\ngroups: 8\nl1: 0\nepochs: 20\n", c="norm: bn\nseed: 2\n")
    assert [run.source.name for run in plan(tmp_path, "digits")] == ["a.yaml", "c.yaml"]


def test_files_are_planned_seed_by_seed(tmp_path):
    write_params(tmp_path, a="norm: bn\nseeds: [5, 3]\n", b="norm: gn\n", c="norm: ln\nseed: 7\n", d="seeds: 3 to 4\n")
    write_params(tmp_path, e="norm: bn\nseed: 4\n")  # as d.yaml asks for, too

    def found(**seeds):
        return [(run.source.stem, run.config.seed) for run in plan(tmp_path, "digits", **seeds)]

    assert found() == [("a", 5), ("b", 0), ("c", 7), ("d", 3), ("e", 4)]
    assert found(seeds=range(3)) == [("a", 5), ("b", 0), ("c", 7), ("d", 3), ("e", 4), ("b", 1), ("b", 2)]


def test_what_is_wrong_with_the_seeds_of_a_file_is_reported_with_the_rest(tmp_path):
    write_params(tmp_path, a="seed: 1\nseeds: [1, 2]\n", b="seeds: [1, 1]\n", c="epochs: 0\n")
    with pytest.raises(ParameterError) as caught:
        plan(tmp_path, "digits", seeds=range(10))
    both, twice, epochs = str(caught.value).splitlines()
    assert both == f"{tmp_path}/a.yaml: holds both `seed` and `seeds`; delete one of the two lines"
    assert twice == f"{tmp_path}/b.yaml: seeds: 1 stands there twice"
    assert "epochs = 0" in epochs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dataset: mnist\n", "dataset = mnist, but"),
        ("evaluate_on: validation\n", "evaluate_on = validation, but"),
    ],
)
def test_runs_on_different_data_are_not_planned_together(tmp_path, text, expected):
    write_params(tmp_path, a="norm: bn\n", b=f"norm: ln\n{text}")
    with pytest.raises(ParameterError, match=expected) as caught:
        plan(tmp_path, "digits")
    for part in ("a.yaml", "b.yaml", "cannot be compared"):
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_parameter_files_is_refused(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        for ask in (lambda folder: plan(folder, "digits"), asks_for_auto):
            with pytest.raises(ParameterError, match=f"^{folder}: no parameter file"):
                ask(folder)


def test_a_run_is_done_when_its_folder_is_whole_and_current(tmp_path, runs_folder, trained):
    (tmp_path / "gn.yaml").write_text(yaml.safe_dump(trained.config.model_dump()))
    (planned,) = plan(tmp_path, "digits")
    assert planned.is_done(runs_folder)
    other = PlannedRun(planned.source, Config(**{**QUICK, "seed": 99}))
    assert not other.is_done(runs_folder)
    path = runs_folder / planned.name / "metrics.json"
    whole = path.read_text()
    metrics = json.loads(whole)
    metrics["environment"]["sources"] = "0123456789abcdef"
    for text in (json.dumps(metrics), whole[:-10]):
        path.write_text(text)
        assert not planned.is_done(runs_folder)
    path.write_text(whole)
    assert planned.is_done(runs_folder)


def test_a_study_is_written_and_read(runs_folder, run_folder):
    second = same_run_otherwise(runs_folder, run_folder.name, seed=8)
    write_studies(runs_folder, {MAIN: [second, run_folder.name], "other": [second]})
    assert [run.name for run in read_study(runs_folder)] == [second, run_folder.name]
    assert [run.name for run in read_study(str(runs_folder), "other")] == [second]
    assert json.loads((runs_folder / "studies.json").read_text()) == {
        "main": [second, run_folder.name],
        "other": [second],
    }


def test_a_study_that_is_not_there_is_refused(runs_folder):
    assert "studies.json: not there" in study_refusal(runs_folder)
    write_studies(runs_folder, {MAIN: []})
    assert "has no runs" in study_refusal(runs_folder)
    assert "'depth'" in study_refusal(runs_folder, "depth")


@pytest.mark.parametrize("text", ["", '{"main": [', "[]", "3", '{"main": 5}', '{"main": [1]}', '{"main": "name"}'])
def test_a_study_that_cannot_be_understood_is_refused(runs_folder, text):
    (runs_folder / "studies.json").write_text(text)
    assert "studies.json: cannot be understood" in study_refusal(runs_folder)


def test_a_study_with_a_missing_or_damaged_run_names_it(runs_folder, run_folder):
    write_studies(runs_folder, {MAIN: [run_folder.name, "bn-digits-seed1-00000000"]})
    assert "bn-digits-seed1-00000000: no metrics.json" in study_refusal(runs_folder)
    write_studies(runs_folder, {MAIN: [run_folder.name]})
    (runs_folder / run_folder.name / "metrics.json").write_text("{}")
    assert f"{run_folder.name}/metrics.json: schema: missing" in study_refusal(runs_folder)


@pytest.mark.fault("files of editors and systems next to the parameter files", "passed over")
def test_what_editors_and_systems_leave_is_no_parameter_file(tmp_path):
    params = write_params(tmp_path / "params", gn="norm: gn\ndataset: digits\n")
    assert "._gn.yaml" in leave_beside(params / "gn.yaml")
    assert [run.source.name for run in plan(params, "digits")] == ["gn.yaml"]
    (params / "gn.yaml").unlink()
    with pytest.raises(ParameterError, match="no parameter file"):
        plan(params, "digits")


@pytest.mark.fault("files of editors and systems in a run folder or next to it", "harmless; not published with the run")
def test_what_editors_and_systems_leave_in_a_run_folder_is_harmless(whole, tmp_path):
    folder = shutil.copytree(whole, tmp_path / "runs" / whole.name)
    strays = leave_beside(folder / "metrics.json") + leave_beside(folder)
    write_studies(folder.parent, {MAIN: [folder.name]})
    assert PlannedRun(tmp_path, read_run(folder).config).is_done(folder.parent)
    assert [run.name for run in verified_study(folder.parent)] == [folder.name]
    copy(folder, tmp_path / "results")
    published = {path.name for path in (tmp_path / "results" / folder.name).iterdir()}
    assert published == {path.name for path in whole.iterdir()}
    assert not published & set(strays)
