"""Classify pictures with a trained network. What `make predict` calls.

Usage: python workflow/predict.py --run results/gn4-mnist-seed0-5caff818 --images PICTURES [--csv answers.csv]

PICTURES: a file, a folder of them, a pattern (`scans/*.png`), or several of these separated by spaces. Pictures of any
size, bright on dark or dark on bright. A line for each: its name, the class, its probability (under 90 %, the second
guess as well), and what was done to the picture first. In folders and patterns, files that are no pictures are skipped.
The exit status is 1 where a picture could not be read, and 2 where nothing could be begun.
"""

from __future__ import annotations

import argparse
import csv
import glob
import io
import mimetypes
import os
import re
import shlex
import sys
from pathlib import Path

import command

from normstudy.errors import NormstudyError
from normstudy.ownership import LITTER, as_typed
from normstudy.paths import write_whole
from normstudy.report.core.text import confidence
from normstudy.runs.folder import RunError
from normstudy.text import one_line, visible
from normstudy.using.classifier import Answer, load
from normstudy.using.image_file import ImageFileError, NoImageError

HEADING = ("file", "class", "probability", "done")
SECOND = ("second class", "second probability")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With what a cell begins that a spreadsheet would compute."""

SURE = 0.9
"""Of an answer with a lower probability the second guess is shown, too."""


class PicturesError(NormstudyError):
    """No picture was named, or what was is not there."""


def pictures(named: str) -> dict[Path, bool]:
    """The files that `named` stands for, and whether each was named itself. Raises `PicturesError`."""
    if not named.strip():
        raise PicturesError("say which pictures, with IMAGES=: a file, a folder, or a pattern such as 'scans/*.png'")
    try:
        is_one = os.path.lexists(as_typed(named)) or glob.glob(str(as_typed(named)))  # with spaces in its name
        parts = [named] if is_one else shlex.split(named)
    except ValueError as error:
        raise PicturesError(f"IMAGES={one_line(named)}: {error}; name a folder in its place") from None
    found: dict[Path, bool] = {}
    for part in parts:
        place = as_typed(part)
        matches = [place] if os.path.lexists(place) else [Path(each) for each in sorted(glob.glob(str(place)))]
        if not matches:
            why = "an address; download it" if re.match(r"[a-z]{2,}:/", part) else "nothing there"
            raise PicturesError(f"IMAGES={one_line(part)}: {why}; name a file, a folder or a pattern")
        for match in matches:
            inside = sorted(match.iterdir()) if match.is_dir() else [match]
            if not inside:
                raise PicturesError(f"{one_line(match)}: no file in it; name a folder of pictures")
            found |= {each: each == place for each in inside if each == place or not _is_hidden(each)}
    return found


def _is_hidden(path: Path) -> bool:
    """Whether desktops leave it in folders."""
    return path.name.startswith(".") or path.name in LITTER


def in_a_line(path: Path, answer: Answer) -> str:
    """`scan.png: 7 (43.8 %), or 1 (30.2 %); 640 x 480 pixels, inverted, …`."""
    second = f", or {answer.second} ({confidence(answer.second_probability)})" if answer.probability < SURE else ""
    return f"{visible(one_line(path))}: {answer.name} ({confidence(answer.probability)}){second}; {answer.done}"


def predict(run: Path | None, images: str, table: Path | None) -> int:
    """Classify and print; the exit status. Raises `NormstudyError`."""
    if run is None:
        raise RunError("say which run, with RUN=: its folder, such as results/gn4-mnist-seed0-5caff818")
    paths = pictures(images)
    if table:
        refuse_another(table)
    classifier = load(run)
    answers: list[tuple[Path, Answer]] = []
    failed = 0
    for path, is_named in paths.items():
        try:
            if path.is_dir():
                raise NoImageError(f"{one_line(path)}: a folder within a folder; name it as well")
            answers.append((path, classifier.classify(path)))
            print(in_a_line(*answers[-1]))
        except ImageFileError as error:
            looks_like_one = (mimetypes.guess_type(path.name)[0] or "").startswith("image/")
            is_skipped = isinstance(error, NoImageError) and not (is_named or looks_like_one)
            failed += not is_skipped
            print(f"{'skipped' if is_skipped else 'error'}: {error}", file=sys.stderr)
    if not answers and not failed:
        raise PicturesError(f"IMAGES={one_line(images)}: no picture in it; name a folder of pictures")
    if table:
        write_csv(table, answers)
    return int(failed > 0)


def refuse_another(path: Path) -> None:
    """Raises `PicturesError` where the file `path` is not one that this program wrote."""
    if os.path.lexists(path):
        try:
            ours = path.read_text(encoding="utf-8").startswith(",".join(HEADING))
        except (OSError, UnicodeDecodeError):
            ours = False
        if not ours:
            raise PicturesError(f"CSV={one_line(path)}: there already, and not written here; name another file")
    elif not path.parent.is_dir():
        raise PicturesError(f"CSV={one_line(path)}: no folder {one_line(path.parent)}; make it, or name another file")


def write_csv(path: Path, answers: list[tuple[Path, Answer]]) -> None:
    """Put `answers` in the place of the file `path`. Raises `DiskError`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADING + SECOND)
    for file, answer in answers:
        name = visible(one_line(file))
        shown = f"'{name}" if name.startswith(FORMULA) else name
        row = [shown, answer.name, f"{answer.probability:.6g}", answer.done]
        writer.writerow([*row, answer.second, f"{answer.second_probability:.6g}"])
    write_whole(path, text.getvalue())


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--run", type=as_typed, default=None, help="the folder of a finished run")
    parser.add_argument("--images", default="", help="a file, a folder or a pattern")
    parser.add_argument("--csv", type=as_typed, default=None, help="write the answers into this file, too")
    given = parser.parse_args()
    return command.run(lambda: predict(given.run, given.images, given.csv), given.images, failed=2)


if __name__ == "__main__":
    sys.exit(main())
