"""Find the four files of an MNIST-like data set, or fetch them.

They come from, in this order: `data/` of the checkout; what the environment variable
`NORMSTUDY_DATA` names, a local folder (see `data_files`) or a mirror address; the mirrors that
torchvision knows. Every byte is verified (see `data_files`).

What is fetched appears in `data/`, or where that cannot be written, in the user's cache: all four files or
none, with their checksums beside them (`checksums.json`), and a file of ours that is not what was fetched is
fetched again. Files that somebody else put there are used as they lie, and never replaced or removed.
"""

from __future__ import annotations

import errno
import json
import os
import re
import tempfile
from pathlib import Path
from urllib.parse import unquote

from normstudy.errors import NormstudyError
from normstudy.paths import cache_folder, data_folder, project_root
from normstudy.training.data_files import (
    CLASSES,
    FILES,
    NAMES,
    UNPACKED,
    WrongFileError,
    candidates,
    checksum,
    published,
    read,
)
from normstudy.training.transfer import TransferError, fetch, first_to_answer

VARIABLE = "NORMSTUDY_DATA"
NONE = "none"
"""What `NORMSTUDY_DATA` says if nothing shall be fetched and `auto` shall be digits."""

MIRRORS = ("http", "https", "ftp")
PATIENCE = 15.0
"""Seconds to wait for a network that does not answer, or delivers less than `transfer.SLOWEST`."""

RECORD = "checksums.json"
"""File beside the unpacked ones: of each its size in bytes and its SHA-256, and whether it was there before us."""

UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)


class DataError(NormstudyError):
    """A data set is missing, cannot be fetched, or is damaged."""


class NamedDataError(DataError):
    """What the user named does not hold the data set."""


class MissingFileError(DataError):
    """A folder lacks a file of the data set."""


class DamagedDataError(DataError):
    """The files of a data set are there, but not as they should be, and no others can be had."""


class ForeignFileError(DamagedDataError):
    """A file that is not ours is in the place of one of the data set."""


def is_present(dataset: str) -> bool:
    """Whether `dataset` is there; the files that we fetched are told by their sizes."""
    return dataset == "digits" or any(not _problem(dataset, raw) for raw in _raw_folders(dataset))


def resolve_dataset(requested: str) -> tuple[str, str]:
    """The data set that `requested` stands for, made present, and why: ("digits", "MNIST cannot be …").

    `auto` is MNIST where it is present or can be fetched, else digits; the reason is empty unless a
    fall-back happened. Raises `DataError` when a data set asked for by name cannot be had, the folder that
    the user named does not hold MNIST, or MNIST is there and damaged.
    """
    if requested != "auto":
        ensure(requested)
        return requested, ""
    if asks_for_none():
        return "digits", f"{VARIABLE}={NONE} asks for no MNIST"
    try:
        ensure("mnist")
    except (NamedDataError, DamagedDataError):
        raise
    except DataError as error:
        return "digits", str(error)
    return "mnist", ""


def ensure(dataset: str, thoroughly: bool = False) -> None:
    """Make `dataset` present; `thoroughly` reads every byte of it, else the sizes of files of ours have to do.

    Raises `DataError` with one line that says where it was looked for, or what is damaged.
    """
    if dataset == "digits":
        return
    problems = [_problem(dataset, raw, thoroughly) for raw in _raw_folders(dataset)]
    if not all(problems):
        return
    try:
        _fetch_and_publish(dataset)
    except ForeignFileError:
        raise
    except DataError as error:
        if not _any_file(dataset):
            raise
        raise DamagedDataError(
            f"{dataset}: {problems[0]}; no fresh copy: {str(error).removeprefix(f'{dataset}: ')}"
        ) from None


def write_record(raw: Path, foreign: frozenset[str] = frozenset()) -> None:
    """Write down what the files in `raw` are, for `ensure` to compare with; those in `foreign` are not ours."""
    record = {name: {"bytes": (raw / name).stat().st_size, "sha256": checksum(raw / name)} for name in NAMES}
    record |= {name: {**record[name], "foreign": True} for name in foreign}
    (raw / RECORD).write_text(json.dumps(record, indent=1) + "\n")


def _read_record(raw: Path) -> dict[str, dict]:
    """What is written down of the files in `raw`; nothing of those of which it cannot be understood."""
    try:
        record = json.loads((raw / RECORD).read_text(encoding="utf-8"))
        return {name: record[name] for name in NAMES if {"bytes", "sha256"} <= record[name].keys()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _problem(dataset: str, raw: Path, thoroughly: bool = False) -> str:
    """What is wrong with the unpacked files of `dataset` in `raw`; empty when nothing is."""
    record = _read_record(raw)
    try:
        for name in NAMES:
            path = raw / name
            if not (written := record.get(name)):
                if not _is_as_published(path, dataset):
                    known = "and it is not as it was published" if dataset in UNPACKED else f"nor {name}.gz"
                    return f"{raw} has no {RECORD} to verify {name} by, {known}"
            elif path.stat().st_size != written["bytes"]:
                return f"{path} is damaged ({path.stat().st_size} of {written['bytes']} bytes)"
            elif thoroughly and checksum(path) != written["sha256"]:
                return f"{path} is damaged (checksum differs)"
    except OSError as error:
        return f"{error.filename or raw} cannot be read ({error.strerror})"
    return ""


def _is_as_published(path: Path, dataset: str) -> bool:
    """Whether an unpacked file of somebody else's is what it should be, by itself or by the archive beside it."""
    content = path.read_bytes()
    for known in (path, path.with_name(f"{path.name}.gz")):
        try:
            return content == read(known, dataset, path.name)
        except (WrongFileError, FileNotFoundError):
            continue
    return False


def _fetch_and_publish(dataset: str) -> None:
    """Put the four files into `data/`, or where that cannot be written, into the user's cache."""
    for root in (data_folder(), cache_folder() / "data"):
        try:
            root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".fetching-", dir=root) as staging:
                _fetch(dataset, Path(staging))
                _publish(dataset, Path(staging), root / CLASSES[dataset] / "raw")
            return
        except OSError as error:
            refusal = DataError(
                f"{dataset}: {error.filename or root}: {error.strerror or error}; make room and make {root} writable"
            )
            if error.errno not in UNWRITABLE:
                break
    raise refusal


def _publish(dataset: str, staged: Path, raw: Path) -> None:
    """Move the four files to `raw`, in the place of damaged ones of ours, and of nobody else's."""
    record, foreign, moved = _read_record(raw), set(), []
    for name in NAMES:
        final = raw / name
        is_ours = name in record and not record[name].get("foreign")
        if final.is_file() and checksum(final) == checksum(staged / name):
            foreign |= set() if is_ours else {name}
        elif is_ours or not os.path.lexists(final):
            moved.append(name)
        else:
            raise ForeignFileError(
                f"{dataset}: {final} is not the file of the data set, and nothing that was fetched by this project: "
                "move it away, or put the right one there"
            )
    write_record(staged, frozenset(foreign))
    raw.mkdir(parents=True, exist_ok=True)
    # First the record: whoever is killed after it leaves files that are known to be missing, or to be ours.
    for name in (RECORD, *moved):
        os.replace(staged / name, raw / name)


def _fetch(dataset: str, staged: Path) -> None:
    """Put the four files, verified and unpacked, into the empty folder `staged`."""
    why_not_here = ""
    try:
        return _from_folder(dataset, data_folder(), staged)
    except MissingFileError:
        pass
    except DataError as error:
        why_not_here = f"{str(error).removeprefix(f'{dataset}: ')}; "
    if asks_for_none():
        raise DataError(f"{dataset}: {why_not_here}{VARIABLE}={NONE}, so that nothing is fetched")
    source = named_source(dataset)
    if isinstance(source, Path):
        try:
            return _from_folder(dataset, source, staged)
        except DataError as error:
            raise NamedDataError(f"{error} ({VARIABLE})") from None
    mirrors = [source.rstrip("/") + "/"] if source else list(published(dataset).mirrors)
    reasons = []
    while mirrors:
        try:
            mirror = first_to_answer([mirror + FILES[-1] for mirror in mirrors], PATIENCE).removesuffix(FILES[-1])
        except TransferError as error:
            reasons.append(str(error))
            break
        try:
            return _from_mirror(dataset, mirror, staged)
        except TransferError as error:
            reasons.append(f"{mirror}: {error}")
            mirrors.remove(mirror)
    raise DataError(
        f"{dataset}: {why_not_here}cannot be fetched ({'; '.join(reasons)}); "
        f"set {VARIABLE} to a folder with its four .gz files"
    )


def asks_for_none() -> bool:
    """Whether the user wants nothing to be fetched."""
    return os.environ.get(VARIABLE, "").strip().lower() == NONE


def named_source(dataset: str) -> Path | str:
    """The folder that the user named, or the address of a mirror; empty if neither. Raises `NamedDataError`."""
    source = os.environ.get(VARIABLE, "").strip()
    if not source:
        return ""
    scheme, separator, _ = source.partition("://")
    if separator and scheme.lower() in MIRRORS:
        return source
    if source.lower().startswith("file:"):
        source = unquote(re.sub(r"^file:(//(localhost(?=/))?)?", "", source, flags=re.IGNORECASE))
    try:
        folder = Path(source).expanduser()
        if not folder.is_absolute() and not folder.exists():  # a notebook is at work in its own folder
            folder = project_root() / folder
        os.listdir(folder)
    except (OSError, RuntimeError, ValueError) as error:  # no such folder, no such user, no such name
        raise NamedDataError(
            f"{dataset}: {VARIABLE}={source}: {getattr(error, 'strerror', None) or error}; name a folder with its four "
            f"files, the address of a mirror ({', '.join(MIRRORS)}), or {NONE}"
        ) from None
    return folder


def _from_folder(dataset: str, folder: Path, staged: Path) -> None:
    for name in NAMES:
        try:
            found = candidates(folder, dataset, name)
            content = _first_right(found, dataset, name)
        except OSError as error:
            raise DataError(f"{dataset}: {error.filename or folder} cannot be read ({error.strerror})") from None
        if content is None:
            raise MissingFileError(f"{dataset}: no file {name}.gz in {folder}, nor unpacked; it needs all four")
        (staged / name).write_bytes(content)


def _first_right(paths: list[Path], dataset: str, name: str) -> bytes | None:
    """What the first of `paths` that is the file `name` holds; None if there are none. Raises `DataError`."""
    refusal = None
    for path in paths:
        try:
            return read(path, dataset, name)
        except WrongFileError as error:
            if path not in [raw / name for raw in _raw_folders(dataset)]:  # of those, `ensure` tells
                refusal = refusal or DataError(f"{dataset}: {path} is {error}; replace it")
    if refusal:
        raise refusal
    return None


def _from_mirror(dataset: str, mirror: str, staged: Path) -> None:
    for archive, name in zip(FILES, NAMES, strict=True):
        try:
            fetch(mirror + archive, staged / archive, PATIENCE)
        except TransferError as error:
            raise TransferError(f"{archive}: {error}") from None
        try:
            (staged / name).write_bytes(read(staged / archive, dataset, name))
        except WrongFileError as error:
            raise TransferError(f"{archive} came as {error}") from None
        (staged / archive).unlink()


def _any_file(dataset: str) -> bool:
    """Whether a file that may belong to `dataset` lies in `data/`."""
    try:
        in_data = any(candidates(data_folder(), dataset, name) for name in NAMES)
    except OSError:
        return True
    return in_data or any((raw / RECORD).exists() for raw in _raw_folders(dataset))


def _raw_folders(dataset: str) -> list[Path]:
    """Where the unpacked files of `dataset` may be."""
    return [root / CLASSES[dataset] / "raw" for root in (data_folder(), cache_folder() / "data")]


def raw_folder(dataset: str) -> Path:
    """Where the unpacked files of `dataset` are, else where they belong."""
    folders = _raw_folders(dataset)
    return next((raw for raw in folders if not _problem(dataset, raw)), folders[0])
