"""CIFAR-10 and SVHN: which files they are, where they are to be had, and how they are read.

Of CIFAR-10 it is the binary version, whose records are bytes and nothing else: to read the Python version, which
torchvision takes, is to unpickle it, and a pickle is a program. Its checksum is that of the authors' page
(cs.toronto.edu/~kriz/cifar.html); those of SVHN's MATLAB files are torchvision's.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

RECORD = 1 + 3 * 32 * 32
"""Bytes of an image of CIFAR-10: its class, then its red, green and blue pixels, row by row."""


@dataclass(frozen=True)
class ColourFiles:
    """The `folder` of a data set below `data/`, the address of its files without their names, and their MD5 sums."""

    folder: str
    address: str
    sums: dict[str, str]


FILES = {
    "cifar10": ColourFiles(
        "CIFAR10",
        "https://www.cs.toronto.edu/~kriz/",
        {"cifar-10-binary.tar.gz": "c32a1d4ab5d03f1284b67883e8d87530"},
    ),
    "svhn": ColourFiles(
        "SVHN",
        "http://ufldl.stanford.edu/housenumbers/",
        {
            "train_32x32.mat": "e26dedcc434d2e4c54c9b2d4a06d8373",
            "test_32x32.mat": "eb5a983be6a315427106f1b164d9cef3",
        },
    ),
}


def is_published(path: Path, sum_: str) -> bool:
    """Whether the file at `path` has the MD5 sum `sum_`. Raises `OSError`."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest() == sum_


def read(dataset: str, folder: Path, train: bool) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 3, 32, 32) as bytes and labels (n,), of files in `folder` that were verified.

    Raises `OSError`, `ValueError` and `KeyError` when they hold something else all the same.
    """
    return _cifar10(folder, train) if dataset == "cifar10" else _svhn(folder, train)


def _cifar10(folder: Path, train: bool) -> tuple[np.ndarray, np.ndarray]:
    names = [f"data_batch_{number}.bin" for number in range(1, 6)] if train else ["test_batch.bin"]
    (archive,) = FILES["cifar10"].sums
    found = {}
    try:
        with tarfile.open(folder / archive) as packed:  # each is read where it lies: nothing is unpacked to the disk
            for member in packed:
                if (name := Path(member.name).name) in names and (file := packed.extractfile(member)):
                    found[name] = np.frombuffer(file.read(), np.uint8).reshape(-1, RECORD)
    except (tarfile.TarError, EOFError) as error:
        raise ValueError(str(error)) from None
    records = np.concatenate([found[name] for name in names])
    return np.ascontiguousarray(records[:, 1:]).reshape(-1, 3, 32, 32), records[:, 0].astype(np.int64)


def _svhn(folder: Path, train: bool) -> tuple[np.ndarray, np.ndarray]:
    from scipy.io import loadmat

    content = (folder / f"{'train' if train else 'test'}_32x32.mat").read_bytes()
    try:
        held = loadmat(io.BytesIO(content), variable_names=["X", "y"])
    except Exception as error:  # scipy has kinds of its own for what is no such file
        raise ValueError(str(error)) from None
    images = np.ascontiguousarray(held["X"].transpose(3, 2, 0, 1))
    return images, held["y"].ravel().astype(np.int64) % 10  # the files call 0 class 10
