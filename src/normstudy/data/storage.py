"""Where images are kept: in `data/`, or in the user's cache where that cannot be written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from normstudy.errors import DataError
from normstudy.paths import cache_folder, data_folder


def roots() -> list[Path]:
    """The folders in which images are looked for and kept, the first one first."""
    return [data_folder(), cache_folder() / "data"]


def keep(name: Path | str, content: bytes) -> Path:
    """Write the file `name`, complete or not at all. Raises `DataError` where no disk takes it."""
    refusal = ""
    for root in roots():
        path = root / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".incomplete-", dir=path.parent) as staging:
                fresh = Path(staging, path.name)
                fresh.write_bytes(content)
                os.replace(fresh, path)
            return path
        except OSError as error:
            refusal = refusal or f"{error.filename or path}: {error.strerror}; make room there and make it writable"
    raise DataError(refusal)


def state_of(path: Path) -> tuple[int, ...]:
    """What changes whenever the file at `path` does: nobody can set the time of its last change of state."""
    state = path.stat()
    return state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns
