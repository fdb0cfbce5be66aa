"""The images of a run as tensors, with their splits."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from normstudy.data import custom_images, published
from normstudy.data.facts import KNOWN, is_read
from normstudy.data.held_out import held_out


@dataclass(frozen=True)
class Split:
    """Images (n, c, h, w) as bytes, labels (n,) as int64, and index (n,): each image's place in the source."""

    images: Tensor
    labels: Tensor
    index: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: Tensor) -> Split:
        return Split(self.images[rows], self.labels[rows], self.index[rows])

    def to(self, device: torch.device) -> Split:
        """The same with images and labels on `device`."""
        return Split(self.images.to(device), self.labels.to(device), self.index)


@dataclass(frozen=True)
class Data:
    """What a run sees: images to train on, images to evaluate on, and mean and deviation of a training pixel.

    Both are fractions of full brightness, and 0 is the background.
    """

    train: Split
    evaluation: Split
    mean: float
    std: float

    def standardise_(self, images: Tensor) -> Tensor:
        """Brightness in [0, 1] to zero mean and unit variance over the training set, in place."""
        return images.sub_(self.mean).div_(self.std)


def load(dataset: str, evaluate_on: str = "test") -> Data:
    """The splits of `dataset`; `evaluate_on: validation` holds training images out and leaves the test set alone.

    Raises `DataError` when the images are not there and cannot be had.
    """
    if is_read(dataset):
        images, facts = custom_images.stored(dataset)
        train, test = (_split(*part) for part in images[:2])
    else:
        facts = KNOWN[dataset]
        if dataset == "digits":
            train, test = _digits()
        else:
            train, test = (_split(*READERS[dataset](published.ensure(dataset), part)) for part in ("train", "test"))
    if evaluate_on == "validation":
        train, test = _parted(train, facts.validation)
    if is_read(dataset):
        return Data(train, test, *(facts.validation_standard if evaluate_on == "validation" else facts.standard))
    return Data(train, test, *_mean_and_deviation(train.images))


@lru_cache(maxsize=1)
def load_once(dataset: str, evaluate_on: str) -> Data:
    """As `load`, kept for the next call with the same arguments; nobody may change it."""
    return load(dataset, evaluate_on)


def _split(images: np.ndarray, labels: np.ndarray) -> Split:
    return Split(torch.from_numpy(images), torch.from_numpy(labels), torch.arange(len(labels)))


def _parted(split: Split, count: int) -> tuple[Split, Split]:
    """All but `count` images of `split`, and those `count`."""
    second = torch.from_numpy(held_out(split.labels.numpy(), count))
    is_first = torch.ones(len(split), dtype=torch.bool)
    is_first[second] = False
    return split[is_first], split[second]


def _idx(files: Mapping[str, Path], part: str) -> tuple[np.ndarray, np.ndarray]:
    """Of LeCun's files, in IDX format: a header of 4 bytes and 4 for each axis, then the values."""
    names = published.IDX[:2] if part == "train" else published.IDX[2:]
    images, labels = (np.frombuffer(published.unpacked(files[name].read_bytes()), np.uint8) for name in names)
    return images[16:].reshape(-1, 1, 28, 28).copy(), labels[8:].astype(np.int64)


def _cifar10(files: Mapping[str, Path], part: str) -> tuple[np.ndarray, np.ndarray]:
    names = [f"data_batch_{number}.bin" for number in range(1, 6)] if part == "train" else ["test_batch.bin"]
    found = {}
    with tarfile.open(*files.values()) as archive:
        for member in archive:
            if (name := Path(member.name).name) in names and (file := archive.extractfile(member)):
                found[name] = np.frombuffer(file.read(), np.uint8).reshape(-1, 1 + 3 * 32 * 32)
    records = np.concatenate([found[name] for name in names])  # of each image its class, then red, green and blue
    return np.ascontiguousarray(records[:, 1:]).reshape(-1, 3, 32, 32), records[:, 0].astype(np.int64)


def _svhn(files: Mapping[str, Path], part: str) -> tuple[np.ndarray, np.ndarray]:
    from scipy.io import loadmat

    held = loadmat(io.BytesIO(files[f"{part}_32x32.mat"].read_bytes()), variable_names=["X", "y"])
    images = np.ascontiguousarray(held["X"].transpose(3, 2, 0, 1))
    return images, held["y"].ravel().astype(np.int64) % 10  # the files call 0 class 10


READERS = {"mnist": _idx, "fashion_mnist": _idx, "kmnist": _idx, "cifar10": _cifar10, "svhn": _svhn}
"""By data set, what gives images (n, c, h, w) as bytes and labels (n,) of the part `train` or `test` of its files."""


def _digits() -> tuple[Split, Split]:
    """scikit-learn's UCI digits: 1,797 images of 8x8 with 17 grey levels, enlarged; half train, half test."""
    from sklearn.datasets import load_digits

    source = load_digits()
    small = torch.from_numpy(source.images).float().unsqueeze(1) / 16
    large = F.interpolate(small, size=KNOWN["digits"].shape[1:], mode="bilinear", align_corners=False)
    labels = torch.from_numpy(source.target).long()
    everything = Split(large.mul(255).round().to(torch.uint8), labels, torch.arange(len(labels)))
    return _parted(everything, KNOWN["digits"].test)


def _mean_and_deviation(images: Tensor) -> tuple[float, float]:
    """Of a pixel of `images` (bytes), as fractions of full brightness; counted, because as floats they fill memory."""
    counts = sum(torch.bincount(part.flatten(), minlength=256) for part in images.split(5_000)).double()
    values = torch.arange(256, dtype=torch.float64) / 255
    mean = (counts @ values) / counts.sum()
    variance = (counts @ (values - mean).square()) / (counts.sum() - 1)
    return mean.item(), variance.sqrt().item()
