"""The data sets that have a name: which files they are, and where they come from.

A file is known by its MD5 sum, packed or unpacked. It is looked for in `data/` (as torchvision arranges it, in a folder
of the data set's name, or directly there) and in the user's cache; else copied from the folder that the environment
variable `NORMSTUDY_DATA` names, or downloaded, from the address in `NORMSTUDY_DATA` if there is one. It appears in
`data/`, or in the cache where that cannot be written, once its sum is right. Other files there are left alone.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import os
import sys
import urllib.request
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from normstudy.data.storage import keep, roots, state_of
from normstudy.errors import DataError
from normstudy.paths import project_root
from normstudy.text import one_line

VARIABLE = "NORMSTUDY_DATA"
NONE = "none"
"""Value of `NORMSTUDY_DATA` with which nothing is downloaded and `auto` is digits."""

PATIENCE = 15.0
"""Seconds to wait for a server that sends nothing."""


PACKED = b"\x1f\x8b"
"""How a file begins that gzip packed."""


class UnreachableError(DataError):
    """No server gave the files of a data set."""


class Published(NamedTuple):
    """Where the files of a data set belong below `data/`, addresses that have them, and MD5 sums of each file.

    The second sum, where there is one, is that of the unpacked file.
    """

    folder: str
    mirrors: tuple[str, ...]
    sums: dict[str, tuple[str, ...]]


IDX = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def _idx(folder: str, mirrors: tuple[str, ...], *sums: tuple[str, ...]) -> Published:
    return Published(f"{folder}/raw", mirrors, dict(zip(IDX, sums, strict=True)))


FILES = {
    "mnist": _idx(
        "MNIST",
        ("https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"),
        ("f68b3c2dcbeaaa9fbdd348bbdeb94873", "6bbc9ace898e44ae57da46a324031adb"),
        ("d53e105ee54ea40749a09fcbcd1e9432", "a25bea736e30d166cdddb491f175f624"),
        ("9fb629c4189551a2d022fa330f9573f3", "2646ac647ad5339dbf082846283269ea"),
        ("ec29112dd5afa0611ce80d1b7f02629c", "27ae3e4e09519cfbb04c329615203637"),
    ),
    "fashion_mnist": _idx(
        "FashionMNIST",
        ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
        ("8d4fb7e6c68d591d4c3dfef9ec88bf0d", "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
        ("25c81989df183df01b3e8a0aad5dffbe", "9018921c3c673c538a1fc5bad174d6f9"),
        ("bef4ecab320f06d8554ea6380940ec79", "8181f5470baa50b63fa0f6fddb340f0a"),
        ("bb300cfdad3c16e7a12a480ee83cd310", "15d484375f8d13e6eb1aabb0c3f46965"),
    ),
    "kmnist": _idx(
        "KMNIST",
        ("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
        ("bdb82020997e1d708af4cf47b453dcf7",),
        ("e144d726b3acfaa3e44228e80efcd344",),
        ("5c965bf0a639b31b8f53240b1b52f4d7",),
        ("7320c461ea6c1c855c0b718fb2a4b134",),
    ),
    # The binary version: to read the Python version is to unpickle it, which runs whatever program is in it.
    "cifar10": Published(
        "CIFAR10",
        ("https://www.cs.toronto.edu/~kriz/",),
        {"cifar-10-binary.tar.gz": ("c32a1d4ab5d03f1284b67883e8d87530",)},
    ),
    "svhn": Published(
        "SVHN",
        ("http://ufldl.stanford.edu/housenumbers/",),
        {
            "train_32x32.mat": ("e26dedcc434d2e4c54c9b2d4a06d8373",),
            "test_32x32.mat": ("eb5a983be6a315427106f1b164d9cef3",),
        },
    ),
}
"""Sums as torchvision has them, of CIFAR-10 as its authors' page has it."""


def is_present(dataset: str) -> bool:
    """Whether all files of `dataset` are there."""
    return all(_find(roots(), dataset, name) for name in FILES[dataset].sums)


def ensure(dataset: str) -> dict[str, Path]:
    """The files of `dataset` by name, verified, copied or downloaded if need be.

    Raises `DataError`, or `UnreachableError` where only the network is to blame.
    """
    found = {}
    for name in FILES[dataset].sums:
        found[name] = _find(roots(), dataset, name) or _obtain(dataset, name)
    return found


def asks_for_none() -> bool:
    """Whether the user wants no downloads."""
    return os.environ.get(VARIABLE, "").strip().lower() == NONE


def _candidates(roots: Sequence[Path], dataset: str, name: str) -> Iterator[Path]:
    """Files in `roots` that by their place and name may be the file `name` of `dataset`, packed or unpacked."""
    folder = Path(FILES[dataset].folder)
    plain = name.removesuffix(".gz")
    names = dict.fromkeys(each.replace("-idx", dot) for each in (name, plain) for dot in ("-idx", ".idx"))
    for root in roots:
        for place in dict.fromkeys((root / folder, root / folder.parent, root / dataset, root / "raw", root)):
            yield from (place / each for each in names if (place / each).is_file())


def _find(roots: Sequence[Path], dataset: str, name: str) -> Path | None:
    """The file `name` of `dataset` in `roots`, verified."""
    for path in _candidates(roots, dataset, name):
        if _is_verified_file(path, FILES[dataset].sums[name], state_of(path)):
            return path
    return None


@lru_cache
def _is_verified_file(path: Path, sums: tuple[str, ...], _state: tuple[int, ...]) -> bool:
    try:
        return _is_verified(path.read_bytes(), sums)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); make it readable") from None


def _is_verified(content: bytes, sums: tuple[str, ...]) -> bool:
    return _md5(content) in sums or (len(sums) > 1 and _md5(unpacked(content)) in sums)


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def unpacked(content: bytes) -> bytes:
    """What `content` holds, where it was packed by gzip; nothing if that is damaged."""
    try:
        return gzip.decompress(content) if content[:2] == PACKED else content
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return b""


def _obtain(dataset: str, name: str) -> Path:
    """Put the file `name` into `data/`, from the folder or address that the user named, or a known address."""
    wrong = next(_candidates(roots(), dataset, name), None)
    there = f"; {wrong} is another file or damaged (checksum differs): replace it" if wrong else ""
    named = os.environ.get(VARIABLE, "").strip()
    if asks_for_none():
        raise DataError(f"{dataset}: {name} not in {roots()[0]}, {VARIABLE}={NONE} forbids to download it{there}")
    if named and not named.lower().startswith(("http://", "https://", "ftp://")):
        return _keep(dataset, name, _copied(dataset, name, named))
    try:
        addresses = (named.rstrip("/") + "/",) if named else FILES[dataset].mirrors
        return _keep(dataset, name, _downloaded(dataset, name, addresses))
    except UnreachableError as error:
        if wrong:  # no other data set in the place of a damaged one
            raise DataError(f"{error}{there}") from None
        raise


def _copied(dataset: str, name: str, named: str) -> bytes:
    folder = Path(os.path.expanduser(named.removeprefix("file://")))
    if not folder.exists():  # the notebook runs in a folder of its own
        folder = project_root() / folder
    if not folder.is_dir():
        raise DataError(f"{VARIABLE}={named}: no such folder; name a folder with {dataset}, a web address, or {NONE}")
    if path := _find([folder], dataset, name):
        return path.read_bytes()
    wrong = next(_candidates([folder], dataset, name), None)
    what = f"{wrong} is another file or damaged (checksum differs)" if wrong else f"no {name} in {folder}"
    needed = ", ".join(FILES[dataset].sums)
    raise DataError(f"{dataset}: {what}; {VARIABLE} has to name a folder with {needed}, as they were published")


def _downloaded(dataset: str, name: str, addresses: Sequence[str]) -> bytes:
    reasons = []
    for address in addresses:
        print(f"Downloading {address}{name}", file=sys.stderr)
        try:
            with urllib.request.urlopen(address + name, timeout=PATIENCE) as response:
                content = response.read()
        except (OSError, ValueError, http.client.HTTPException) as error:
            reasons.append(f"{address}{name}: {one_line(getattr(error, 'reason', '') or error)}")
            continue
        if _is_verified(content, FILES[dataset].sums[name]):
            return content
        reasons.append(f"{address}{name}: the checksum of what came differs (a login page is a common cause)")
    raise UnreachableError(
        f"{dataset}: cannot be downloaded ({'; '.join(reasons)}); "
        f"set {VARIABLE} to a folder with {', '.join(FILES[dataset].sums)}"
    )


def _keep(dataset: str, name: str, content: bytes) -> Path:
    """Put a verified file where it belongs, in the place of no other."""
    place = Path(FILES[dataset].folder, name if content[:2] == PACKED else name.removesuffix(".gz"))
    for root in roots():
        if os.path.lexists(root / place):
            if found := _find([root], dataset, name):  # another process was faster
                return found
            raise DataError(f"{root / place}: another file or damaged (checksum differs); remove it to get a right one")
    return keep(place, content)
