"""What a report may draw from: every damage to a run folder is named in one line, or changes nothing that is shown."""

import json
import random
import shutil
from pathlib import Path

import nbformat
import numpy as np
import pytest
from disks import damaged
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


@pytest.mark.fault("run folder with files missing, cut, altered or added", "folder and reason in one line")
@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (shutil.rmtree, ": no metrics.json there"),
        (remove("metrics.json"), ": no metrics.json there"),
        (truncate("metrics.json", 0.5), "/metrics.json: not readable"),
        (half_copied, ": misclassified.npz: not as it was written"),
        *((remove(name), f": {name}: not there") for name in ("predictions.npz", "augmentation.png", "train.ipynb")),
        *((flip(name), f": {name}: not as it was written") for name in ("misclassified.png", "model.safetensors")),
        (remove("SHA256SUMS"), ": no SHA256SUMS there"),
        (truncate("SHA256SUMS", 0), ": SHA256SUMS: no list of sums"),
        (truncate("SHA256SUMS", 0.5), ": SHA256SUMS: no list of sums"),
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


def with_arrays(name: str, change):
    def damage(folder: Path) -> None:
        with np.load(folder / name) as file:
            arrays = change(dict(file))
        np.savez(folder / name, **arrays)

    return damage


@pytest.mark.fault("run folder whose files contradict each other", "folder and reason in one line")
@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (
            with_arrays("predictions.npz", lambda c: {k: v[:-1] for k, v in c.items()}),
            "898 of int32 where 899 of int32",
        ),
        (
            with_arrays("predictions.npz", lambda c: c | {"label": c["predicted"]}),
            "accuracy is not that of metrics.json",
        ),
        (with_arrays("misclassified.npz", lambda c: {k: v[1:] for k, v in c.items()}), "misclassified.npz: images: "),
        (
            with_arrays("misclassified.npz", lambda c: c | {"index": c["index"][::-1] + 1}),
            "index is not that of predict",
        ),
        (remove("misclassified.png"), "misclassified.png: not among its SHA256SUMS"),
    ],
)
def test_files_that_contradict_each_other_are_named_whatever_the_checksums_are(copied, damage, expected):
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
    with_arrays("predictions.npz", lambda columns: {name: each[order] for name, each in columns.items()})(other)
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


def shown(run: FinishedRun) -> dict:
    """Everything that a report takes from a run, bit by bit."""
    arrays = {**run.predictions, **{f"wrong {name}": each for name, each in run.misclassified.items()}}
    files = ("metrics.json", "misclassified.png", "augmentation.png", "train.ipynb", "model.safetensors")
    return {
        **{name: (each.dtype, each.shape, each.tobytes()) for name, each in arrays.items()},
        **{name: (run.folder / name).read_bytes() for name in files},
    }


@pytest.mark.fault(
    "any file of a run folder cut or altered anywhere",
    "refused in one line, or read as it was, byte by byte",
    tried=100,
)
def test_whatever_becomes_of_a_file_the_run_is_refused_or_shown_as_it_was(copied):
    by_chance, whole, refused = random.Random(7), shown(read_run(copied)), 0
    for number in range(100):
        path = by_chance.choice(sorted(copied.iterdir()))
        before = path.read_bytes()
        path.write_bytes(damaged(before, ("cut", "flip", "garble")[number % 3], by_chance))
        try:
            run = read_run(copied)
            verify(run)
        except RunError as error:
            (line,) = str(error).splitlines()
            assert line.startswith(str(copied))
            refused += 1
        else:
            assert shown(run) == whole
        path.write_bytes(before)
    assert refused > 80
