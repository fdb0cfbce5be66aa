"""Folders as this project leaves them, and the trees of files that tests compare."""

from __future__ import annotations

from pathlib import Path

from normstudy.ownership import record


def write_files(folder: Path, files: dict[str, str]) -> Path:
    """`folder` with `files`: text by path."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def report_of_ours(folder: Path, files: dict[str, str]) -> Path:
    """A folder with `files` that counts as a report of this project."""
    record(write_files(folder, files), "a test")
    return folder


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`, by its path there."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
