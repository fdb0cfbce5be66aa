"""Splits: their sizes, that they are fixed and stratified, that nothing is in two of them."""

import hashlib

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import raw_folder, write_idx
from sklearn.datasets import load_digits
from torchvision.datasets import mnist

from normstudy.training.data import Data, Split, load, read_idx
from normstudy.training.download import DataError, write_record

SHARES = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 15]) / 60
"""Of each class in the made-up MNIST: far from equal, so that a split that is not stratified shows."""


@pytest.fixture(scope="module")
def made_up_mnist(tmp_path_factory):
    """A data folder with files of MNIST's sizes. Each image's first four bytes say which one it is.

    The test images are damaged: who reads them gets an error.
    """
    folder = tmp_path_factory.mktemp("data")
    raw = raw_folder(folder, "mnist")
    images = np.zeros((60_000, 784), np.uint8)
    images[:, :4] = np.arange(60_000, dtype="<u4").view(np.uint8).reshape(-1, 4)
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(10), (60_000 * SHARES).astype(int)))
    write_idx(raw / "train-images-idx3-ubyte", (60_000, 28, 28), images)
    write_idx(raw / "train-labels-idx1-ubyte", (60_000,), labels)
    write_idx(raw / "t10k-images-idx3-ubyte", (7, 28, 28))
    write_idx(raw / "t10k-labels-idx1-ubyte", (7,))
    write_record(raw)
    return folder


@pytest.fixture(scope="module")
def validation(made_up_mnist) -> Data:
    with pytest.MonkeyPatch.context() as patch:
        for module in ("download", "data"):
            patch.setattr(f"normstudy.training.{module}.data_folder", lambda: made_up_mnist)
        return load("mnist", "validation")


def number_in(split: Split) -> torch.Tensor:
    """Which image each one is, by its first bytes."""
    digits = split.images.view(len(split), -1)[:, :4].long()
    return digits @ torch.tensor([1, 256, 256**2, 256**3])


def test_validation_holds_out_5000_stratified_images(validation):
    assert (len(validation.train), len(validation.evaluation)) == (55_000, 5_000)
    counts = validation.evaluation.labels.bincount(minlength=10)
    assert (counts - torch.from_numpy(5_000 * SHARES)).abs().max() <= 1


def test_validation_and_training_share_no_image_and_miss_none(validation):
    both = torch.cat([validation.train.index, validation.evaluation.index])
    assert torch.equal(both.sort().values, torch.arange(60_000))


def test_images_keep_their_place_and_their_label(validation, made_up_mnist):
    labels = np.fromfile(raw_folder(made_up_mnist, "mnist") / "train-labels-idx1-ubyte", np.uint8)[8:]
    for split in (validation.train, validation.evaluation):
        assert split.images.shape == (len(split), 1, 28, 28)
        assert split.images.dtype == torch.uint8
        assert torch.equal(number_in(split), split.index)
        assert torch.equal(split.labels, torch.from_numpy(labels).long()[split.index])


def test_the_test_set_is_not_touched_by_validation(validation, made_up_mnist, monkeypatch):
    # `validation` was loaded although the test images are damaged, which is told when they are asked for:
    for module in ("download", "data"):
        monkeypatch.setattr(f"normstudy.training.{module}.data_folder", lambda: made_up_mnist)
    with pytest.raises(DataError, match=r"mnist: \(7, 28, 28\) where \(10000, 28, 28\) was expected") as caught:
        load("mnist", "test")
    assert str(made_up_mnist) in str(caught.value)


def test_the_validation_split_of_mnist_is_fixed(mnist_archives, data_folder, monkeypatch):
    monkeypatch.setenv("NORMSTUDY_DATA", str(mnist_archives))
    data = load("mnist", "validation")
    assert digest(data.evaluation.index) == "63ecb24004ac"
    shares = data.evaluation.labels.bincount() / 5_000 - data.train.labels.bincount() / 55_000
    assert shares.abs().max() < 2e-4


def digest(index: torch.Tensor) -> str:
    """A short hash of which images these are: hyperparameters were chosen on just these."""
    return hashlib.sha256(index.numpy().astype("<i8").tobytes()).hexdigest()[:12]


@pytest.mark.parametrize("content", [b"", b"\0\0\x08\x03\0\0", b"\0\0\x08\x01\0\0\xea\x60" + bytes(99)])
def test_a_damaged_file_is_reported_with_the_remedy(data_folder, content):
    raw = raw_folder(data_folder, "mnist")
    for name, size in (("train", 60_000), ("t10k", 10_000)):
        write_idx(raw / f"{name}-images-idx3-ubyte", (size, 28, 28))
        write_idx(raw / f"{name}-labels-idx1-ubyte", (size,))
    (raw / "train-labels-idx1-ubyte").write_bytes(content)
    write_record(raw)
    with pytest.raises(DataError, match="mnist: cannot be read") as caught:
        load("mnist")
    assert f"delete {data_folder}" in str(caught.value)


def test_files_are_read_as_torchvision_reads_them(made_up_mnist):
    folder = raw_folder(made_up_mnist, "mnist")
    for name, read in (("images-idx3", mnist.read_image_file), ("labels-idx1", mnist.read_label_file)):
        path = folder / f"train-{name}-ubyte"
        assert torch.equal(read_idx(path).to(read(path).dtype), read(path))


def test_digits_are_halved():
    data = load("digits")
    assert (len(data.train), len(data.evaluation)) == (898, 899)
    both = torch.cat([data.train.index, data.evaluation.index])
    assert torch.equal(both.sort().values, torch.arange(1797))
    assert (data.train.labels.bincount() - data.evaluation.labels.bincount()).abs().max() <= 1


def test_digits_splits_are_fixed():
    assert digest(load("digits").evaluation.index) == "0e2e9114ac11"
    assert digest(load("digits", "validation").evaluation.index) == "44feecf5e863"


def test_digits_validation_comes_from_the_training_half():
    full, data = load("digits"), load("digits", "validation")
    assert (len(data.train), len(data.evaluation)) == (718, 180)
    both = torch.cat([data.train.index, data.evaluation.index])
    assert torch.equal(both.sort().values, full.train.index)
    counts = data.evaluation.labels.bincount() / 180 - full.train.labels.bincount() / 898
    assert counts.abs().max() < 1 / 180


def test_digits_are_scikit_learns_enlarged():
    source = load_digits()
    small = torch.from_numpy(source.images).float() / 16
    for split in (load("digits").train, load("digits").evaluation):
        assert split.images.shape == (len(split), 1, 28, 28)
        assert split.images.dtype == torch.uint8
        assert torch.equal(split.labels, torch.from_numpy(source.target).long()[split.index])
        back = F.interpolate(split.images.float() / 255, size=(8, 8), mode="bilinear")[:, 0]
        assert (back - small[split.index]).abs().mean() < 0.06
        assert (back - small[split.index.roll(1)]).abs().mean() > 0.2
        assert split.images[..., 0, 0].eq(0).float().mean() > 0.9  # background is 0


def test_pixels_are_standardised_by_the_training_images():
    for data in (load("digits"), load("digits", "validation")):
        pixels = data.standardise_(data.train.images.double() / 255)
        assert pixels.mean().item() == pytest.approx(0, abs=1e-9)
        assert pixels.std().item() == pytest.approx(1, abs=1e-9)
    assert load("digits").mean != load("digits", "validation").mean  # held-out images have no part in it


def test_a_part_of_a_split_keeps_rows_together():
    train = load("digits").train
    rows = torch.tensor([5, 2, 9])
    part = train[rows]
    assert len(part) == 3
    for mine, all_rows in zip(vars(part).values(), vars(train).values(), strict=True):
        assert torch.equal(mine, all_rows[rows])
