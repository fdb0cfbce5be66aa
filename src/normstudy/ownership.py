"""What this project may write over, or take away: nothing but what it wrote itself.

A report's folder has a record of its files (`render.json`), a folder of runs has a mark (`.normstudy`). Where
there is neither, what lies in a folder is somebody's.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from normstudy.errors import NormstudyError
from normstudy.paths import data_folder, project_root, write_whole
from normstudy.text import one_line

RECORD = "render.json"
MARK = ".normstudy"
MARKED = "The hidden entries here, studies.json and the folders of runs are written by normstudy.\n"

LITTER = {"lost+found", ".DS_Store", ".localized", "Thumbs.db", "desktop.ini", ".directory"}
"""What file systems and desktops put into folders by themselves."""

WRITTEN_BESIDE_RUNS = (
    *(
        ".lock",
        ".locks",
        ".done",
        ".plan.json",
        ".plan.new",
        ".planned.json",
        ".logs",
        ".progress",
        ".unfinished",
        ".checkpoints",
    ),
    *(".replaced", ".snakemake", ".settings.json", "studies.json"),
)
"""What a job writes in a folder of runs besides the runs."""

ANOTHER_RUNS = "name another folder (RUNS=)"


class PlaceError(NormstudyError):
    """A folder that was named is not one that this project may write."""


def as_typed(name: str) -> Path:
    """The folder of that name on a command line; `~` is the home, for a quoted one reaches no shell that says so."""
    return Path(os.path.expanduser(name))


def refuse_places(params: Path, runs: Path, output: Path | None) -> None:
    """Raises `PlaceError`, one line, unless the job may write its runs into `runs` and its report into `output`."""
    refuse_runs_folder(params, runs)
    if output is not None:
        refuse_output(output, {"RUNS": runs, "PARAMS": params})


def refuse_output(output: Path, others: Mapping[str, Path]) -> None:
    """Raises `PlaceError` unless `output` may become a report, or be replaced by one.

    It may if it is not there, empty, or holds a report as this project made it, besides files of the user that
    are in nobody's way; and if none of `others` (by what they are called on the command line) is in it.
    """
    setting = f"OUTPUT={one_line(output)}"
    _refuse_places_of_the_checkout(output, setting, others)
    remedy = "name another folder (OUTPUT=)"
    if output.is_symlink() and not output.exists():
        _refuse(setting, f"a link to {one_line(os.readlink(output))}, which is not there", remedy)
    if not output.exists():
        _refuse_unless_it_can_be_made(output, setting, remedy)
        return
    if not output.is_dir():
        _refuse(setting, "a file, where a folder is needed", remedy)
    try:
        ours = recorded(output)
        theirs = list(of_others(output, ours))
    except OSError as error:
        _refuse(setting, f"cannot be read ({error.filename}: {error.strerror})", remedy)
    if theirs and not ours:
        _refuse(setting, f"holds {_some(theirs)}, and no report that this project made", f"{remedy} or an empty one")
    if changed := [name for name in theirs if name in ours]:
        _refuse(setting, f"{_some(changed)} was changed since the report was made", f"move it away, or {remedy}")
    place = Path(os.path.realpath(output))
    if os.path.ismount(place) or not all(os.access(each, os.W_OK | os.X_OK) for each in (place, place.parent)):
        # A new report takes the place of the old one by renaming.
        _refuse(setting, "a mount point, or the folder above it cannot be written", "name a folder in it")


def refuse_runs_folder(params: Path, runs: Path) -> None:
    """Raises `PlaceError` unless runs may be written into `runs`."""
    setting, remedy = f"RUNS={one_line(runs)}", ANOTHER_RUNS
    _refuse_places_of_the_checkout(runs, setting, {"PARAMS": params} if _holds(params, runs) else {})
    if (runs.exists() or runs.is_symlink()) and not runs.is_dir():
        _refuse(setting, "no folder", remedy)
    if not runs.exists():
        _refuse_unless_it_can_be_made(runs, setting, remedy)
    else:
        _refuse_what_is_taken(runs)


def is_runs_folder(folder: Path) -> bool:
    """Whether this project has written runs, or what comes before them, into `folder`."""
    if (folder / MARK).is_file():
        return True
    try:  # one from before there were marks, or a copy of published runs
        studies = json.loads((folder / "studies.json").read_text(encoding="utf-8"))
        return all((folder / name / "metrics.json").is_file() for names in studies.values() for name in names)
    except (OSError, ValueError, AttributeError, TypeError):
        return (folder / ".plan.json").is_file() or any(folder.glob("*-seed*/metrics.json"))


def take_runs_folder(folder: Path) -> None:
    """Make `folder`, if need be, and let `is_runs_folder` know it from now on. Raises `PlaceError`, `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / MARK).exists():
        _refuse_what_is_taken(folder)
        (folder / MARK).write_text(MARKED)


def record(folder: Path, by: str) -> None:
    """Write down what files the new report in `folder` has, and what made it. Raises `DiskError`."""
    files = {name: _digest(folder / name) for name in _files(folder)}
    write_whole(folder / RECORD, json.dumps({"by": by, "files": files}, indent=1) + "\n")


def recorded(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of the report in `folder`, by its path there; nothing if it has no such record."""
    try:
        files = json.loads((folder / RECORD).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    known = isinstance(files, dict) and all(isinstance(digest, str) for digest in files.values())
    return files if known and all(map(_is_inside, files)) else {}


def of_others(folder: Path, ours: Mapping[str, str]) -> Iterator[str]:
    """Paths in `folder` of what is not `ours`, or is no longer as this project wrote it. Raises `OSError`."""
    for name in _files(folder):
        if name not in ours:
            if not (name == RECORD and ours) and Path(name).name not in LITTER:
                yield name
        elif _digest(folder / name) != ours[name]:
            yield name


def _refuse_places_of_the_checkout(folder: Path, setting: str, others: Mapping[str, Path]) -> None:
    root = project_root()
    remedy = f"name a folder of its own, such as {'_report' if setting.startswith('OUTPUT') else 'runs'}"
    if not str(folder).strip() or "\n" in str(folder):
        _refuse(setting, "no name of a folder", remedy)
    held = {"the checkout": root, "the home folder": Path.home(), "data/": data_folder()}
    held |= {f"{path.name}/": path for path in root.iterdir() if path.is_dir() and path.name in OF_THE_CHECKOUT}
    for name, place in {**held, **others}.items():
        if _holds(folder, place):
            verb, where = "is" if _holds(place, folder) else "holds", "" if name in held else f" ({one_line(place)})"
            _refuse(setting, f"{verb} {name}{where}", remedy)
    for path in root.iterdir():
        if path.name in OF_THE_CHECKOUT and _holds(path, folder):
            _refuse(setting, f"lies in {path.name}/ of the checkout", remedy)


OF_THE_CHECKOUT = {
    *("analysis", "benchmarks", "data", "params", "results", "src", "tests", "theme", "workflow"),
    *(".ci", ".git", ".github", ".snakemake", ".venv"),
}
"""Folders of the checkout in which nothing else is written."""


def _holds(outer: Path, inner: Path) -> bool:
    """Whether `inner` is `outer` or lies in it, by whatever names: links, or other letters where they do not count."""
    outer, inner = Path(os.path.realpath(outer)), Path(os.path.realpath(inner))
    if inner.is_relative_to(outer):
        return True
    return outer.exists() and any(each.exists() and each.samefile(outer) for each in (inner, *inner.parents))


def _refuse_what_is_taken(runs: Path) -> None:
    taken = [name for name in WRITTEN_BESIDE_RUNS if os.path.lexists(runs / name)]
    if taken and not is_runs_folder(runs):
        _refuse(f"RUNS={one_line(runs)}", f"holds {_some(taken)}, which this project did not write", ANOTHER_RUNS)


def _refuse_unless_it_can_be_made(folder: Path, setting: str, remedy: str) -> None:
    above = next(each for each in Path(os.path.realpath(folder)).parents if os.path.lexists(each))
    if not above.is_dir():
        _refuse(setting, f"{one_line(above)} is no folder", remedy)
    if not os.access(above, os.W_OK | os.X_OK):
        _refuse(setting, f"cannot be made, for {one_line(above)} cannot be written", remedy)


def _refuse(setting: str, problem: str, remedy: str) -> None:
    raise PlaceError(f"{setting}: {problem}; {remedy}")


def _some(names: list[str]) -> str:
    """One of `names`, not a hidden one if there is another, and how many more there are."""
    return one_line(min(names, key=lambda name: name.startswith("."))) + (
        f" and {len(names) - 1} more" if len(names) > 1 else ""
    )


def _files(folder: Path) -> Iterator[str]:
    """The path in `folder` of every file below it, link, and folder without contents, sorted."""
    for path in sorted(folder.iterdir()):
        inside = list(_files(path)) if path.is_dir() and not path.is_symlink() else []
        yield from (f"{path.name}/{name}" for name in inside) if inside else (path.name,)


def _digest(path: Path) -> str:
    """SHA-256 of the file `path`; of a link or folder, which a report has none of, nothing."""
    if path.is_symlink() or not path.is_file():
        return ""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_inside(name: str) -> bool:
    return not os.path.isabs(name) and ".." not in Path(name).parts
