"""MNIST as people have it: under any name, packed or not, in any folder; and what is theirs stays as it is."""

import gzip
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import raw_folder
from disks import Disk

from normstudy.paths import cache_folder
from normstudy.training import data_files, download
from normstudy.training.data import load, read_idx
from normstudy.training.data_files import CLASSES, FILES, NAMES, candidates, checksum
from normstudy.training.download import (
    RECORD,
    DamagedDataError,
    DataError,
    NamedDataError,
    ensure,
    is_present,
    resolve_dataset,
)


@pytest.fixture
def unpacked(archives, tmp_path, monkeypatch) -> Path:
    """A folder with the four tiny files, unpacked, known by their checksums as those of MNIST are."""
    folder = tmp_path / "unpacked"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_bytes(gzip.decompress((archives / f"{name}.gz").read_bytes()))
    monkeypatch.setitem(data_files.UNPACKED, "mnist", {name: checksum(folder / name) for name in NAMES})
    return folder


@pytest.fixture
def fashion(unpacked, monkeypatch):
    """The tiny files are those of Fashion-MNIST, too, whose unpacked files nobody knows by themselves."""
    monkeypatch.setattr("torchvision.datasets.FashionMNIST.resources", data_files.published("mnist").resources)


def contents(folder: Path) -> dict[str, bytes | str]:
    """Everything below `folder`, by its place: what is in files, and where links lead."""
    return {
        str(path.relative_to(folder)): os.readlink(path) if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def images_read(dataset: str = "mnist") -> list[int]:
    """The first pixel of the test images and the test labels, as the training reads them: 2 and 3 in the tiny files."""
    images, labels = (read_idx(download.raw_folder(dataset) / name) for name in NAMES[2:])
    return [int(images[0, 0, 0]), int(labels[0])]


def assert_had(dataset: str = "mnist") -> None:
    assert resolve_dataset("auto" if dataset == "mnist" else dataset) == (dataset, "")
    ensure(dataset, thoroughly=True)
    assert is_present(dataset)
    assert images_read(dataset) == [2, 3]


def refusal(dataset: str = "mnist", kind: type = NamedDataError) -> str:
    """The line with which a data set that may be replaced by no other is refused."""
    with pytest.raises(kind) as caught:
        resolve_dataset("auto" if dataset == "mnist" else dataset)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{dataset}: ")
    return line


def dotted(folder: Path) -> None:
    for path in list(folder.iterdir()):
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))


def packed_anew(folder: Path) -> None:
    for path in list(folder.iterdir()):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 1, mtime=7))
        path.unlink()


@pytest.mark.fault("MNIST packed, unpacked, under other names, in folders as torchvision or people make them", "used")
@pytest.mark.parametrize("place", ["", "mnist", "MNIST/raw", "MNIST", "raw"])
@pytest.mark.parametrize(
    ("form", "change"),
    [
        ("archives", None),
        ("archives", dotted),
        ("unpacked", None),
        ("unpacked", dotted),
        ("unpacked", packed_anew),
    ],
    ids=["archives", "archives with dots", "unpacked", "unpacked with dots", "packed anew"],
)
@pytest.mark.parametrize("root", ["data", "named"])
def test_files_are_known_by_what_they_hold(
    unpacked, archives, data_folder, tmp_path, monkeypatch, root, form, change, place
):
    folder = tmp_path / root / place
    shutil.copytree({"archives": archives, "unpacked": unpacked}[form], folder)
    if change:
        change(folder)
    (folder / "notes.txt").write_text("mine")
    if root == "named":
        monkeypatch.setenv("NORMSTUDY_DATA", str(tmp_path / root))
    else:
        monkeypatch.setattr("torchvision.datasets.MNIST.mirrors", [])
    before = contents(tmp_path / root)
    assert_had()
    after = contents(tmp_path / root)
    assert {key: after[key] for key in before} == before
    if root == "named":
        assert after == before


@pytest.mark.parametrize("ending", ["", "/", "/MNIST", "/MNIST/raw"])
@pytest.mark.parametrize(
    "written", ["{folder}", "file://{quoted}", "file://localhost{quoted}", " {folder} ", "~/{name}"]
)
def test_a_folder_may_be_named_in_many_ways(archives, data_folder, tmp_path, monkeypatch, written, ending):
    folder = tmp_path / "my dätä 50% #1"
    shutil.copytree(archives, folder / "MNIST/raw")
    monkeypatch.setenv("HOME", str(tmp_path))
    quoted = f"{tmp_path}/my%20d%C3%A4t%C3%A4%2050%25%20%231{ending}"
    named = written.format(folder=f"{folder}{ending}", name=f"{folder.name}{ending}", quoted=quoted)
    monkeypatch.setenv("NORMSTUDY_DATA", named)
    assert_had()


def test_a_relative_folder_is_that_of_here_or_of_the_checkout(archives, data_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("NORMSTUDY_DATA", archives.name)
    monkeypatch.chdir(tmp_path)
    assert_had()
    shutil.rmtree(data_folder)
    monkeypatch.chdir("/")
    monkeypatch.setattr("normstudy.training.download.project_root", lambda: tmp_path)
    assert_had()


@pytest.mark.fault(
    "NORMSTUDY_DATA names a folder that is not there, a file, one without the files, or with damaged ones",
    "refused in one line; no digits in the place of MNIST",
)
@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("nowhere", "nowhere: No such file or directory; name a folder"),
        ("file", "file: Not a directory; name a folder"),
        ("~nobody-of-this-name/mnist", "name a folder"),
        ("s3://bucket/mnist", "s3://bucket/mnist: No such file or directory; name a folder"),
        ("empty", "no file train-images-idx3-ubyte.gz in {where}/empty, nor unpacked; it needs all four"),
        ("partial", "no file t10k-labels-idx1-ubyte.gz in {where}/partial, nor unpacked"),
        ("damaged", "{where}/damaged/t10k-labels-idx1-ubyte.gz is a damaged file"),
        ("other", "{where}/other/train-images-idx3-ubyte is a damaged file, or one of another data set"),
    ],
)
def test_a_named_folder_without_the_files_is_refused(archives, data_folder, tmp_path, monkeypatch, named, told):
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    shutil.copytree(archives, tmp_path / "partial")
    (tmp_path / "partial" / FILES[-1]).unlink()
    shutil.copytree(archives, tmp_path / "damaged")
    (tmp_path / "damaged" / FILES[-1]).write_bytes(b"\x1f\x8bdamaged")
    (tmp_path / "other").mkdir()
    for name in NAMES:
        (tmp_path / "other" / name).write_bytes(b"something else")
    is_path = "/" not in named
    monkeypatch.setenv("NORMSTUDY_DATA", str(tmp_path / named) if is_path else named)
    line = refusal()
    assert told.format(where=tmp_path) in line
    assert "NORMSTUDY_DATA" in line
    assert not data_folder.exists() or list(data_folder.iterdir()) == []


def test_none_means_digits_and_no_fetching(archives, data_folder, monkeypatch):
    monkeypatch.setenv("NORMSTUDY_DATA", "none")
    assert resolve_dataset("auto") == ("digits", "NORMSTUDY_DATA=none asks for no MNIST")
    with pytest.raises(DataError, match=r"^mnist: NORMSTUDY_DATA=none, so that nothing is fetched$"):
        resolve_dataset("mnist")
    shutil.copytree(archives, data_folder, dirs_exist_ok=True)
    assert resolve_dataset("mnist") == ("mnist", "")
    assert resolve_dataset("auto")[0] == "digits"


@pytest.mark.fault("unpacked files that have no known checksums, without their archives", "refused: the .gz are needed")
def test_what_cannot_be_verified_is_refused(unpacked, fashion, data_folder, tmp_path, monkeypatch):
    shutil.copytree(unpacked, tmp_path / "named/FashionMNIST/raw")
    monkeypatch.setenv("NORMSTUDY_DATA", str(tmp_path / "named"))
    monkeypatch.setitem(data_files.UNPACKED, "mnist", {})
    assert "unpacked, so that it cannot be verified: its .gz file is needed; " in refusal("fashion_mnist")
    shutil.copytree(unpacked, raw_folder(data_folder, "fashion_mnist"))
    monkeypatch.setenv("NORMSTUDY_DATA", "none")
    line = refusal("fashion_mnist", DamagedDataError)
    assert f"no {RECORD} to verify {NAMES[0]} by, nor {NAMES[0]}.gz; no fresh copy: " in line


def test_unpacked_files_are_verified_by_the_archives_beside_them(archives, unpacked, fashion, data_folder, monkeypatch):
    raw = raw_folder(data_folder, "fashion_mnist")
    shutil.copytree(archives, raw)
    shutil.copytree(unpacked, raw, dirs_exist_ok=True)
    before = contents(data_folder)
    monkeypatch.setenv("NORMSTUDY_DATA", "none")
    assert_had("fashion_mnist")
    assert contents(data_folder) == before


@pytest.mark.fault("somebody's own files in data/, right, damaged or others", "stay byte by byte; told if in the way")
def test_fetching_leaves_everything_else_in_data(archives, unpacked, data_folder, monkeypatch):
    raw = raw_folder(data_folder, "mnist")
    raw.mkdir(parents=True)
    shutil.copyfile(archives / FILES[0], raw / FILES[0])
    shutil.copyfile(unpacked / NAMES[1], raw / NAMES[1])
    (raw / FILES[2]).write_bytes(b"an archive that broke off")
    (raw / "notes.txt").write_text("mine")
    (raw / "._notes.txt").write_text("macOS's")
    (raw / ".#notes.txt").symlink_to("nowhere")
    (data_folder / ".fetching-mine").mkdir()
    (data_folder / ".fetching-mine/file").write_text("mine")
    before = contents(data_folder)
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives))
    assert_had()
    after = contents(data_folder)
    assert {key: after.pop(key) for key in before} == before
    assert {Path(key).name for key in after} == {RECORD, NAMES[0], NAMES[2], NAMES[3]}
    # What was there before is nothing that we may replace, whatever becomes of it; what we fetched is.
    (raw / NAMES[0]).write_bytes(b"damaged")
    assert_had()
    (raw / NAMES[1]).write_bytes(b"changed by its owner")
    line = refusal(kind=DamagedDataError)
    assert f"{raw / NAMES[1]} is not the file of the data set" in line
    assert "move it away" in line
    assert (raw / NAMES[1]).read_bytes() == b"changed by its owner"


@pytest.mark.parametrize("put", [lambda path: path.write_bytes(b"half"), Path.mkdir, lambda path: path.symlink_to("x")])
def test_what_is_in_the_way_is_named_and_stays(archives, data_folder, monkeypatch, put):
    raw = raw_folder(data_folder, "mnist")
    raw.mkdir(parents=True)
    put(raw / NAMES[3])
    before = contents(data_folder)
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives))
    assert f"{raw / NAMES[3]} is not the file of the data set, and nothing that was fetched by this project: " in (
        refusal(kind=DamagedDataError)
    )
    assert contents(data_folder) == before
    (raw / NAMES[3]).rename(raw / "away")
    assert_had()


def test_an_empty_folder_of_torchvisions_is_no_damaged_data(data_folder, monkeypatch):
    raw_folder(data_folder, "mnist").mkdir(parents=True)
    monkeypatch.setattr("torchvision.datasets.MNIST.mirrors", [])
    assert resolve_dataset("auto")[0] == "digits"


@pytest.mark.fault("data/ is shared and read-only, with archives or unpacked files", "used; the rest is in one's cache")
@pytest.mark.parametrize("form", ["archives", "unpacked", "both"])
@pytest.mark.parametrize("dataset", ["mnist", "fashion_mnist"])
def test_a_shared_read_only_root_is_used_where_it_lies(
    archives, unpacked, fashion, disk: Disk, data_folder, tmp_path, monkeypatch, form, dataset
):
    raw = raw_folder(disk.path, dataset)
    for source in {"archives": [archives], "unpacked": [unpacked], "both": [archives, unpacked]}[form]:
        shutil.copytree(source, raw, dirs_exist_ok=True)
    disk.make_read_only()
    data_folder.symlink_to(disk.path)
    for name in CLASSES.values():
        monkeypatch.setattr(f"torchvision.datasets.{name}.mirrors", [])
    if (form, dataset) == ("unpacked", "fashion_mnist"):
        assert "nor train-images-idx3-ubyte.gz" in refusal(dataset, DamagedDataError)
        return
    assert_had(dataset)
    assert any((tmp_path / "cache/normstudy").rglob("*")) == (form == "archives")


def test_a_record_of_ours_is_believed_where_it_may_not_be_written(archives, disk, data_folder, monkeypatch):
    monkeypatch.setattr("normstudy.training.download.data_folder", lambda: disk.path / "data")
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives))
    ensure("mnist")
    disk.make_read_only()
    assert_had()


@pytest.mark.fault("neither data/ nor the cache can be written", "named in one line")
def test_where_neither_data_nor_the_cache_can_be_written_it_is_told(archives, disk, data_folder, monkeypatch):
    (disk.path / "cache/normstudy").mkdir(parents=True)
    disk.make_read_only()
    monkeypatch.setattr("normstudy.training.download.data_folder", lambda: disk.path / "data")
    monkeypatch.setenv("XDG_CACHE_HOME", str(disk.path / "cache"))
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives))
    with pytest.raises(DataError, match=r"^mnist: .*/cache.*: Read-only file system; make room and make .* writable$"):
        ensure("mnist")


def test_what_an_old_torchvision_left_is_not_read(archives, data_folder, monkeypatch):
    processed = data_folder / "MNIST/processed"
    processed.mkdir(parents=True)
    for name in ("training.pt", "test.pt"):
        torch.save((torch.zeros(1, 28, 28), torch.zeros(1)), processed / name)
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives))
    assert_had()


def test_the_unpacked_files_of_mnist_are_known(mnist_archives, data_folder, tmp_path, monkeypatch):
    for name in NAMES:
        (tmp_path / name.replace("-idx", ".idx")).write_bytes(
            gzip.decompress((mnist_archives / f"{name}.gz").read_bytes())
        )
    monkeypatch.setenv("NORMSTUDY_DATA", str(tmp_path))
    data = load("mnist")
    assert (round(data.mean, 4), round(data.std, 4)) == (0.1307, 0.3081)
    assert np.array_equal(data.train.labels[:5], [5, 0, 4, 1, 9])
    assert " is a file of another data set, mnist" in refusal("kmnist")


def test_no_folder_is_taken_for_a_file(tmp_path):
    (tmp_path / NAMES[0] / NAMES[0]).mkdir(parents=True)
    assert candidates(tmp_path, "mnist", NAMES[0]) == []


def test_the_record_says_what_is_not_ours(archives, unpacked, data_folder, monkeypatch):
    raw = raw_folder(data_folder, "mnist")
    raw.mkdir(parents=True)
    shutil.copyfile(unpacked / NAMES[1], raw / NAMES[1])
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives))
    ensure("mnist")
    record = json.loads((raw / RECORD).read_text())
    assert [name for name in NAMES if record[name].get("foreign")] == [NAMES[1]]


@pytest.mark.parametrize("home", ["", "~", "/proc/nobody", "/"])
def test_without_a_home_the_cache_is_among_the_temporary_files(tmp_path, monkeypatch, home):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert cache_folder({"HOME": home}) == tmp_path / f"normstudy-{os.getuid()}"
