"""Where the project's own folders are, and how one takes the place of another."""

import os
import shutil
from pathlib import Path

from normstudy.errors import NormstudyError, disk_refusal


class DiskError(NormstudyError):
    """The disk did not take what was to be written."""


class CheckoutError(NormstudyError):
    """The code that runs is not that of the checkout that is to work."""


def refuse_other_checkout(here: Path) -> None:
    """Raises `CheckoutError` when `here`, or the folder above it, is a checkout, but not the one whose code runs."""
    for folder in (here, here.parent):
        if (folder / "src/normstudy/paths.py").is_file():
            if not folder.samefile(project_root()):
                raise CheckoutError(
                    f"{folder}: the code of another checkout would run, {project_root()}; call `make` in the one that "
                    "is to work, or use its own .venv, and unset PYTHONPATH"
                )
            return


def project_root() -> Path:
    """The checkout that this package is installed from, else the current folder."""
    checkout = Path(__file__).resolve().parents[2]
    return checkout if (checkout / "pyproject.toml").is_file() else Path.cwd()


def data_folder() -> Path:
    """Where data sets are kept: `data/` of the checkout (ignored by git)."""
    return project_root() / "data"


def open_as_usual(folder: Path) -> None:
    """Give `folder` the permissions that this user's new folders have."""
    mask = os.umask(0)
    os.umask(mask)
    folder.chmod(0o777 & ~mask)


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
