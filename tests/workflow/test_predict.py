"""`make predict`: a line for each picture, and the rest of them where one is none."""

import csv
import shutil
import subprocess

import numpy as np
import predict
import pytest
from commands import ROOT, workflow
from PIL import Image

from normstudy.errors import NormstudyError


@pytest.fixture
def pictures(trained, tmp_path):
    """A folder of three test images, the second inverted and enlarged, and of files and a folder that are none."""
    folder = tmp_path / "my pictures"
    (folder / "older").mkdir(parents=True)
    images = trained.data.evaluation.images[:3, 0].numpy()
    Image.fromarray(images[0]).save(folder / "a.png")
    Image.fromarray(255 - np.kron(images[1], np.ones((5, 5), np.uint8))).save(folder / "b.png")
    Image.fromarray(images[2]).save(folder / "=c.png")
    (folder / ".DS_Store").write_text("")
    (folder / "notes.txt").write_text("mine")
    return folder


def test_each_has_its_line_and_what_is_no_picture_is_skipped(whole, pictures, tmp_path, capsys):
    table = tmp_path / "answers.csv"
    assert predict.predict(whole, str(pictures), table) == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert [line.split(": ")[0] for line in lines] == [str(pictures / name) for name in ("=c.png", "a.png", "b.png")]
    assert lines[1].endswith("28 x 28 pixels, taken as it is")
    assert lines[2].endswith(
        "140 x 140 pixels, inverted, contrast stretched, the drawing fitted into 8 x 8, "
        "it put into the middle of 8 x 8, enlarged to 28 x 28"
    )
    notes, older = shown.err.splitlines()
    assert notes.startswith(f"skipped: {pictures / 'notes.txt'}: no picture of a kind that is read")
    assert older == f"skipped: {pictures / 'older'}: a folder within a folder; name it as well"
    rows = list(csv.DictReader(table.open()))
    assert [row["class"] for row in rows] == [line.split(": ")[1].split(" ")[0] for line in lines]
    for row, line in zip(rows, lines, strict=True):
        assert 0 < float(row["second probability"]) < float(row["probability"]) <= 1
        assert (f", or {row['second class']} (" in line) == (float(row["probability"]) < 0.9)
    assert any(", or " in line for line in lines)
    # A picture that cannot be read, and a file that was named itself, are no strays.
    (pictures / "=c.png").write_text("")
    assert predict.predict(whole, str(pictures), table) == 1
    assert f"error: {pictures / '=c.png'}: no picture of a kind" in capsys.readouterr().err
    assert len(table.read_text().splitlines()) == 3
    assert predict.predict(whole, str(pictures / "notes.txt"), None) == 1


def test_several_are_named_by_a_pattern_or_separated_by_spaces(whole, pictures):
    make = ("make", "--no-print-directory")  # `make test` has made it a make within another, which prints its folder
    images = f"IMAGES='{pictures}/a.png' '{pictures}/[bn]*'"
    done = subprocess.run([*make, "predict", f"RUN={whole}", images], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [line.split(": ")[0][-5:] for line in done.stdout.splitlines()] == ["a.png", "b.png"]
    assert "notes.txt: no picture" in done.stderr


@pytest.mark.fault("`make predict` without a run, without pictures, or with a CSV of somebody's", "one line, no answer")
@pytest.mark.parametrize(
    ("run", "images", "table", "why"),
    [
        (None, "{pictures}", None, "say which run, with RUN="),
        ("{whole}", "", None, "say which pictures, with IMAGES="),
        ("{whole}", "/nowhere/*.png", None, "IMAGES=/nowhere/*.png: nothing there"),
        ("{whole}", "https://example.org/7.png", None, "an address; download it"),
        ("{whole}", "it's", None, "IMAGES=it's: No closing quotation"),
        ("{whole}", "{empty}", None, "no file in it"),
        ("{whole}", "{pictures}/notes*", None, "no picture in it"),
        ("{pictures}", "{pictures}", None, "no run there; name results/bn_l1-"),
        ("{whole}", "{pictures}", "{pictures}/notes.txt", "not written here"),
        ("{whole}", "{pictures}", "/nowhere/a.csv", "no folder /nowhere"),
    ],
)
def test_what_cannot_be_begun_is_refused_in_one_line(whole, pictures, tmp_path, run, images, table, why):
    (tmp_path / "empty").mkdir()
    places = {"whole": whole, "pictures": pictures, "empty": tmp_path / "empty"}
    run, table = (each and predict.as_typed(each.format(**places)) for each in (run, table))
    with pytest.raises(NormstudyError) as caught:
        predict.predict(run, images.format(**places), table)
    (line,) = str(caught.value).splitlines()
    assert why in line
    assert (pictures / "notes.txt").read_text() == "mine"


def test_the_status_is_2_where_nothing_is_begun(pictures):
    done = workflow("predict", "--run", "gn4", "--images", pictures)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: gn4: no run there; name results/gn4-mnist-seed0-5caff818\n"


def test_a_run_is_left_as_it_was(whole, pictures, tmp_path):
    copy = shutil.copytree(whole, tmp_path / whole.name)
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    predict.predict(copy, str(pictures), None)
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before
