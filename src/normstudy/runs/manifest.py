"""`SHA256SUMS` of a folder: which files belong to it, whole. `sha256sum --check SHA256SUMS` says the same by hand."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

NAME = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  ([^/\\\0]+)")


def write(folder: Path) -> None:
    """Write the sums of the files in `folder`, hidden ones aside. Raises `OSError`."""
    files = [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
    names = sorted(path.name for path in files if path.name != NAME)
    (folder / NAME).write_text("".join(f"{_digest(folder / name)}  {name}\n" for name in names), encoding="utf-8")


def read(folder: Path) -> dict[str, str]:
    """The sums by file name. Raises `ValueError` when there are none, or none that can be understood."""
    try:
        lines = (folder / NAME).read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except FileNotFoundError:
        raise ValueError(f"no {NAME} there") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{NAME}: not readable ({error})") from None
    matches = [_LINE.fullmatch(line) for line in lines]
    if not all(matches):
        raise ValueError(f"{NAME}: no list of sums and file names")
    return {match[2]: match[1] for match in matches}


def missing(folder: Path) -> str:
    """The first listed file that is not there, else nothing. Looks at no content. Raises `ValueError` as `read`."""
    return next((name for name in read(folder) if not (folder / name).is_file()), "")


def altered(folder: Path) -> str:
    """The first listed file that is missing or not what it was, and which; else nothing. Raises `ValueError`."""
    for name, expected in read(folder).items():
        try:
            if _digest(folder / name) != expected:
                return f"{name}: not as it was written (checksum differs)"
        except FileNotFoundError:
            return f"{name}: not there"
        except OSError as error:
            return f"{name}: not readable ({error.strerror})"
    return ""


def _digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
