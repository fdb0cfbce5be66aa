"""Where the project's own folders are, and how one takes the place of another."""

import os
import shlex
import shutil
import tempfile
from pathlib import Path

from platformdirs import user_cache_path

from normstudy.errors import NormstudyError, disk_refusal


class DiskError(NormstudyError):
    """The disk did not take what was to be written."""


def project_root() -> Path:
    """The checkout that this package is installed from, else the current folder."""
    checkout = Path(__file__).resolve().parents[2]
    return checkout if (checkout / "pyproject.toml").is_file() else Path.cwd()


def data_folder() -> Path:
    """Where data sets are kept: `data/` of the checkout (ignored by git)."""
    return project_root() / "data"


def cache_folder() -> Path:
    """Where a user keeps what cannot be put into the checkout, because that is somebody else's."""
    folder = user_cache_path("normstudy")
    if folder.is_absolute():  # else there is no home: it would be a folder `~` in the current one
        there = next(each for each in (folder, *folder.parents) if each.exists())
        if there == folder or os.access(there, os.W_OK):
            return folder
    return Path(tempfile.gettempdir(), f"normstudy-{os.getuid()}")


def bring_back(path: Path | str) -> str:
    """The remedy for damage at `path` in the published `results/` of this checkout; empty if it is elsewhere.

    `git checkout` would leave a file alone whose lines git itself ended otherwise (core.autocrlf).
    """
    root = project_root()
    results, place = Path(os.path.realpath(root / "results")), Path(os.path.realpath(path))
    if not place.is_relative_to(results):
        return ""
    if not (root / ".git").exists():
        return "download this checkout again: it was published whole"
    published = shlex.quote(Path("results", *place.relative_to(results).parts[:1]).as_posix())
    return f"`git archive HEAD {published} | tar -xf -` brings it back as it was published"


def replace_folder(fresh: Path, final: Path) -> None:
    """Rename `fresh` to `final`; what was there before goes, and comes back if the renaming fails.

    In between it lies beside `fresh`, as `<fresh>.earlier`.
    """
    earlier = fresh.with_name(f"{fresh.name}.earlier")
    if final.exists():
        final.rename(earlier)
    try:
        fresh.rename(final)
    except OSError:
        if earlier.exists():
            earlier.rename(final)
        raise
    shutil.rmtree(earlier, ignore_errors=True)


def write_whole(path: Path, content: str | bytes) -> None:
    """Put `content` in the place of the file `path`. Raises `DiskError`, and what was there before stays."""
    path = path.resolve()
    fresh = path.with_name(f".{path.name}.new")
    try:
        try:
            with open(fresh, "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise DiskError(disk_refusal(error, path)) from None
