"""`make predict`: a line for each picture, and the rest of them where one is none."""

import csv
import shutil
import subprocess

import numpy as np
import pytest
from commands import ROOT, workflow
from PIL import Image


@pytest.fixture
def pictures(trained, tmp_path):
    """A folder of three test images, the second inverted and enlarged, what systems leave there, and a text."""
    folder = tmp_path / "my pictures"
    folder.mkdir()
    images = trained.data.evaluation.images[:3, 0].numpy()
    Image.fromarray(images[0]).save(folder / "a.png")
    Image.fromarray(255 - np.kron(images[1], np.ones((5, 5), np.uint8))).save(folder / "b.png")
    Image.fromarray(images[2]).save(folder / "=c.png")
    (folder / ".DS_Store").write_text("")
    (folder / "notes.txt").write_text("mine")
    return folder


def test_each_is_told_in_a_line_and_what_is_none_is_named(whole, pictures, tmp_path):
    told = workflow("predict", "--run", whole, "--images", pictures, "--csv", tmp_path / "answers.csv")
    assert told.returncode == 1
    (error,) = told.stderr.splitlines()
    assert error.startswith(f"error: {pictures / 'notes.txt'}: no picture of a kind that is read")
    lines = told.stdout.splitlines()
    assert [line.split(": ")[0] for line in lines] == [str(pictures / name) for name in ("=c.png", "a.png", "b.png")]
    assert lines[1].endswith("28 x 28 pixels, taken as it is")
    assert lines[2].endswith(
        "140 x 140 pixels, inverted, contrast stretched, the drawing fitted into 8 x 8, "
        "it put into the middle of 8 x 8, enlarged to 28 x 28"
    )
    rows = list(csv.DictReader((tmp_path / "answers.csv").open()))
    assert [row["class"] for row in rows] == [line.split(": ")[1].split(" ")[0] for line in lines]
    assert all(0 < float(row["probability"]) <= 1 for row in rows)
    # Again, and in its place; but never in that of a file of somebody's.
    again = workflow("predict", "--run", whole, "--images", f"{pictures / 'a.png'}", "--csv", tmp_path / "answers.csv")
    assert (again.returncode, again.stderr) == (0, "")
    assert len((tmp_path / "answers.csv").read_text().splitlines()) == 2


def test_several_are_named_by_a_pattern_or_parted_by_spaces(whole, pictures):
    make = ("make", "--no-print-directory")  # `make test` has made it a make within another, which tells its folder
    images = f"IMAGES='{pictures}/a.png' '{pictures}/[bx].png'"
    told = subprocess.run([*make, "predict", f"RUN={whole}", images], cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert [line.split(": ")[0][-5:] for line in told.stdout.splitlines()] == ["a.png", "b.png"]


@pytest.mark.fault("`make predict` without a run, without pictures, or with a CSV of somebody's", "one line, no answer")
@pytest.mark.parametrize(
    ("given", "why"),
    [
        (["--images", "{pictures}"], "say which run, with RUN="),
        (["--run", "{whole}"], "say which pictures, with IMAGES="),
        (["--run", "{whole}", "--images", "/nowhere/*.png"], "IMAGES=/nowhere/*.png: nothing there"),
        (["--run", "{whole}", "--images", "it's"], "IMAGES=it's: No closing quotation"),
        (["--run", "{whole}", "--images", "{empty}"], "no file in it"),
        (["--run", "{pictures}", "--images", "{pictures}"], "no metrics.json there"),
        (["--run", "{whole}", "--images", "{pictures}", "--csv", "{pictures}/notes.txt"], "not written here"),
        (["--run", "{whole}", "--images", "{pictures}", "--csv", "/nowhere/a.csv"], "no folder /nowhere"),
    ],
)
def test_what_cannot_be_begun_is_told_in_one_line(whole, pictures, tmp_path, given, why):
    empty = tmp_path / "empty"
    empty.mkdir()
    places = {"whole": whole, "pictures": pictures, "empty": empty}
    told = workflow("predict", *[each.format(**places) for each in given])
    assert (told.returncode, told.stdout) == (2, "")
    (line,) = told.stderr.splitlines()
    assert line.startswith("error: ")
    assert why in line
    assert (pictures / "notes.txt").read_text() == "mine"


def test_a_whole_run_is_left_as_it_was(whole, pictures, tmp_path):
    copy = shutil.copytree(whole, tmp_path / whole.name)
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    workflow("predict", "--run", copy, "--images", pictures)
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before
