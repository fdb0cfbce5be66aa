"""Splits: their sizes, that they are fixed and stratified, that nothing is in two of them. How files are decoded."""

import hashlib
import io
import tarfile

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import write_idx
from scipy.io import savemat
from sklearn.datasets import load_digits
from torchvision.datasets import mnist

from normstudy.config import Config, resolve, run_name
from normstudy.data.loading import READERS, Data, load


def digest(index: torch.Tensor) -> str:
    """A short hash of which images these are: hyperparameters were chosen on just these."""
    return hashlib.sha256(index.numpy().astype("<i8").tobytes()).hexdigest()[:12]


def pixels(data: Data) -> str:
    content = data.train.images.numpy().tobytes() + data.evaluation.images.numpy().tobytes()
    return hashlib.sha256(content).hexdigest()[:12]


@pytest.fixture
def real_mnist(mnist_archives, data_folder, monkeypatch):
    monkeypatch.setenv("NORMSTUDY_DATA", str(mnist_archives))


def test_mnist_is_what_every_tutorial_has(real_mnist):
    data = load("mnist")
    assert (len(data.train), len(data.evaluation)) == (60_000, 10_000)
    assert (data.mean, data.std) == (0.1306604762738429, 0.3081078071314181)
    assert data.train.labels.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert data.evaluation.labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert pixels(data) == "5b92582eb909"


def test_the_validation_split_of_mnist_is_fixed_and_stratified(real_mnist):
    data, everything = load("mnist", "validation"), load("mnist")
    assert (len(data.train), len(data.evaluation)) == (55_000, 5_000)
    assert digest(data.evaluation.index) == "63ecb24004ac"
    assert pixels(data) == "5a18a48fd253"
    shares = data.evaluation.labels.bincount() / 5_000 - data.train.labels.bincount() / 55_000
    assert shares.abs().max() < 2e-4
    both = torch.cat([data.train.index, data.evaluation.index])
    assert torch.equal(both.sort().values, torch.arange(60_000))
    for split in (data.train, data.evaluation):
        assert torch.equal(split.images, everything.train.images[split.index])
        assert torch.equal(split.labels, everything.train.labels[split.index])


def test_files_are_read_as_torchvision_reads_them(tmp_path):
    chance = np.random.default_rng(0)
    for name, shape in (("t10k-images-idx3-ubyte", (7, 28, 28)), ("t10k-labels-idx1-ubyte", (7,))):
        write_idx(tmp_path / name, shape, chance.integers(0, 10, shape))
    paths = [tmp_path / "t10k-images-idx3-ubyte", tmp_path / "t10k-labels-idx1-ubyte"]
    images, labels = READERS["mnist"]({f"{path.name}.gz": path for path in paths}, "test")
    assert np.array_equal(images[:, 0], mnist.read_image_file(str(paths[0])))
    assert np.array_equal(labels, mnist.read_label_file(str(paths[1])))


def test_cifar10_and_svhn_are_read_from_the_formats_of_their_authors(tmp_path):
    chance = np.random.default_rng(0)
    images = chance.integers(0, 256, (50, 3, 32, 32), dtype=np.uint8)
    labels = np.arange(50, dtype=np.uint8) % 10
    archive, matlab = tmp_path / "cifar-10-binary.tar.gz", tmp_path / "train_32x32.mat"
    with tarfile.open(archive, "w:gz") as file:
        for number in (2, 1, 3, 4, 5):
            rows = slice(10 * (number - 1), 10 * number)
            content = np.concatenate([labels[rows, None], images[rows].reshape(10, -1)], axis=1).tobytes()
            member = tarfile.TarInfo(f"cifar-10-batches-bin/data_batch_{number}.bin")
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    savemat(matlab, {"X": images.transpose(2, 3, 1, 0), "y": np.where(labels == 0, 10, labels)[:, None]})
    for dataset, path in (("cifar10", archive), ("svhn", matlab)):
        found = READERS[dataset]({path.name: path}, "train")
        assert np.array_equal(found[0], images)
        assert np.array_equal(found[1], labels)
    config = resolve(Config(dataset="cifar10", device="cpu", precision="fp32"), "mnist")
    assert run_name(config).startswith("bn-cifar10-seed0-")
    assert config.images is None


def test_digits_are_halved_and_their_validation_comes_from_the_training_half():
    full, data = load("digits"), load("digits", "validation")
    assert [len(each) for each in (full.train, full.evaluation, data.train, data.evaluation)] == [898, 899, 718, 180]
    assert (digest(full.evaluation.index), digest(data.evaluation.index)) == ("0e2e9114ac11", "44feecf5e863")
    assert (pixels(full), pixels(data)) == ("e18138f80e1b", "881d5c75b909")
    both = torch.cat([full.train.index, full.evaluation.index])
    assert torch.equal(both.sort().values, torch.arange(1797))
    both = torch.cat([data.train.index, data.evaluation.index])
    assert torch.equal(both.sort().values, full.train.index)
    assert (full.train.labels.bincount() - full.evaluation.labels.bincount()).abs().max() <= 1
    counts = data.evaluation.labels.bincount() / 180 - full.train.labels.bincount() / 898
    assert counts.abs().max() < 1 / 180


def test_digits_are_scikit_learns_enlarged():
    source, train = load_digits(), load("digits").train
    small = torch.from_numpy(source.images).float() / 16
    assert (train.images.shape[1:], train.images.dtype) == ((1, 28, 28), torch.uint8)
    assert torch.equal(train.labels, torch.from_numpy(source.target).long()[train.index])
    back = F.interpolate(train.images.float() / 255, size=(8, 8), mode="bilinear")[:, 0]
    assert (back - small[train.index]).abs().mean() < 0.06
    assert train.images[..., 0, 0].eq(0).float().mean() > 0.9  # background is 0


@pytest.mark.parametrize("evaluate_on", ["test", "validation"])
def test_pixels_are_standardised_by_the_training_images(evaluate_on):
    data = load("digits", evaluate_on)
    values = data.standardise_(data.train.images.double() / 255)
    assert values.mean().item() == pytest.approx(0, abs=1e-9)
    assert values.std().item() == pytest.approx(1, abs=1e-9)


def test_a_part_of_a_split_keeps_rows_together():
    train = load("digits").train
    rows = torch.tensor([5, 2, 9])
    part = train[rows]
    assert len(part) == 3
    for mine, all_rows in zip(vars(part).values(), vars(train).values(), strict=True):
        assert torch.equal(mine, all_rows[rows])
