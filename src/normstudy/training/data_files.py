"""The four files of an MNIST-like data set, as people have them, known by their checksums and not by their names.

A file may be packed as it is published, packed anew, or unpacked; it may be called `train-images-idx3-ubyte`
or `train-images.idx3-ubyte`; and it may lie in a folder as torchvision makes it (`MNIST/raw`), or as people do.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from pathlib import Path

from normstudy.training.transfer import LARGEST

CLASSES = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST", "kmnist": "KMNIST"}
"""Names of torchvision's data sets; each has a folder of that name."""

FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
NAMES = tuple(name.removesuffix(".gz") for name in FILES)
"""Of the unpacked files."""

UNPACKED = {
    "mnist": {
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    }
}
"""SHA-256 of unpacked files; those of the other data sets are verified by their archives alone."""


class WrongFileError(Exception):
    """Why a file is not the one that it should be: part of a line, after "is"."""


def published(dataset: str) -> type:
    """torchvision's class for `dataset`, which knows mirrors and MD5 sums; its import takes seconds."""
    import torchvision.datasets

    return getattr(torchvision.datasets, CLASSES[dataset])


def candidates(folder: Path, dataset: str, name: str) -> list[Path]:
    """The files in `folder` that may be the file `name`, packed ones first. Raises `OSError`."""
    its = CLASSES[dataset]
    places = [folder / dataset, folder / its / "raw", folder / its, folder / "raw", folder]
    names = [f"{each}{end}" for end in (".gz", "") for each in (name, name.replace("-idx", ".idx"))]
    return [place / each for each in names for place in places if (place / each).is_file()]


def read(path: Path, dataset: str, name: str) -> bytes:
    """What the file `name` of `dataset` holds, unpacked, from `path`. Raises `WrongFileError`, `OSError`."""
    with open(path, "rb") as file:
        content = file.read(LARGEST + 1)
    is_packed = content[:2] == b"\x1f\x8b"
    is_published = is_packed and _digest(content, "md5") == dict(published(dataset).resources)[f"{name}.gz"]
    expected = UNPACKED.get(dataset, {}).get(name)
    unpacked = content
    if is_published or (is_packed and expected):
        try:
            with gzip.open(io.BytesIO(content)) as file:
                unpacked = file.read(LARGEST + 1)
        except (gzip.BadGzipFile, EOFError, zlib.error):
            unpacked = b""
    if is_published or _digest(unpacked) == expected:
        return unpacked
    raise WrongFileError(_what_it_is(content, is_packed or path.suffix == ".gz", expected is not None))


def checksum(path: Path) -> str:
    """SHA-256 of a file. Raises `OSError`."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _what_it_is(content: bytes, is_archive: bool, is_known_unpacked: bool) -> str:
    """What the content of a file that is not the one that it should be seems to be."""
    if content[:1000].lstrip()[:1] == b"<":
        return "a web page, such as networks send whose users have to log in"
    md5, sha256 = _digest(content, "md5"), _digest(content)
    for other in CLASSES:
        sums = {its for _, its in published(other).resources} | {*UNPACKED.get(other, {}).values()}
        if {md5, sha256} & sums:
            return f"a file of another data set, {other}, or another file of this one"
    if not is_archive and not is_known_unpacked:
        return "unpacked, so that it cannot be verified: its .gz file is needed"
    return f"a damaged file, or one of another data set (checksum differs, {len(content):,} bytes)"


def _digest(content: bytes, kind: str = "sha256") -> str:
    return hashlib.new(kind, content, usedforsecurity=False).hexdigest()
