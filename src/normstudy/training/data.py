"""Data sets as tensors, with their splits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from normstudy.config import IMAGE_SHAPES, TRAINING_IMAGES, VALIDATION_IMAGES
from normstudy.paths import data_folder
from normstudy.training.data_files import NAMES
from normstudy.training.download import DataError, ensure, raw_folder

SPLIT_SEED = 0
"""Splits are fixed: the same for every run, whatever its seed."""


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

    Raises `DataError` when the files are missing and cannot be fetched, or do not hold what they should.
    """
    if dataset == "digits":
        train, test = _digits()
    else:
        ensure(dataset, thoroughly=True)
        train = _from_files(dataset, train=True)
        test = _from_files(dataset, train=False) if evaluate_on == "test" else None
    if evaluate_on == "validation":
        kept, held_out = _stratified(train.labels, VALIDATION_IMAGES[dataset])
        train, test = train[kept], train[held_out]
    return Data(train, test, *_mean_and_deviation(train.images))


@lru_cache(maxsize=1)
def load_once(dataset: str, evaluate_on: str) -> Data:
    """As `load`, which the next who asks for the same does not wait for again; nobody may change it."""
    return load(dataset, evaluate_on)


def _mean_and_deviation(images: Tensor) -> tuple[float, float]:
    """Of a pixel of `images` (bytes), as fractions of full brightness; counted, because as floats they fill memory."""
    counts = sum(torch.bincount(part.flatten(), minlength=256) for part in images.split(5_000)).double()
    values = torch.arange(256, dtype=torch.float64) / 255
    mean = (counts @ values) / counts.sum()
    variance = (counts @ (values - mean).square()) / (counts.sum() - 1)
    return mean.item(), variance.sqrt().item()


def _from_files(dataset: str, train: bool) -> Split:
    """The images of an MNIST-like data set. torchvision, which could read them, takes seconds to import."""
    folder = raw_folder(dataset)
    try:
        images, labels = (read_idx(folder / name) for name in (NAMES[:2] if train else NAMES[2:]))
    except (OSError, ValueError) as error:
        raise DataError(f"{dataset}: cannot be read ({error}); delete {data_folder()} to fetch it again") from None
    expected = TRAINING_IMAGES[dataset] if train else 10_000
    shape = (expected, *IMAGE_SHAPES[dataset][1:])
    if images.shape != shape or labels.shape != (expected,):
        raise DataError(
            f"{dataset}: {tuple(images.shape)} where {shape} was expected; delete {data_folder()} to fetch it again"
        )
    return Split(images.unsqueeze(1), labels.long(), torch.arange(expected))


def read_idx(path: Path) -> Tensor:
    """The bytes in a file of LeCun's IDX format: a zero, a zero, a type, how many axes, their lengths, the values.

    Raises `ValueError` when it is no such file, or holds anything but bytes.
    """
    content = np.fromfile(path, np.uint8)
    start = 4 + 4 * int(content[3]) if len(content) > 3 else 0
    if content[:3].tolist() != [0, 0, 8] or len(content) < start:
        raise ValueError(f"{path} is no IDX file of bytes")
    return torch.from_numpy(content[start:].reshape(content[4:start].view(">i4").tolist()))


def _digits() -> tuple[Split, Split]:
    """scikit-learn's UCI digits: 1,797 images of 8x8 with 17 grey levels, enlarged; half train, half test."""
    from sklearn.datasets import load_digits

    source = load_digits()
    small = torch.from_numpy(source.images).float().unsqueeze(1) / 16
    images = F.interpolate(small, size=IMAGE_SHAPES["digits"][1:], mode="bilinear", align_corners=False)
    labels = torch.from_numpy(source.target).long()
    everything = Split(images.mul(255).round().to(torch.uint8), labels, torch.arange(len(labels)))
    train, test = _stratified(labels, len(labels) - TRAINING_IMAGES["digits"])
    return everything[train], everything[test]


def _stratified(labels: Tensor, second: int) -> tuple[Tensor, Tensor]:
    """Two sets of positions, sorted, with equal shares of each class; the second has `second` members."""
    from sklearn.model_selection import train_test_split  # takes seconds to import, and MNIST's own split needs none

    parts = train_test_split(np.arange(len(labels)), test_size=second, stratify=labels.numpy(), random_state=SPLIT_SEED)
    return tuple(torch.from_numpy(np.sort(part)) for part in parts)
