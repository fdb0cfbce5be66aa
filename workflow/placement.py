"""How a new report takes the place of an old one: whole, or not at all, and without touching anything else there."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from normstudy.ownership import RECORD, WORKSHOP, PlaceError, of_others, recorded
from normstudy.text import one_line

JOURNAL = "exchange.json"
LOCK = ".lock"

Moves = list[tuple[Path, Path]]


@dataclass(frozen=True)
class Workshop:
    """A folder beside the report in which it is made, on the same disk; nobody else is in it."""

    folder: Path
    output: Path


@contextmanager
def workshop(output: Path) -> Iterator[Workshop]:
    """Where the report `output` is made, for one process at a time, empty of what a killed one left.

    It goes with the lock that is in it: nothing is left, here or among the temporary files. Raises `PlaceError`.
    """
    output = Path(os.path.realpath(output))
    output.parent.mkdir(parents=True, exist_ok=True)
    within = os.path.ismount(output) or not os.access(output.parent, os.W_OK | os.X_OK)
    beside, inside = _places(output)
    with _alone_in(inside if within else beside) as folder:
        yield Workshop(folder, output)


def clear_up(output: Path) -> None:
    """Take back what a killed process had half exchanged in `output`, and remove what it was making.

    Raises `PlaceError` where a report cannot be made, for somebody's files are there.
    """
    for folder in _places(Path(os.path.realpath(output))):
        with suppress(FileNotFoundError):
            _refuse_files_of_others(folder)
        if (folder / LOCK).is_file():
            with _alone_in(folder):
                pass


def _places(output: Path) -> tuple[Path, Path]:
    """Where the report `output` may be made: beside it, and in it."""
    return output.parent / f".{output.name}.new", output / WORKSHOP


def put_in_place(fresh: Path, work: Workshop) -> None:
    """Let the report `fresh`, made in `work`, take the place of what this project wrote in `work.output` before.

    Files of others stay. Where the folder cannot be exchanged as a whole (a mount point, a folder that has
    other files or that the user made), its contents are. Raises `PlaceError` or `OSError`, and then all is as before.
    """
    output, earlier = work.output, work.folder / "earlier"
    ours = recorded(output) if output.exists() else {}
    if not os.path.lexists(output):
        _exchange([(fresh, output)], work.folder)
        return
    if ours and not list(of_others(output, ours)):
        shutil.copymode(output, fresh)
        try:
            _exchange([(output, earlier), (fresh, output)], work.folder)
            return
        except OSError as error:
            if error.errno not in (errno.EBUSY, errno.EXDEV, errno.EACCES, errno.EPERM):
                raise
    if not work.folder.is_relative_to(output) and fresh.stat().st_dev != output.stat().st_dev:
        with _alone_in(_places(output)[1]) as folder:
            shutil.copytree(fresh, folder / fresh.name)
            _exchange_contents(folder / fresh.name, output, ours, folder)
    else:
        _exchange_contents(fresh, output, ours, work.folder)


def _exchange_contents(fresh: Path, output: Path, ours: dict[str, str], folder: Path) -> None:
    names = [*recorded(fresh), RECORD]
    taken = [name for name in of_others(output, ours) if name in names]
    taken += [name for name in names if _is_in_the_way(output / name, output, ours)]
    if taken:
        raise PlaceError(
            f"{one_line(output / taken[0])}: is no file of the report that was there, and the new one has a file of "
            "that name; move it away, or name another folder (OUTPUT=)"
        )
    leaving = [name for name in [*ours, RECORD] if os.path.lexists(output / name)]
    _exchange(
        [(output / name, folder / "earlier" / name) for name in leaving]
        + [(fresh / name, output / name) for name in names],
        folder,
    )
    for parent in sorted({parent for name in leaving for parent in Path(name).parents[:-1]}, reverse=True):
        with suppress(OSError):  # other files are in it
            (output / parent).rmdir()


def _is_in_the_way(path: Path, output: Path, ours: dict[str, str]) -> bool:
    """Whether `path` cannot be made, for a folder has its name or a file or link that of a folder above it."""
    if path.is_dir() and not path.is_symlink():
        return True
    above = [parent for parent in path.parents if parent.is_relative_to(output) and parent != output]
    return any(
        os.path.lexists(parent)
        and (parent.is_symlink() or not parent.is_dir())
        and parent.relative_to(output).as_posix() not in ours
        for parent in above
    )


def _exchange(moves: Moves, folder: Path) -> None:
    """Rename each source to its target; when one fails, or this process is killed on the way, all go back."""
    journal = folder / JOURNAL
    journal.write_text(json.dumps([[str(source), str(target)] for source, target in moves]), encoding="utf-8")
    try:
        for source, target in moves:
            target.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(target):
                raise PlaceError(f"{one_line(target)}: has just been put there by somebody else; start again")
            source.rename(target)
    except BaseException:
        _take_back(folder)
        raise
    journal.unlink()


def _take_back(folder: Path) -> None:
    """Undo the moves of `_exchange` that have happened."""
    try:
        moves = json.loads((folder / JOURNAL).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # there was none, or it was killed while it wrote down what it would do
        return
    for source, target in reversed(moves):
        if os.path.lexists(target) and not os.path.lexists(source):
            Path(source).parent.mkdir(parents=True, exist_ok=True)
            os.rename(target, source)
    (folder / JOURNAL).unlink()


@contextmanager
def _alone_in(folder: Path) -> Iterator[Path]:
    """The new folder `folder`, for this process alone; the kernel lets go of its lock when the process ends.

    What a killed process left in it is cleared up: its exchange is taken back, and the rest removed.
    """
    path = folder / LOCK
    while True:
        with suppress(FileExistsError):
            folder.mkdir()
        with suppress(FileNotFoundError):  # whoever was in it has just taken it away
            _refuse_files_of_others(folder)
            lock = open(path, "a")  # noqa: SIM115 - closed below
            fcntl.flock(lock, fcntl.LOCK_EX)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(lock.fileno()), path.stat()):
                    break
            lock.close()
    with lock:
        try:
            _take_back(folder)
            _empty(folder)
            yield folder
        finally:
            _empty(folder)
            with suppress(OSError):
                path.unlink()
                folder.rmdir()


def _refuse_files_of_others(folder: Path) -> None:
    """Raise `PlaceError` unless `folder` is a workshop, and `FileNotFoundError` when it is gone by now."""
    # One look at what it is, and names again when they surprise: another process may come and go meanwhile.
    ours = stat.S_ISDIR(folder.lstat().st_mode)
    for wait in (0.02, 0.1, 0):
        if not ours or not (names := os.listdir(folder)) or LOCK in names:
            break
        time.sleep(wait)
    else:
        ours = False
    if not ours:
        raise PlaceError(f"{one_line(folder)}: a report is made there, but it holds something else; move it away")


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name != LOCK:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
