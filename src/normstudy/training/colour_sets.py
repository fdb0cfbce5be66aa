"""Find the files of CIFAR-10 or SVHN, or fetch them.

They are looked for in `data/` and in the folder that `NORMSTUDY_DATA` names, by the names that they are published
under, and fetched from the authors' servers, or from the mirror that `NORMSTUDY_DATA` names, into `data/`, or where
that cannot be written, into the user's cache. A file counts as one of the data set if its MD5 sum is the published one.
"""

from __future__ import annotations

import os
import tempfile
from functools import lru_cache
from pathlib import Path

from normstudy.paths import cache_folder, data_folder
from normstudy.training import colour_files
from normstudy.training.colour_files import FILES
from normstudy.training.download import NONE, PATIENCE, VARIABLE, DataError, asks_for_none, named_source
from normstudy.training.transfer import TransferError, fetch

LARGEST = 300_000_000
"""Bytes after which whatever is sent is no file of these data sets."""


def is_present(dataset: str) -> bool:
    """Whether the files of `dataset` are there, without a look at a network."""
    return _folder(dataset) is not None


def ensure(dataset: str) -> Path:
    """The folder with the files of `dataset`, verified, fetched if need be. Raises `DataError`: one line."""
    if found := _folder(dataset):
        return found
    names = " and ".join(FILES[dataset].sums)
    if asks_for_none():
        raise DataError(f"{dataset}: {names} not in {data_folder()}; {VARIABLE}={NONE}, so that nothing is fetched")
    source = named_source(dataset)
    if isinstance(source, Path):
        raise DataError(f"{dataset}: {source} ({VARIABLE}) lacks {names}, or holds damaged ones; put them there")
    refusal = ""
    for root in (data_folder(), cache_folder() / "data"):
        place = root / FILES[dataset].folder
        try:
            place.mkdir(parents=True, exist_ok=True)
            _fetch(dataset, source.rstrip("/") + "/" if source else FILES[dataset].address, place)
            return place
        except TransferError as error:
            refusal = f"cannot be fetched ({error}); put {names} into {data_folder() / FILES[dataset].folder}"
            break
        except OSError as error:
            refusal = refusal or f"{error.filename or place}: {error.strerror}; make room and make it writable"
    raise DataError(f"{dataset}: {refusal}")


def _fetch(dataset: str, address: str, place: Path) -> None:
    for name, sum_ in FILES[dataset].sums.items():
        if _is_there(place / name, sum_):
            continue
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=place) as staging:
            fresh = Path(staging) / name
            try:
                fetch(address + name, fresh, PATIENCE, LARGEST)
            except TransferError as error:
                raise TransferError(f"{address}{name}: {error}") from None
            if not colour_files.is_published(fresh, sum_):
                raise TransferError(f"{address}{name}: came damaged, or as another file (checksum differs)")
            os.replace(fresh, place / name)


def _folder(dataset: str) -> Path | None:
    """The first folder with all files of `dataset`, as they were published."""
    files = FILES[dataset]
    roots = [data_folder(), cache_folder() / "data"]
    named = os.environ.get(VARIABLE, "").strip()
    if named and not asks_for_none() and "://" not in named:
        source = named_source(dataset)
        roots += [source] if isinstance(source, Path) else []
    for folder in (each for root in roots for each in (root / files.folder, root / dataset, root)):
        if all(_is_there(folder / name, sum_) for name, sum_ in files.sums.items()):
            return folder
    return None


def _is_there(path: Path, sum_: str) -> bool:
    try:
        state = path.stat()
        return _is_published(path, sum_, (state.st_size, state.st_mtime_ns))
    except OSError:
        return False


@lru_cache
def _is_published(path: Path, sum_: str, _state: tuple[int, int]) -> bool:
    """As long as the file is in this state: to read it all takes a while."""
    return colour_files.is_published(path, sum_)
