"""CIFAR-10 and SVHN, of a few made images in the formats of theirs: nothing can be fetched where tests run."""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import tarfile
import threading
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from normstudy.config import KNOWN, Config, resolve, run_name
from normstudy.training import colour_files, colour_sets, images
from normstudy.training.at_hand import ensure, is_present
from normstudy.training.colour_files import ColourFiles
from normstudy.training.download import DataError
from normstudy.training.images import load

TRAINING, TEST = 50, 20


def cifar10(folder: Path, pixels: dict[str, np.ndarray], labels: dict[str, np.ndarray]) -> None:
    """The binary version's archive: five files of a fifth of the training images, and one of the test images."""
    with tarfile.open(folder / "cifar-10-binary.tar.gz", "w:gz") as archive:
        parts = [*np.split(np.arange(TRAINING), 5), np.arange(TEST)]
        for number, places in enumerate(parts, start=1):
            split = "train" if number < 6 else "test"
            flat = pixels[split][places].reshape(len(places), -1)
            content = np.concatenate([labels[split][places, None], flat], axis=1).astype(np.uint8).tobytes()
            name = f"data_batch_{number}.bin" if number < 6 else "test_batch.bin"
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def svhn(folder: Path, pixels: dict[str, np.ndarray], labels: dict[str, np.ndarray]) -> None:
    """The MATLAB files, in which 0 is class 10."""
    for split in ("train", "test"):
        held = {"X": pixels[split].transpose(2, 3, 1, 0), "y": np.where(labels[split] == 0, 10, labels[split])[:, None]}
        savemat(folder / f"{split}_32x32.mat", held)


@pytest.fixture(params=["cifar10", "svhn"])
def published(request, tmp_path, monkeypatch, data_folder):
    """A data set of few images: its name, a folder with its files, and what they hold."""
    dataset, folder = request.param, tmp_path / "published"
    folder.mkdir()
    chance = np.random.default_rng(0)
    sizes = {"train": TRAINING, "test": TEST}
    pixels = {split: chance.integers(0, 256, (n, 3, 32, 32), dtype=np.uint8) for split, n in sizes.items()}
    labels = {split: np.arange(n, dtype=np.uint8) % 10 for split, n in sizes.items()}
    (cifar10 if dataset == "cifar10" else svhn)(folder, pixels, labels)
    known = colour_files.FILES[dataset]
    sums = {name: hashlib.md5((folder / name).read_bytes()).hexdigest() for name in known.sums}
    small = KNOWN[dataset].model_copy(update={"training": TRAINING, "test": TEST, "validation": 10})
    monkeypatch.setitem(colour_files.FILES, dataset, ColourFiles(known.folder, "http://127.0.0.1:9/", sums))
    monkeypatch.setitem(images.KNOWN, dataset, small)
    return dataset, folder, pixels, labels


def test_files_in_a_folder_are_read_as_they_are(published, monkeypatch):
    dataset, folder, pixels, labels = published
    assert not is_present(dataset)
    monkeypatch.setenv("NORMSTUDY_DATA", str(folder))
    assert is_present(dataset)
    data = load(dataset)
    for split, found in (("train", data.train), ("test", data.evaluation)):
        assert np.array_equal(found.images.numpy(), pixels[split])
        assert found.labels.tolist() == labels[split].tolist()
    held = load(dataset, "validation")
    assert (len(held.train), len(held.evaluation)) == (TRAINING - 10, 10)
    assert sorted(held.evaluation.labels.tolist()) == list(range(10))


def test_they_are_fetched_from_a_mirror_verified_and_kept(published, monkeypatch, data_folder):
    dataset, folder, pixels, _ = published
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("NORMSTUDY_DATA", f"http://127.0.0.1:{server.server_port}")
        ensure(dataset)
        server.shutdown()
    monkeypatch.setenv("NORMSTUDY_DATA", "none")
    assert is_present(dataset)
    assert np.array_equal(load(dataset).train.images.numpy(), pixels["train"])
    place = data_folder / colour_files.FILES[dataset].folder
    assert {path.name for path in place.iterdir()} == set(colour_files.FILES[dataset].sums)


def test_what_is_damaged_missing_or_refused_is_told_in_a_line(published, monkeypatch, data_folder):
    dataset, folder, *_ = published
    name = list(colour_files.FILES[dataset].sums)[-1]
    content = bytearray((folder / name).read_bytes())
    content[100] ^= 1
    (folder / name).write_bytes(content)
    lines = []
    for value in (str(folder), "none", "http://127.0.0.1:9/"):
        monkeypatch.setenv("NORMSTUDY_DATA", value)
        with pytest.raises(DataError) as refused:
            ensure(dataset)
        lines.append(str(refused.value))
    assert all(line.startswith(f"{dataset}: ") and "\n" not in line for line in lines)
    assert "lacks" in lines[0]
    assert "so that nothing is fetched" in lines[1]
    assert f"put {' and '.join(colour_files.FILES[dataset].sums)} into {data_folder}" in lines[2]


def test_a_damaged_file_from_a_mirror_is_not_kept(published, monkeypatch, data_folder):
    dataset, *_ = published
    monkeypatch.setattr(colour_sets, "fetch", lambda address, path, *_: path.write_bytes(b"<html>log in</html>"))
    monkeypatch.setenv("NORMSTUDY_DATA", "http://127.0.0.1:9/")
    with pytest.raises(DataError, match="came damaged, or as another file"):
        ensure(dataset)
    assert not [path for path in data_folder.rglob("*") if path.is_file()]


def test_the_sums_are_those_that_torchvision_knows():
    from torchvision.datasets import SVHN

    known = {name: sum_ for _, name, sum_ in (SVHN.split_list[split] for split in ("train", "test"))}
    assert colour_files.FILES["svhn"].sums == known


def test_their_runs_have_colours_and_are_called_by_them():
    config = resolve(Config(dataset="cifar10", device="cpu", precision="fp32"), "mnist")
    assert run_name(config).startswith("bn-cifar10-seed0-")
    assert config.images is None
