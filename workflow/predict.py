"""Say what a trained network sees in pictures. What `make predict` calls.

Usage: python workflow/predict.py --run results/gn4-mnist-seed0-5caff818 --images PICTURES [--csv answers.csv]

PICTURES: a file, a folder of them, a pattern (`scans/*.png`), or several of these parted by spaces. Files of any size,
bright on dark or dark on bright. A line for each: its name, the class, its probability, and what was done to the
picture first. What is no picture is named, and the others are done; the exit status is 1 then, and 2 where nothing
could be begun. `using/fitting.py` tells what is done.
"""

from __future__ import annotations

import argparse
import csv
import glob
import io
import os
import shlex
import sys
from pathlib import Path

from surroundings import settle

from normstudy.errors import NormstudyError, disk_refusal
from normstudy.ownership import LITTER, as_typed
from normstudy.paths import write_whole
from normstudy.report.core.text import confidence
from normstudy.runs.folder import RunError
from normstudy.text import one_line, visible
from normstudy.using.classifier import Answer, Classifier, load
from normstudy.using.image_file import ImageFileError

HEADING = ("file", "class", "probability", "done")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With what a cell begins that a spreadsheet would compute."""


class PicturesError(NormstudyError):
    """No picture was named, or what was is not there."""


def pictures(named: str) -> list[Path]:
    """The files that `named` stands for. Raises `PicturesError`."""
    if not named.strip():
        raise PicturesError("say which pictures, with IMAGES=: a file, a folder, or a pattern such as 'scans/*.png'")
    try:
        parts = [named] if os.path.lexists(as_typed(named)) else shlex.split(named)
    except ValueError as error:
        raise PicturesError(f"IMAGES={one_line(named)}: {error}; name a folder in its place") from None
    found: list[Path] = []
    for part in parts:
        place = as_typed(part)
        matches = [place] if os.path.lexists(place) else [Path(each) for each in sorted(glob.glob(str(place)))]
        if not matches:
            raise PicturesError(f"IMAGES={one_line(part)}: nothing there; name a file, a folder or a pattern")
        for each in matches:
            found += in_folder(each) if each.is_dir() else [each]
    return list(dict.fromkeys(found))


def in_folder(folder: Path) -> list[Path]:
    """The files in `folder`, hidden ones and what desktops leave aside. Raises `PicturesError`."""
    files = [path for path in folder.iterdir() if not path.name.startswith(".") and path.name not in LITTER]
    found = sorted(path for path in files if not path.is_dir())
    if not found:
        raise PicturesError(f"{one_line(folder)}: no file in it; name a folder of pictures")
    return found


def in_a_line(path: Path, answer: Answer) -> str:
    """`scan.png: 7 (99.3 %); 640 x 480 pixels, inverted, …`."""
    return f"{visible(one_line(path))}: {answer.name} ({confidence(answer.probability)}); {answer.done}"


def tell(classifier: Classifier, paths: list[Path]) -> tuple[list[tuple[Path, Answer]], int]:
    """Classify, and say it; the answers, and how many files are no pictures."""
    answers = []
    for path in paths:
        try:
            answer = classifier.classify(path)
        except ImageFileError as error:
            print(f"error: {error}", file=sys.stderr, flush=True)
        else:
            answers.append((path, answer))
            print(in_a_line(path, answer), flush=True)
    return answers, len(paths) - len(answers)


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
    writer.writerow(HEADING)
    for file, answer in answers:
        name = visible(one_line(file))
        shown = f"'{name}" if name.startswith(FORMULA) else name
        writer.writerow([shown, answer.name, f"{answer.probability:.6g}", answer.done])
    write_whole(path, text.getvalue())


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--run", type=as_typed, default=None, help="the folder of a finished run")
    parser.add_argument("--images", default="", help="a file, a folder or a pattern")
    parser.add_argument("--csv", type=as_typed, default=None, help="write the answers into this file, too")
    arguments = parser.parse_args()
    try:
        settle(__file__)
        if arguments.run is None:
            raise RunError("say which run, with RUN=: its folder, such as results/gn4-mnist-seed0-5caff818")
        paths = pictures(arguments.images)
        if arguments.csv:
            refuse_another(arguments.csv)
        answers, failed = tell(load(arguments.run), paths)
        if arguments.csv:
            write_csv(arguments.csv, answers)
    except NormstudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {disk_refusal(error, arguments.images)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
