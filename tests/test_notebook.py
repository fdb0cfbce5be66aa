"""The training notebook, through papermill, as typed."""

import json
import re

import nbformat
import pytest
from commands import NO_DATA, ROOT, run

from normstudy import model_code
from normstudy.config import Config, ParameterError
from normstudy.notebook import OUTPUT_PARAMETERS, read_parameters
from normstudy.runs.folder import read_run

TEMPLATE = ROOT / "analysis/train.ipynb"


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The notebook run by papermill on digits: the process, its copy, the runs folder."""
    folder = tmp_path_factory.mktemp("papermill")
    (folder / "gn.yaml").write_text("norm: gn\ndataset: digits\nepochs: 2\nl1: 1e-5\n")
    process = run(
        *("papermill", TEMPLATE, folder / "out.ipynb", "-f", folder / "gn.yaml", "-p", "runs_folder", folder / "runs"),
        **NO_DATA,
    )
    return process, folder


@pytest.mark.slow
def test_papermill_leaves_a_whole_run_folder(executed):
    process, folder = executed
    assert process.returncode == 0, process.stderr
    (name,) = [path.name for path in (folder / "runs").iterdir() if not path.name.startswith(".")]
    finished = read_run(folder / "runs" / name)
    assert finished.config.norm == "gn"
    assert finished.config.groups == 4
    assert finished.config.l1 == 1e-5
    assert len(finished.history) == 2
    for picture in ("misclassified.png", "curves.png", "confusion.png"):
        assert (finished.folder / picture).read_bytes().startswith(b"\x89PNG")
    assert list((folder / "runs/.unfinished").iterdir()) == []


@pytest.mark.slow
def test_the_executed_notebook_shows_what_a_student_expects(executed):
    notebook = nbformat.read(executed[1] / "out.ipynb", as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    text = "\n".join(output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in outputs)
    assert "Total params" in text
    assert len(re.findall(r"epoch +\d of 2", text)) == 2
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == 4  # augmentation sheet, curves, confusion matrix, misclassified images


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("batchsize", "64", "did you mean `batch_size`"),
        ("epochs", "0", "epochs = 0"),
        ("norm", "batch", "norm = batch"),
    ],
)
def test_a_bad_parameter_stops_the_first_cell(tmp_path, name, value, expected):
    process = run("papermill", TEMPLATE, tmp_path / "out.ipynb", "-p", name, value, "-p", "dataset", "digits")
    assert process.returncode != 0
    assert expected in process.stderr
    assert f"error: {name} = {value}: " in process.stderr
    assert not (tmp_path / "runs").exists()


def test_parameters_can_be_read_again_after_other_cells(monkeypatch):
    variables = {**Config(dataset="digits").model_dump(), "runs_folder": "runs", "run_folder": ""}
    config = read_parameters(variables)
    again = read_parameters({**variables, "config": config, "scratch": 3, "seed": 5})
    assert again.seed == 5
    assert again.dataset == "digits"


def test_several_seeds_are_refused_with_what_to_do():
    variables = {**Config(dataset="digits").model_dump(), "runs_folder": "runs", "run_folder": "", "seeds": [0, 1]}
    with pytest.raises(
        ParameterError, match=r"^seeds: this notebook trains a run of one seed; .*`make report`"
    ) as error:
        read_parameters(variables)
    assert "\n" not in str(error.value)


def test_template_declares_every_parameter_with_its_default():
    notebook = nbformat.read(TEMPLATE, as_version=4)
    (cell,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    declared: dict = {}
    exec(cell.source, declared)
    declared.pop("__builtins__")
    assert declared.keys() == {*Config.model_fields, *OUTPUT_PARAMETERS}
    assert {name: declared[name] for name in Config.model_fields} == Config().model_dump()


def test_template_is_committed_without_outputs():
    cells = json.loads(TEMPLATE.read_text())["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells if cell["cell_type"] == "code")


def test_a_model_of_ones_own_is_tried_unless_the_workflow_has_done_so(tmp_path, monkeypatch):
    tried = []
    monkeypatch.setattr("normstudy.notebook.refuse_broken_models", lambda runs: tried.extend(runs) or ["its scores"])
    monkeypatch.setattr(model_code, "store", lambda: tmp_path / "kept")
    (tmp_path / "nets.py").write_text("def net(norm, shape, classes): ...\n")
    values = Config(dataset="digits").model_dump() | {"runs_folder": "runs", "model": f"{tmp_path}/nets.py:net"}
    config = read_parameters({**values, "run_folder": ""})
    assert [run.config for run in tried] == [config]
    assert (config.model, config.code) == ("nets.py:net", tried[0].config.code)
    assert read_parameters({**config.model_dump(), "runs_folder": "runs", "run_folder": "somewhere"}) == config
    assert len(tried) == 1
