"""The run folder: written, published, read back; and every way in which it can be no good."""

import hashlib
import json
import shutil
import stat
import subprocess
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from commands import ROOT
from conftest import QUICK
from safetensors.torch import load_file

from normstudy.config import Config, run_name
from normstudy.model import Net
from normstudy.runs import folder as runs
from normstudy.runs.folder import RunError, discard, publish, read_run, save, stage
from normstudy.training.loop import evaluate, fit
from normstudy.training.sources import sources_hash


def visible(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


@pytest.fixture
def copied(run_folder, tmp_path):
    """A copy of a good run folder, to be spoilt."""
    return shutil.copytree(run_folder, tmp_path / run_folder.name)


@pytest.fixture(scope="module")
def diverged(trained, tmp_path_factory):
    """A published diverged run: `run`, `folder`."""
    folder = tmp_path_factory.mktemp("diverged")
    config = Config(**{**QUICK, "norm": "none", "optimizer": "sgd", "max_lr": 100})
    run = fit(config, trained.data)
    staged = stage(config, folder)
    save(run, trained.data, staged)
    return SimpleNamespace(run=run, folder=publish(staged, folder))


def change(folder, **changes) -> None:
    """Set values of metrics.json; two underscores in a name go one level down."""
    path = folder / "metrics.json"
    metrics = json.loads(path.read_text())
    for name, value in changes.items():
        *parents, last = (int(part) if part.isdigit() else part for part in name.split("__"))
        place = metrics
        for parent in parents:
            place = place[parent]
        place[last] = value
    path.write_text(json.dumps(metrics))


def refusal(folder) -> str:
    """The one line with which `folder` is refused."""
    with pytest.raises(RunError) as caught:
        read_run(folder)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(str(folder))
    assert "train this run again" in line
    return line


def test_what_is_saved_is_read_back(trained, run_folder):
    finished = read_run(run_folder)
    assert finished.name == run_name(trained.config)
    assert finished.config == trained.config
    assert finished.history == trained.run.history
    assert not finished.diverged
    for name, tensor in vars(trained.run.predictions).items():
        assert np.array_equal(finished.predictions[name], tensor.numpy()), name


def test_metrics_keep_to_the_contract(trained, run_folder):
    text = (run_folder / "metrics.json").read_text()
    assert "NaN" not in text
    assert "Infinity" not in text
    metrics = json.loads(text)
    assert metrics.keys() == {"schema", "status", "config", "model", "history", "environment", "extra"}
    assert (metrics["schema"], metrics["status"], metrics["extra"]) == (2, "complete", {})
    assert metrics["config"].keys() == set(Config.model_fields)
    assert metrics["model"] == {"parameters": 7610}
    wanted = {"epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "lr", "seconds"}
    assert all(wanted <= entry.keys() for entry in metrics["history"])
    assert [entry["epoch"] for entry in metrics["history"]] == [1, 2]
    environment = metrics["environment"]
    assert environment.keys() == {
        *("python", "torch", "torchvision", "packages", "lock", "notebook", "processor", "commit", "clean", "sources"),
        *("instructions", "arithmetic"),
    }
    assert {"numpy", "matplotlib", "papermill"} <= environment["packages"].keys()
    assert environment["lock"] == hashlib.sha256((ROOT / "requirements.lock").read_bytes()).hexdigest()[:16]
    assert environment["notebook"] == hashlib.sha256((ROOT / "analysis/train.ipynb").read_bytes()).hexdigest()[:16]
    assert environment["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert environment["processor"]
    assert environment["sources"] == sources_hash()


def test_the_folder_holds_what_the_contract_names(run_folder):
    files = ["metrics.json", "misclassified.npz", "model.safetensors", "predictions.npz"]
    assert visible(run_folder) == ["SHA256SUMS", *files]
    sums = subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=run_folder, capture_output=True, text=True)
    assert sums.stdout.splitlines() == [f"{name}: OK" for name in files]
    assert stat.S_IMODE(run_folder.stat().st_mode) == 0o755


def test_the_saved_weights_are_the_model_that_predicted(trained, run_folder):
    model = Net("gn", 4)
    model.load_state_dict(load_file(run_folder / "model.safetensors"))
    again = evaluate(model, trained.data, trained.data.evaluation)
    torch.testing.assert_close(again.loss, torch.from_numpy(read_run(run_folder).predictions["loss"]))


def test_misclassified_images_are_the_errors_most_confident_first(trained, run_folder):
    found, predictions = read_run(run_folder).misclassified, read_run(run_folder).predictions
    wrong = predictions["predicted"] != predictions["label"]
    assert found.keys() == {"images", "label", "predicted", "confidence", "index"}
    assert sorted(found["index"]) == sorted(predictions["index"][wrong])
    assert len(found["index"]) > 10
    assert (np.diff(found["confidence"]) <= 0).all()
    assert (found["label"] != found["predicted"]).all()
    place = {index: row for row, index in enumerate(trained.data.evaluation.index.tolist())}
    for i, index in enumerate(found["index"].tolist()):
        row = place[index]
        assert np.array_equal(found["images"][i], trained.data.evaluation.images[row, 0].numpy())
        assert found["label"][i] == trained.data.evaluation.labels[row]
        assert found["predicted"][i] == predictions["predicted"][row]
        assert found["confidence"][i] == predictions["predicted_probability"][row]


def test_a_diverged_run_can_be_read(diverged):
    finished = read_run(diverged.folder)
    assert finished.diverged
    assert {key: finished.metrics[key] for key in ("epoch", "step", "lr")} == diverged.run.diverged
    assert finished.history == diverged.run.history
    assert len(finished.history) < finished.config.epochs
    assert visible(diverged.folder) == ["SHA256SUMS", "metrics.json", "model.safetensors"]
    with pytest.raises(RunError, match=r"predictions\.npz: not readable"):
        _ = finished.predictions


def test_nothing_is_visible_before_the_run_is_whole(trained, tmp_path):
    staged = stage(trained.config, tmp_path / "runs")
    assert visible(tmp_path / "runs") == []
    save(trained.run, trained.data, staged)
    assert visible(tmp_path / "runs") == []
    final = publish(staged, tmp_path / "runs")
    assert visible(tmp_path / "runs") == [final.name] == [run_name(trained.config)]
    assert not staged.exists()


@pytest.mark.parametrize("spoil", [lambda f: (f / "metrics.json").unlink(), lambda f: change(f, history=[])])
def test_an_unfinished_folder_is_not_published_and_leaves_the_published_one_alone(trained, tmp_path, spoil):
    for whole in (False, True, False):
        staged = stage(trained.config, tmp_path)
        save(trained.run, trained.data, staged)
        if whole:
            final = publish(staged, tmp_path)
            continue
        spoil(staged)
        before = visible(tmp_path)
        with pytest.raises(RunError):
            publish(staged, tmp_path)
        assert visible(tmp_path) == before
        discard(staged)
    assert list((tmp_path / ".unfinished").iterdir()) == []
    assert read_run(final).history == trained.run.history
    assert not (tmp_path / ".replaced").exists()


def test_a_replaced_run_is_kept(trained, tmp_path):
    for number in range(3):  # more than one within the second
        staged = stage(trained.config, tmp_path)
        save(trained.run, trained.data, staged)
        (staged / "number").write_text(str(number))
        final = publish(staged, tmp_path)
    assert visible(tmp_path) == [final.name]
    assert (final / "number").read_text() == "2"
    kept = sorted((tmp_path / ".replaced").iterdir())
    assert sorted((folder / "number").read_text() for folder in kept) == ["0", "1"]
    for folder in kept:
        assert folder.name.startswith(f"{final.name}.")
        assert read_run(folder, check_name=False).history == trained.run.history


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"schema": 3}, "schema = 3: must be 1 or 2"),
        ({"status": "running"}, "status = running: must be 'complete' or 'diverged'"),
        ({"status": "diverged"}, "diverged in epoch None after 2 of 2"),
        ({"config": None}, "config = null: must be a valid dictionary"),
        ({"environment__processor": 7}, "environment.processor = 7: must be a line of text"),
        ({"model__parameters": 0}, "model.parameters = 0: must be at least 1"),
        ({"history__0__epoch": 2}, "history: its epochs are [2, 2]"),
        ({"history__1": {"epoch": 2}}, "history.1.train_loss: missing"),
        ({"history__1__test_loss": -0.1}, "history.1.test_loss = -0.1: must be at least 0"),
        ({"history__1__test_loss": float("nan")}, "history.1.test_loss = NaN: must be a finite number"),
        ({"history__1__test_accuracy": 99.2}, "history.1.test_accuracy = 99.2: must be at most 1"),
        ({"history": []}, "complete with 0 of 2 epochs"),
        ({"config__epochs": 0}, "config: epochs = 0: must be at least 1"),
        ({"config__colour": "red"}, "config: colour = red: unknown parameter"),
        ({"config__dataset": "auto"}, "a run's name needs a resolved configuration"),
        ({"config__seed": 4}, "its configuration belongs to a folder named gn4_l1-digits-seed4-"),
    ],
)
def test_metrics_that_cannot_be_are_refused(copied, changes, expected):
    change(copied, **changes)
    assert expected in refusal(copied)


def test_a_renamed_folder_is_refused_and_reported_its_name(copied, trained):
    other = copied.rename(copied.with_name("bn-digits-seed1-12345678"))
    assert run_name(trained.config) in refusal(other)
    assert read_run(other, check_name=False).config == trained.config


def test_the_environment_does_without_git(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (runs.environment("cpu")["commit"], runs.environment("cpu")["clean"]) == (None, None)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A repository in the place of this one, with everything committed."""
    for name in ("src/normstudy", "params"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "some.py").write_text("")
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "all"],
    ):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    monkeypatch.setattr("normstudy.runs.versions.project_root", lambda: tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        *[("my/rates.yaml", True), ("my_report/index.html", True), ("params/gn8.yaml", True)],
        *[("src/normstudy/added.py", False), ("src/normstudy/some.py", False), ("params/some.py", False)],
    ],
)
def test_files_of_the_users_own_are_no_uncommitted_changes(checkout, name, clean):
    assert runs.environment("cpu")["clean"] is True
    (checkout / name).parent.mkdir(exist_ok=True)
    (checkout / name).write_text("pass\n")
    assert runs.environment("cpu")["clean"] is clean
