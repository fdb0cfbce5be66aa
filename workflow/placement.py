"""How a new report takes the place of an old one: complete, or not at all, and without touching anything else there."""

from __future__ import annotations

import fcntl
import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from normstudy.ownership import PlaceError, of_others, recorded
from normstudy.paths import open_as_usual
from normstudy.text import one_line

LOCK = ".lock"
EARLIER = "earlier"


@contextmanager
def workshop(output: Path) -> Iterator[Path]:
    """A new hidden folder next to `output`, on the same disk, in which a report is made; it goes in the end."""
    output = Path(os.path.realpath(output))
    output.parent.mkdir(parents=True, exist_ok=True)
    clear_up(output)
    folder = Path(tempfile.mkdtemp(prefix=f".{output.name}.", suffix=".new", dir=output.parent))
    with _locked(folder):
        (folder / LOCK).touch()
        open_as_usual(folder)
        try:
            yield folder
        finally:
            _finish(folder, output)


def clear_up(output: Path) -> None:
    """Bring back the report that a killed process had taken away, and remove what it was making."""
    output = Path(os.path.realpath(output))
    for folder in output.parent.glob(f".{glob.escape(output.name)}.*.new"):
        if (folder / LOCK).exists():  # else it is somebody's
            with suppress(FileNotFoundError, BlockingIOError), _locked(folder):  # of one at work there
                _finish(folder, output)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of `folder`; the kernel lets go of it when this process ends. Raises `BlockingIOError`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def put_in_place(fresh: Path, output: Path) -> None:
    """Let the report `fresh`, made in a workshop of `output`, take the place of the one before. Files of others stay.

    Raises `PlaceError` where one of them has the name of a new file, or `OSError`; then all is as before.
    """
    output = Path(os.path.realpath(output))
    if os.path.lexists(output):
        for name in of_others(output, recorded(output)):
            above = [fresh / parent for parent in Path(name).parents]
            if os.path.lexists(fresh / name) or any(path.exists() and not path.is_dir() for path in above):
                raise PlaceError(
                    f"{one_line(output / name)}: is no file of the report that was there, and the new one has a file "
                    "of that name; move it away, or name another folder (OUTPUT=)"
                )
        shutil.copymode(output, fresh)
        output.rename(fresh.parent / EARLIER)
    fresh.rename(output)


def _finish(folder: Path, output: Path) -> None:
    """Remove a workshop. The report before comes back where there is no new one, else the files of others in it do."""
    earlier = folder / EARLIER
    if earlier.exists() and not os.path.lexists(output):
        earlier.rename(output)
    elif earlier.exists():
        for name in of_others(earlier, recorded(earlier)):
            (output / name).parent.mkdir(parents=True, exist_ok=True)
            (earlier / name).rename(output / name)
    shutil.rmtree(folder)
