"""Find the four files of an MNIST-like data set, or fetch them.

They come from, in this order: `data/` of the checkout; what the environment variable
`NORMSTUDY_DATA` names, a local folder (with the four `.gz` files, or with a sub-folder named after
the data set that holds them) or a mirror address; the mirrors that torchvision knows. Checksums are
torchvision's. Files appear in `data/` all four or not at all.
"""

from __future__ import annotations

import os
import queue
import shutil
import socket
import tempfile
import threading
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from normstudy.errors import NormstudyError
from normstudy.paths import data_folder

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
"""Seconds, in all, to wait for a network that does not answer."""


class DataError(NormstudyError):
    """A data set is missing, cannot be fetched, or is damaged."""


def torchvision_class(dataset: str) -> type:
    """torchvision's class for `dataset`; imported when asked for, because that takes seconds."""
    import torchvision.datasets

    return getattr(torchvision.datasets, CLASSES[dataset])


def is_present(dataset: str) -> bool:
    """Whether `dataset` can be read without fetching anything."""
    if dataset == "digits":
        return True
    raw = _raw_folder(dataset, data_folder())
    return all((raw / Path(name).stem).is_file() for name in FILES)


def resolve_dataset(requested: str) -> tuple[str, str]:
    """The data set that `requested` stands for, made present, and why: ("digits", "MNIST cannot be …").

    `auto` is MNIST where it is present or can be fetched, else digits; the reason is empty unless a
    fall-back happened. Raises `DataError` when a data set asked for by name cannot be had.
    """
    if requested != "auto":
        ensure(requested)
        return requested, ""
    try:
        ensure("mnist")
    except DataError as error:
        return "digits", str(error)
    return "mnist", ""


def ensure(dataset: str) -> None:
    """Make `dataset` present. Raises `DataError` with one line that says where it was looked for."""
    if is_present(dataset):
        return
    try:
        data_folder().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=data_folder()) as staging:
            _fetch(dataset, Path(staging))
            _publish(_raw_folder(dataset, Path(staging)), _raw_folder(dataset, data_folder()))
    except OSError as error:
        raise DataError(f"{dataset}: {error.filename or data_folder()}: {error.strerror or error}") from None


def _fetch(dataset: str, staging: Path) -> None:
    source = os.environ.get(VARIABLE, "")
    if source and "://" not in source:
        _copy_archives(dataset, Path(source).expanduser(), _raw_folder(dataset, staging))
        _unpack(dataset, staging, mirror="")
        return
    mirrors = [source.rstrip("/") + "/"] if source else torchvision_class(dataset).mirrors
    _unpack(dataset, staging, mirror=_first_to_answer(dataset, mirrors))


def _copy_archives(dataset: str, folder: Path, raw: Path) -> None:
    from torchvision.datasets.utils import check_integrity

    raw.mkdir(parents=True)
    for name, md5 in torchvision_class(dataset).resources:
        candidates = [folder / dataset / name, folder / name]
        found = next((path for path in candidates if path.is_file()), None)
        if found is None:
            raise DataError(f"{dataset}: no file {name} in {folder} ({VARIABLE}); it needs the four .gz files")
        if not check_integrity(str(found), md5):
            raise DataError(f"{dataset}: {found} is damaged or of another data set (checksum differs); replace it")
        shutil.copyfile(found, raw / name)


def _unpack(dataset: str, staging: Path, mirror: str) -> None:
    """Let torchvision fetch what is not there yet, verify and unpack."""
    original = torchvision_class(dataset)

    class Source(original):
        mirrors = [mirror]  # noqa: RUF012 - what torchvision's class has, too
        raw_folder = str(_raw_folder(dataset, staging))

    try:
        with _socket_timeout(PATIENCE):
            Source(str(staging), download=True)
    except (RuntimeError, OSError, EOFError, ValueError) as error:
        raise DataError(
            f"{dataset}: cannot be fetched from {mirror or 'the local folder'} ({_one_line(error)})"
        ) from None


def _first_to_answer(dataset: str, mirrors: list[str]) -> str:
    """The first mirror that sends a byte of the smallest file, within `PATIENCE` seconds in all."""
    answers: queue.Queue[tuple[str, str]] = queue.Queue()
    name = FILES[-1]

    def ask(mirror: str) -> None:
        try:
            with urllib.request.urlopen(mirror + name, timeout=PATIENCE) as response:
                answers.put((mirror, "" if response.read(1) else "an empty answer"))
        except Exception as error:  # whatever a network can do to a request
            answers.put((mirror, _one_line(error)))

    # Threads that are not waited for: a name look-up can hang for longer than any timeout of ours.
    for mirror in mirrors:
        threading.Thread(target=ask, args=(mirror,), daemon=True).start()
    reasons = []
    deadline = time.monotonic() + PATIENCE
    while len(reasons) < len(mirrors):
        try:
            mirror, reason = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            reasons.append(f"no answer within {PATIENCE:.0f} seconds")
            break
        if not reason:
            return mirror
        reasons.append(f"{mirror}: {reason}")
    raise DataError(
        f"{dataset}: cannot be fetched ({'; '.join(reasons)}); set {VARIABLE} to a folder with its four files"
    )


@contextmanager
def _socket_timeout(seconds: float):
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _publish(staged: Path, final: Path) -> None:
    for archive in staged.glob("*.gz"):
        archive.unlink()
    final.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(final, ignore_errors=True)  # an incomplete copy, or is_present would have said so
    try:
        os.replace(staged, final)
    except OSError:
        if not any(final.iterdir()):  # else another process was faster: its files are as good
            raise


def _raw_folder(dataset: str, root: Path) -> Path:
    return root / CLASSES[dataset] / "raw"


def _one_line(error: Exception) -> str:
    return " ".join(str(getattr(error, "reason", error)).split()) or type(error).__name__
