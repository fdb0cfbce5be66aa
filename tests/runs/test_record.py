"""The compact record of a study: written and read bit by bit, and refused in a line when it is damaged."""

import io
import json
import math
import random
from dataclasses import replace

import numpy as np
import pytest
from disks import damaged
from recorded import LAYERS, recorded_run

from normstudy import model_code
from normstudy.config import run_name
from normstudy.errors import NormstudyError
from normstudy.model_code import ModelCode, ModelCodeError, kept
from normstudy.runs.folder import read_run
from normstudy.runs.record import (
    RecordError,
    read_record,
    read_records,
    record_names,
    recorded,
    verify_predictions,
    write_predictions,
    write_record,
)

NUMBERS = {"weights": {"spread": [0.8, None], "tiny": {"0.1": [0.0, 1.0]}}}
NUMBERS |= {"inside": {"end": [{"before": {"mean": 0.5}}], "start": None, "gamma": [[1, 2.5]]}}


def test_a_record_is_read_as_it_was_written_bit_by_bit(tmp_path):
    third, awkward = 1 / 3, [0.1 + 0.2, math.nextafter(1, 0), 5e-324]
    runs = [
        recorded_run("bn, λ", [0.7, third], awkward[:2], afterwards=NUMBERS, l1=1e-5),
        recorded_run("none", [0.5], [awkward[2]], diverged={"epoch": 2, "step": 3, "lr": 0.01}, norm="none"),
        recorded_run("none", [], diverged={"epoch": 1, "step": 1, "lr": 0.01}, norm="none", seed=2),
    ]
    runs[0].history[1]["gradient_norms"] = [None, *[1e-300] * (LAYERS - 1)]
    write_record(tmp_path / "some.json", "“A title” \\ of its own", runs)
    study = read_record(tmp_path / "some.json")
    assert (study.name, study.title) == ("some", "“A title” \\ of its own")
    for before, run in zip(runs, study.runs, strict=True):
        assert (run.model, run.metrics, run.config) == (before.model, before.metrics, before.config)
        assert (run.afterwards, run.name) == (before.afterwards, before.name)
        assert not run.has_predictions
    assert [run.diverged for run in study.runs] == [False, True, True]
    assert study.runs[0].final("test_loss") == third
    assert study.runs[1].final("test_loss") is None
    text = (tmp_path / "some.json").read_bytes()
    write_record(tmp_path / "some.json", study.title, study.runs)
    assert (tmp_path / "some.json").read_bytes() == text
    assert text.count(b"a processor") == 1  # the environment that all share


def test_a_record_holds_the_code_of_custom_networks(tmp_path, monkeypatch):
    monkeypatch.setattr(model_code, "_SEEN", {})
    monkeypatch.setattr(model_code, "store", lambda: tmp_path / "nothing")
    code = ModelCode("mine.py:net", {"mine": "def net(): ...\n", "parts": "# λ\n"})
    own = {"model": code.model, "code": code.fingerprint}
    runs = [replace(with_values(recorded_run("mine", [0.5], seed=n), own), modules=code.modules) for n in (1, 2)]
    write_record(tmp_path / "some.json", "", [*runs, recorded_run("gn", [0.5])])
    text = (tmp_path / "some.json").read_text()
    assert text.count("def net") == 1
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelCodeError, match="name the run folder"):
        kept(code.model, code.fingerprint)
    study = read_record(tmp_path / "some.json")
    assert [run.modules for run in study.runs] == [code.modules, code.modules, None]
    assert kept(code.model, code.fingerprint) == code
    write_record(tmp_path / "some.json", study.title, study.runs)
    assert (tmp_path / "some.json").read_text() == text
    (tmp_path / "some.json").write_text(text.replace("def net", "def not"))
    with pytest.raises(RecordError, match=r"code\.[0-9a-f]{16}: its modules have another fingerprint"):
        read_record(tmp_path / "some.json")


def test_a_run_of_before_norms_were_kept_and_of_another_environment_is_read_as_well(tmp_path):
    runs = [recorded_run("gn", [0.5], seed=seed) for seed in (1, 2)]
    for name in ("weight_norms", "gradient_norms"):
        runs[0].history[0].pop(name)
    runs[1].metrics["environment"] = {**runs[1].metrics["environment"], "processor": "another"}
    write_record(tmp_path / "some.json", "", runs)
    assert [run.metrics for run in read_record(tmp_path / "some.json").runs] == [run.metrics for run in runs]


@pytest.fixture
def run(run_folder):
    return read_run(run_folder)


def as_of_seed(run, seed):
    """The recorded `run`, as if it had had another seed."""
    return with_values(run, {"seed": seed})


def with_values(run, values):
    """The recorded `run`, as if it had had other values of parameters."""
    config = run.config.model_copy(update=values)
    metrics = {**run.metrics, "config": config.model_dump()}
    return replace(run, folder=run.folder.with_name(run_name(config)), metrics=metrics, config=config)


@pytest.fixture
def record(run, tmp_path):
    """The record of two runs whose predictions are kept, next to it."""
    first = recorded(run, "gn", NUMBERS)
    both = [first, as_of_seed(first, 4)]
    write_predictions(tmp_path / "some.npz", both)
    write_record(tmp_path / "some.json", "A study", both)
    return tmp_path / "some.json"


def test_a_run_is_recorded_with_all_that_its_folder_has_but_images_and_weights(record, run):
    first, second = read_record(record).runs
    assert (first.name, first.metrics, first.config, first.model) == (run.name, run.metrics, run.config, "gn")
    assert (first.place, second.place) == (record, record)
    assert second.config.seed == 4
    for each in (first, second):
        assert each.has_predictions
        assert each.predictions.keys() == run.predictions.keys()
        for name, column in run.predictions.items():
            assert each.predictions[name].dtype == column.dtype
            if name == "label_probability":  # of the loss
                np.testing.assert_allclose(each.predictions[name], column, atol=1e-5, rtol=0)
            else:
                np.testing.assert_array_equal(each.predictions[name], column)
    with pytest.raises(RecordError, match=f"^{record}: {run.name}: images are kept in run folders alone"):
        _ = first.misclassified


def test_records_are_what_lies_in_results_and_is_no_list_of_folders(record):
    for name in ("studies.json", "verified.json", "._some.json", ".some.json.new"):
        (record.parent / name).write_text("[")
    assert record_names(record.parent) == ["some"]
    assert list(read_records(str(record.parent))) == ["some"]


@pytest.mark.parametrize("content", [None, b"", b"[{", b"\xff\xfe", b"[" * 100_000])
def test_a_record_that_cannot_be_read_is_named(tmp_path, content):
    path = tmp_path / "search.json"
    if content is not None:
        path.write_bytes(content)
    assert refusal(path).startswith(f"{path}: not readable (")


def refusal(path) -> str:
    """The line with which the record `path`, or what is next to it, is refused."""
    with pytest.raises(RecordError) as caught:
        verify_predictions(read_record(path))
    (line,) = str(caught.value).splitlines()
    assert line.startswith(str(path.with_suffix("")))
    assert line.endswith(f"; delete it, and `make study STUDY={path.stem}` makes it again")
    return line


def change(*keys, to):
    def changed(row):
        for key in keys[:-1]:
            row = row[key]
        row[keys[-1]] = to

    return changed


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (change("called", to=5), ".called = 5: must be a line of text"),
        (change("environment", to=1), ": list index out of range"),
        (change("environment", to=-1), ".environment = -1: must be at least 0"),
        (change("schema", to=3), ": schema = 3: must be 1 or 2"),
        (change("config", "norm", to="batch"), ": config: norm = batch: must be 'bn'"),
        (change("config", "dataset", to="auto"), ": a run's name needs a resolved configuration"),
        (change("history", to=[]), ".history = []: must be a valid dictionary"),
        (change("history", "test_loss", to=[0.5]), ": history: lists of different lengths"),
        (change("history", "test_loss", 1, to=-1), ": history.1.test_loss = -1: must be at least 0"),
        (change("config", "epochs", to=3), ": complete with 2 of 3 epochs"),
        (change("config", "seed", to=4), " stands there twice"),
        (change("afterwards", to=None), ".afterwards = null: must be a valid dictionary"),
    ],
)
def test_a_run_with_impossible_values_is_named(record, damage, expected):
    content = json.loads(record.read_text())
    content["runs"].reverse()
    damage(content["runs"][1])
    record.write_text(json.dumps(content))
    assert refusal(record).startswith(f"{record}: not readable (runs.1")
    assert expected in refusal(record)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda columns: columns.pop("loss"), "not readable"),
        (lambda columns: columns.update(name=columns["name"][[0, 0]]), "has the shape (2, 899) where (1, 899)"),
        (lambda columns: columns.update(loss=columns["loss"][:, 1:]), "loss has the shape (2, 898) where (2, 899)"),
        (lambda columns: columns.update(loss=columns["loss"].astype(float)), "899 of float64 where 899 of float32"),
        (lambda columns: columns["predicted"].__setitem__((0, 5), 11), "predicted = 11 is no class"),
        (lambda columns: columns["label"].__setitem__(slice(50), 3), "accuracy is not that of metrics.json"),
        (lambda columns: columns["loss"].__imul__(0.5), "mean loss is not that of metrics.json"),
    ],
)
def test_predictions_that_do_not_fit_are_named(record, damage, expected):
    path = record.with_suffix(".npz")
    with np.load(path) as file:
        columns = dict(file)
    damage(columns)
    np.savez(path, **columns)
    line = refusal(record)
    assert line.startswith(f"{path}: ")
    assert expected in line


def test_nothing_is_unpickled(record):
    path, content = record.with_suffix(".npz"), io.BytesIO()
    with np.load(path) as file:
        np.savez(content, **{**file, "loss": np.array([print], dtype=object)})
    path.write_bytes(content.getvalue())
    assert "not readable (Object arrays cannot be loaded when allow_pickle=False)" in refusal(record)


@pytest.mark.fault("a record or its predictions cut off or changed", "one line with file and remedy, or no harm")
@pytest.mark.parametrize("suffix", [".json", ".npz"])
def test_any_damage_is_reported_in_a_line_or_leaves_a_record_that_can_be_shown(record, suffix):
    path, by_chance = record.with_suffix(suffix), random.Random(7)
    whole, result = path.read_bytes(), []
    for number in range(150):
        path.write_bytes(damaged(whole, ("cut", "flip", "garble")[number % 3], by_chance))
        try:
            verify_predictions(read_record(record))
        except NormstudyError as error:
            result.append(str(error))
    assert len(result) > 50
    assert [line for line in result if "\n" in line or not line.startswith(str(record.with_suffix("")))] == []
    assert [
        line for line in result if not line.endswith("; delete it, and `make study STUDY=some` makes it again")
    ] == []
