"""Find the four files of an MNIST-like data set, or fetch them.

They come from, in this order: `data/` of the checkout; what the environment variable
`NORMSTUDY_DATA` names, a local folder (with the four `.gz` files, or with a sub-folder named after
the data set that holds them) or a mirror address; the mirrors that torchvision knows. Checksums of the
archives are torchvision's. Files appear in `data/` all four or not at all, with the checksums of what
was unpacked beside them (`checksums.json`): a file that is not what was fetched is fetched again.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

from normstudy.errors import NormstudyError
from normstudy.paths import data_folder, replace_folder
from normstudy.transfer import TransferError, fetch, first_to_answer

CLASSES = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST", "kmnist": "KMNIST"}
"""Names of torchvision's data sets; each has a folder of that name."""

FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
VARIABLE = "NORMSTUDY_DATA"
PATIENCE = 15.0
"""Seconds to wait for a network that does not answer, or delivers less than `transfer.SLOWEST`."""

RECORD = "checksums.json"
"""File beside the unpacked ones: of each its size in bytes and its SHA-256, as they were fetched."""


class DataError(NormstudyError):
    """A data set is missing, cannot be fetched, or is damaged."""


class DamagedDataError(DataError):
    """The files of a data set are there, but not as they were fetched, and they cannot be fetched again."""


def torchvision_class(dataset: str) -> type:
    """torchvision's class for `dataset`; imported when asked for, because that takes seconds."""
    import torchvision.datasets

    return getattr(torchvision.datasets, CLASSES[dataset])


def is_present(dataset: str) -> bool:
    """Whether `dataset` is there and its files have the sizes that they had when they were fetched."""
    return not _problem(dataset, thoroughly=False)


def resolve_dataset(requested: str) -> tuple[str, str]:
    """The data set that `requested` stands for, made present, and why: ("digits", "MNIST cannot be …").

    `auto` is MNIST where it is present or can be fetched, else digits; the reason is empty unless a
    fall-back happened. Raises `DataError` when a data set asked for by name cannot be had, or MNIST is
    there and damaged.
    """
    if requested != "auto":
        ensure(requested)
        return requested, ""
    try:
        ensure("mnist")
    except DamagedDataError:
        raise
    except DataError as error:
        return "digits", str(error)
    return "mnist", ""


def ensure(dataset: str, thoroughly: bool = False) -> None:
    """Make `dataset` present; `thoroughly` reads every byte of it, else the sizes of its files have to do.

    Raises `DataError` with one line that says where it was looked for, or what is damaged.
    """
    problem = _problem(dataset, thoroughly)
    if not problem:
        return
    try:
        _fetch_and_publish(dataset)
    except DataError as error:
        if not _raw_folder(dataset, data_folder()).exists():
            raise
        raise DamagedDataError(
            f"{dataset}: {problem}; no fresh copy: {str(error).removeprefix(f'{dataset}: ')}"
        ) from None


def _fetch_and_publish(dataset: str) -> None:
    try:
        data_folder().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=data_folder()) as staging:
            staged, final = _raw_folder(dataset, Path(staging)), _raw_folder(dataset, data_folder())
            staged.mkdir(parents=True)
            _fetch(dataset, staged)
            write_record(staged)
            final.parent.mkdir(parents=True, exist_ok=True)
            try:
                replace_folder(staged, final)
            except OSError:
                if not is_present(dataset):  # else another process was faster: its files are as good
                    raise
    except OSError as error:
        raise DataError(
            f"{dataset}: {error.filename or data_folder()}: {error.strerror or error}; "
            f"make room and make {data_folder()} writable"
        ) from None


def write_record(raw: Path) -> None:
    """Write down what the files in `raw` are, for `ensure` to compare with."""
    record = {path.name: {"bytes": path.stat().st_size, "sha256": _checksum(path)} for path in sorted(raw.iterdir())}
    (raw / RECORD).write_text(json.dumps(record, indent=1) + "\n")


def _problem(dataset: str, thoroughly: bool) -> str:
    """What is wrong with the unpacked files of `dataset`; empty when nothing is."""
    if dataset == "digits":
        return ""
    raw = _raw_folder(dataset, data_folder())
    if not (raw / RECORD).exists():
        return f"{raw} has no {RECORD} to verify its files by"
    try:
        record = json.loads((raw / RECORD).read_text(encoding="utf-8"))
        for path in (raw / Path(name).stem for name in FILES):
            if path.stat().st_size != record[path.name]["bytes"]:
                return f"{path} is damaged ({path.stat().st_size} of {record[path.name]['bytes']} bytes)"
            if thoroughly and _checksum(path) != record[path.name]["sha256"]:
                return f"{path} is damaged (checksum differs)"
    except OSError as error:
        return f"{error.filename or raw} cannot be read ({error.strerror})"
    except (ValueError, KeyError, TypeError):
        return f"{raw / RECORD} is damaged"
    return ""


def _fetch(dataset: str, raw: Path) -> None:
    """Put the four files, verified and unpacked, into the empty folder `raw`."""
    source = os.environ.get(VARIABLE, "")
    if source and "://" not in source:
        _from_folder(dataset, Path(source).expanduser(), raw)
        return
    mirrors = [source.rstrip("/") + "/"] if source else list(torchvision_class(dataset).mirrors)
    reasons = []
    while mirrors:
        try:
            mirror = first_to_answer([mirror + FILES[-1] for mirror in mirrors], PATIENCE).removesuffix(FILES[-1])
        except TransferError as error:
            reasons.append(str(error))
            break
        try:
            _from_mirror(dataset, mirror, raw)
            return
        except TransferError as error:
            reasons.append(f"{mirror}: {error}")
            mirrors.remove(mirror)
    raise DataError(
        f"{dataset}: cannot be fetched ({'; '.join(reasons)}); set {VARIABLE} to a folder with its four .gz files"
    )


def _from_folder(dataset: str, folder: Path, raw: Path) -> None:
    for name, md5 in torchvision_class(dataset).resources:
        candidates = [folder / dataset / name, folder / name]
        found = next((path for path in candidates if path.is_file()), None)
        if found is None:
            raise DataError(f"{dataset}: no file {name} in {folder} ({VARIABLE}); it needs the four .gz files")
        if _checksum(found, "md5") != md5:
            raise DataError(f"{dataset}: {found} is {_what_it_is(found)}; replace it")
        _unpack(found, raw)


def _from_mirror(dataset: str, mirror: str, raw: Path) -> None:
    for name, md5 in torchvision_class(dataset).resources:
        archive = raw / name
        try:
            fetch(mirror + name, archive, PATIENCE)
        except TransferError as error:
            raise TransferError(f"{name}: {error}") from None
        if _checksum(archive, "md5") != md5:
            raise TransferError(f"{name} came as {_what_it_is(archive)}")
        _unpack(archive, raw)
        archive.unlink()


def _unpack(archive: Path, raw: Path) -> None:
    with gzip.open(archive) as packed, open(raw / archive.stem, "wb") as file:
        shutil.copyfileobj(packed, file, 1 << 20)


def _what_it_is(archive: Path) -> str:
    """What a file that is not the archive that it should be seems to be."""
    with open(archive, "rb") as file:
        start = file.read(1000).lstrip()[:1]
    if start == b"<":
        return "a web page, such as networks send whose users have to log in"
    md5 = _checksum(archive, "md5")
    for other in CLASSES:
        if any(md5 == its for _, its in torchvision_class(other).resources):
            return f"a file of another data set, {other}"
    return f"a damaged file, or one of another data set (checksum differs, {archive.stat().st_size:,} bytes)"


def _checksum(path: Path, kind: str = "sha256") -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(kind, usedforsecurity=False)).hexdigest()


def _raw_folder(dataset: str, root: Path) -> Path:
    return root / CLASSES[dataset] / "raw"
