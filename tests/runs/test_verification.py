"""What a report may draw from: every damage to a run folder is named in one line, or changes nothing that is shown."""

import json
import shutil
import tempfile
from pathlib import Path

import nbformat
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_notebook

from normstudy.config import Config, run_name
from normstudy.runs import manifest
from normstudy.runs.folder import REMEDY, FinishedRun, RunError, is_current, read_run
from normstudy.runs.studies import MAIN, verified_study, write_studies
from normstudy.runs.verification import verify


@pytest.fixture
def copied(whole, tmp_path) -> Path:
    """A copy of `whole`, to be spoilt, as the only run of a study."""
    write_studies(tmp_path, {MAIN: [whole.name]})
    return shutil.copytree(whole, tmp_path / whole.name)


def refusal(folder: Path) -> str:
    """What is said of the run `folder` of a study that may not be shown, between the folder and the remedy."""
    with pytest.raises(RunError) as caught:
        verified_study(folder.parent)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(str(folder))
    assert line.endswith(f"; {REMEDY}")
    return line[len(str(folder)) : -len(REMEDY) - 2]


# Damage in place, which the checksums or the reading tell.


def truncate(name: str, keep: float):
    def damage(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: int(keep * len(content))])

    return damage


def flip(name: str):
    def damage(folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        content[len(content) // 2] ^= 1
        (folder / name).write_bytes(content)

    return damage


def remove(*names: str):
    return lambda folder: [(folder / name).unlink() for name in names]


def half_copied(folder: Path) -> None:
    """As a copy leaves it that was broken off: some files whole, one cut, the others not there."""
    names = sorted(path.name for path in folder.iterdir())
    truncate(names[len(names) // 2], 0.5)(folder)
    remove(*names[len(names) // 2 + 1 :])(folder)


def a_folder_instead(folder: Path) -> None:
    (folder / "predictions.npz").unlink()
    (folder / "predictions.npz").mkdir()


@pytest.mark.fault("run folder with files missing, cut, altered or added", "folder and reason in one line")
@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (shutil.rmtree, ": no metrics.json there"),
        (remove("metrics.json"), ": no metrics.json there"),
        (truncate("metrics.json", 0.5), "/metrics.json: not readable"),
        (half_copied, ": misclassified.npz: not as it was written"),
        (remove("predictions.npz"), ": predictions.npz: not there"),
        (remove("misclassified.npz"), ": misclassified.npz: not there"),
        (remove("misclassified.png"), ": misclassified.png: not there"),
        (remove("augmentation.png"), ": augmentation.png: not there"),
        (remove("model.safetensors"), ": model.safetensors: not there"),
        (remove("train.ipynb"), ": train.ipynb: not there"),
        (remove("SHA256SUMS"), ": no SHA256SUMS there"),
        (truncate("SHA256SUMS", 0), ": SHA256SUMS: no list of sums"),
        (truncate("SHA256SUMS", 0.5), ": SHA256SUMS: no list of sums"),
        (truncate("predictions.npz", 0.9), ": predictions.npz: not as it was written"),
        (flip("predictions.npz"), ": predictions.npz: not as it was written"),
        (flip("misclassified.npz"), ": misclassified.npz: not as it was written"),
        (flip("misclassified.png"), ": misclassified.png: not as it was written"),
        (truncate("augmentation.png", 0), ": augmentation.png: not as it was written"),
        (flip("model.safetensors"), ": model.safetensors: not as it was written"),
        (flip("train.ipynb"), ": train.ipynb: not as it was written"),
        (
            lambda f: (f / "predictions.npz").unlink() or (f / "predictions.npz").mkdir(),
            "predictions.npz: not readable",
        ),
    ],
)
def test_a_damaged_folder_is_named_in_one_line(copied, damage, expected):
    assert [run.name for run in verified_study(copied.parent)] == [copied.name]
    damage(copied)
    assert expected in refusal(copied)


# Damage with checksums that fit it, which only the contents tell.


def with_metrics(change):
    def damage(folder: Path) -> None:
        metrics = json.loads((folder / "metrics.json").read_text())
        change(metrics)
        (folder / "metrics.json").write_text(json.dumps(metrics))

    return damage


def with_arrays(name: str, change):
    def damage(folder: Path) -> None:
        with np.load(folder / name) as file:
            columns = dict(file)
        changed = change(columns)
        np.savez(folder / name, **(columns if changed is None else changed))

    return damage


def put(name: str, row, value):
    """Change one value of a column in place."""
    return lambda columns: columns[name].__setitem__(row, value)


def swap(columns: dict) -> None:
    """Exchange the losses of two images: their mean stays as it was."""
    columns["loss"][[0, 1]] = columns["loss"][[1, 0]]


PREDICTIONS, MISCLASSIFIED = "predictions.npz", "misclassified.npz"


@pytest.mark.fault("run folder whose files contradict themselves or each other", "folder and reason in one line")
@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (with_metrics(lambda m: m.update(schema=True)), "schema True where 1 is understood"),
        (with_metrics(lambda m: m["model"].update(parameters=-1)), "model: parameters = -1 is impossible"),
        (with_metrics(lambda m: m["model"].update(parameters=True)), "model: parameters = True is impossible"),
        (with_metrics(lambda m: m["model"].update(parameters=7611)), "7,610 parameters where metrics.json has 7,611"),
        (with_metrics(lambda m: m["history"][0].update(train_loss=True)), "train_loss = True in epoch 1 is impossible"),
        (with_metrics(lambda m: m["history"][0].update(epoch=True)), "entry 1 is not epoch 1"),
        (with_metrics(lambda m: m["history"].pop()), "complete with 1 of 2 epochs"),
        (with_metrics(lambda m: m["history"][1].update(test_loss=1.0)), "mean loss is not that of metrics.json"),
        (with_metrics(lambda m: m["history"][1].update(test_accuracy=0.5)), "accuracy is not that of metrics.json"),
        (with_metrics(lambda m: m["environment"].update(processor=None)), "processor = None is no text"),
        (with_metrics(lambda m: m["environment"].update(clean="yes")), "clean = 'yes' is neither true nor false"),
        (with_metrics(lambda m: m["environment"].update(commit=7)), "commit = 7 is no commit"),
        (with_metrics(lambda m: m.update(status="diverged")), "diverged in epoch None after 2 finished ones"),
        (
            with_metrics(lambda m: m.update(status="diverged", epoch=3, step=1, lr=0.01)),
            "diverged after all 2 epochs",
        ),
        (
            with_metrics(lambda m: m["history"].pop() and m.update(status="diverged", epoch=2, step=10, lr=0.01)),
            "diverged at step 10 where an epoch has 9",
        ),
        (
            with_metrics(lambda m: m["history"].pop() and m.update(status="diverged", epoch=2, step=9, lr=0.9)),
            "diverged at lr = 0.9, which is impossible",
        ),
        (with_arrays(PREDICTIONS, lambda c: {k: v[:-1] for k, v in c.items()}), "shape (898,) where (899,)"),
        (with_arrays(PREDICTIONS, lambda c: c.__delitem__("loss")), "no column 'loss'"),
        (with_arrays(PREDICTIONS, lambda c: c | {"label": c["label"] * 1.0}), "label holds float64 where uint8"),
        (with_arrays(PREDICTIONS, put("label", 5, 10)), "label = 10 is no class"),
        (with_arrays(PREDICTIONS, put("predicted", 5, 255)), "predicted = 255 is no class"),
        (with_arrays(PREDICTIONS, lambda c: c["index"].__setitem__(0, c["index"][1])), "index: an image stands there"),
        (with_arrays(PREDICTIONS, put("index", 0, -1)), "index: an image stands there twice, or is none"),
        (with_arrays(PREDICTIONS, put("loss", 3, np.nan)), "loss: a value is impossible"),
        (with_arrays(PREDICTIONS, put("loss", 3, -1)), "loss: a value is impossible"),
        (with_arrays(PREDICTIONS, put("label_probability", 3, 1.5)), "label_probability: a value is impossible"),
        (with_arrays(PREDICTIONS, put("loss", 3, 50)), "loss and label_probability contradict each other"),
        (with_arrays(PREDICTIONS, put("predicted_probability", 3, 0)), "contradict each other"),
        (with_arrays(PREDICTIONS, swap), "contradict each other"),
        (with_arrays(PREDICTIONS, lambda c: {**c, "loss": np.array([{}] * 899)}), "predictions.npz: not readable"),
        (with_arrays(MISCLASSIFIED, lambda c: {k: v[1:] for k, v in c.items()}), "images has the shape"),
        (with_arrays(MISCLASSIFIED, lambda c: c | {"images": c["images"][:, :27]}), "images has the shape"),
        (with_arrays(MISCLASSIFIED, lambda c: c | {"label": c["label"][::-1]}), "label is not that of predictions.npz"),
        (with_arrays(MISCLASSIFIED, lambda c: c | {"confidence": c["confidence"] / 2}), "confidence is not that of"),
        (lambda f: (f / PREDICTIONS).write_text("nothing"), "predictions.npz: not readable"),
        (truncate("misclassified.png", 0.5), "misclassified.png: no picture"),
        (lambda f: (f / "augmentation.png").write_text("<svg onload='alert(1)'/>"), "augmentation.png: no picture"),
        (truncate("model.safetensors", 0.5), "model.safetensors: not readable"),
        (truncate("train.ipynb", 0.5), "train.ipynb: no notebook"),
        (lambda f: (f / "train.ipynb").write_text("{}"), "train.ipynb: no notebook"),
        (remove("misclassified.png"), "misclassified.png: not among its SHA256SUMS"),
    ],
)
def test_contents_that_cannot_be_are_named_whatever_the_checksums_say(copied, damage, expected):
    damage(copied)
    manifest.write(copied)
    assert expected in refusal(copied)


def test_a_notebook_that_the_checksums_do_not_know_is_not_shown(copied):
    (copied / "train.ipynb").unlink()
    manifest.write(copied)
    verified_study(copied.parent)
    nbformat.write(new_notebook(), copied / "train.ipynb")
    assert "train.ipynb: not among its SHA256SUMS" in refusal(copied)


def test_runs_on_other_images_are_not_compared(copied):
    metrics = json.loads((copied / "metrics.json").read_text())
    metrics["config"]["seed"] = 99
    other = shutil.copytree(copied, copied.parent / run_name(Config(**metrics["config"])))
    (other / "metrics.json").write_text(json.dumps(metrics))
    order = np.r_[1, 0, 2:899]
    with_arrays(PREDICTIONS, lambda columns: {name: each[order] for name, each in columns.items()})(other)
    manifest.write(other)
    write_studies(copied.parent, {MAIN: [copied.name, other.name]})
    assert f"predictions.npz: index is not that of {copied.name}" in refusal(other)


@pytest.mark.parametrize("names", [["../{}"], ["{}", "{}"], ["/{}"], [""], [".."]])
def test_a_study_names_folders_beside_it_and_each_once(copied, names):
    write_studies(copied.parent, {MAIN: [name.format(copied.name) for name in names]})
    with pytest.raises(RunError, match=r"studies\.json: cannot be understood") as caught:
        verified_study(copied.parent)
    assert "\n" not in str(caught.value)


def test_planning_sees_that_files_are_missing(copied):
    assert is_current(copied)
    for name in ("curves.png", "SHA256SUMS"):
        (copied / name).rename(copied / "elsewhere")
        assert not is_current(copied)
        (copied / "elsewhere").rename(copied / name)
    assert is_current(copied)


# Damage at random.


def shown(run: FinishedRun) -> dict:
    """Everything that a report takes from a run, bit by bit."""
    arrays = {**run.predictions, **{f"wrong {name}": each for name, each in run.misclassified.items()}}
    files = ("misclassified.png", "augmentation.png", "train.ipynb", "model.safetensors")
    return {
        "metrics": run.metrics,
        **{name: (each.dtype, each.shape, each.tobytes()) for name, each in arrays.items()},
        **{name: (run.folder / name).read_bytes() for name in files},
    }


@st.composite
def damages(draw, folder: Path):
    """A file of `folder` and what becomes of its bytes."""
    name = draw(st.sampled_from(sorted(path.name for path in folder.iterdir())))
    content = bytearray((folder / name).read_bytes())
    kind = draw(st.sampled_from(["flip", "flip", "truncate", "zero", "append", "remove", "swap"]))
    place = draw(st.integers(0, len(content) - 1))
    if kind == "flip":
        for _ in range(draw(st.integers(1, 4))):
            content[draw(st.integers(0, len(content) - 1))] ^= 1 << draw(st.integers(0, 7))
    elif kind == "truncate":
        content = content[:place]
    elif kind == "zero":
        content[place : place + 512] = bytes(len(content[place : place + 512]))
    elif kind == "append":
        content += draw(st.binary(min_size=1, max_size=40))
    elif kind == "swap":
        content = content[place:] + content[:place]
    return name, None if kind == "remove" else bytes(content)


@pytest.mark.fault(
    "any file of a run folder cut or altered anywhere",
    "refused in one line, or read as it was, byte by byte",
    tried=300,
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(st.data())
def test_whatever_becomes_of_a_file_the_run_is_refused_or_shown_as_it_was(whole, data):
    name, content = data.draw(damages(whole))
    with tempfile.TemporaryDirectory() as place:
        folder = shutil.copytree(whole, Path(place) / whole.name)
        (folder / name).unlink()
        if content is not None:
            (folder / name).write_bytes(content)
        try:
            run = read_run(folder)
            verify(run)
        except RunError as error:
            (line,) = str(error).splitlines()
            assert line.startswith(str(folder))
        else:
            assert shown(run) == shown(read_run(whole))
