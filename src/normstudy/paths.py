"""Where the project's own folders are, and how one takes the place of another."""

import os
import shlex
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_cache_path

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


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """A folder that is this project's and this user's alone, for what cannot be put into the checkout.

    It is in the home, or else among the temporary files.
    """
    if is_writable_home(environ.get("HOME", "")):
        try:
            return made(user_cache_path("normstudy"))
        except OSError:
            pass  # a home without room, or with a file in the place of the cache
    place = Path(tempfile.gettempdir()) / f"normstudy-{os.getuid()}"
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        # Anybody can make a folder of that name there, and would then decide what our programs read.
        if place.stat().st_uid == os.getuid() and not place.is_symlink() and not place.stat().st_mode & 0o022:
            return place
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="normstudy-"))


def is_writable_home(home: str) -> bool:
    """Whether `home` is a folder in which its user may write."""
    # `/` is what containers give to users that they do not know.
    return bool(home) and os.path.realpath(home) != "/" and os.path.isdir(home) and os.access(home, os.W_OK | os.X_OK)


def made(folder: Path) -> Path:
    """`folder`, made if need be, for its user alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


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

    In between it lies next to `fresh`, as `<fresh>.earlier`.
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
