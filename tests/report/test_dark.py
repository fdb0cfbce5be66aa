"""Pictures for a dark page: what could be read on white can be read in the dark."""

import base64
import io
import itertools
import re

import matplotlib.style
import numpy as np
import pytest
from commands import ROOT
from matplotlib.figure import Figure
from PIL import Image

from normstudy.by_hand.normalized import normalized_values_figure
from normstudy.by_hand.sets import index_sets_figure
from normstudy.report import markup
from normstudy.report.contrast import contrast, ink
from normstudy.report.dark import GROUND, dark_colour, dark_name, dark_png, dark_svg
from normstudy.report.drawing import COLOURS, PLAIN

GREYS = ["#000000", "#333333", "#595959", "#666666", "#767676"]


@pytest.mark.parametrize("colour", COLOURS.values())
def test_a_normalization_can_be_read_and_its_labels_have_the_colour_of_its_line(colour):
    assert contrast(dark_colour(colour), GROUND) >= 4.5
    assert dark_colour(ink(colour)) == dark_colour(colour)


def test_normalizations_still_differ():
    assert len({dark_colour(colour) for colour in COLOURS.values()}) == len(COLOURS)


@pytest.mark.parametrize("colour", GREYS)
def test_what_could_be_read_can_be_read(colour):
    assert contrast(dark_colour(colour), GROUND) >= 4.5


@pytest.mark.parametrize("colour", ["#999999", "#8c8c8c", "#E69F00", "#56B4E9", "#a0a0a0"])
def test_lines_can_be_seen(colour):
    assert contrast(dark_colour(colour), GROUND) >= 3 - 0.02


def test_white_is_the_ground_and_a_grid_stays_faint():
    assert dark_colour("white") == GROUND
    assert 1.1 < contrast(dark_colour("#dddddd"), GROUND) < 1.6


@pytest.mark.parametrize("draw", [index_sets_figure, normalized_values_figure])
def test_numbers_in_cells_can_be_read(draw):
    for axes in draw().axes:
        for cell, label in zip([patch for patch in axes.patches if patch.get_fill()], axes.texts, strict=True):
            colours = (
                dark_colour(matplotlib.colors.to_hex(each)) for each in (cell.get_facecolor(), label.get_color())
            )
            assert contrast(*colours) >= 4.5, label.get_text()


def test_every_colour_of_a_drawing_is_turned():
    text = dark_svg(drawn("svg").decode())
    colours = set(re.findall(r"#[0-9a-f]{6}\b", text))
    assert GROUND in colours
    assert not colours & {"#ffffff", "#000000", "#0072b2"}
    assert re.match(r"(?s).*?<svg fill=\"(#\w{6})\"", text)[1] == dark_colour("black")
    image = base64.b64decode(re.search(r"base64,\s*([\w+/=\s]+)", text)[1])
    assert np.asarray(Image.open(io.BytesIO(image)).convert("RGB")).min() == int(GROUND[1:3], 16)


def test_pixels_are_turned_and_their_order_is_kept():
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    data = io.BytesIO()
    Image.fromarray(ramp).save(data, format="png")
    turned = np.asarray(Image.open(io.BytesIO(dark_png(data.getvalue()))))[0].astype(int)
    assert (np.diff(turned[:, 0]) <= 0).all()
    assert turned[255].tolist() == [int(GROUND[1:3], 16)] * 3
    assert contrast(turned[0] / 255, GROUND) >= 13
    for low, high in itertools.pairwise(range(64, 256, 64)):
        before, after = (
            contrast(ramp[0, low] / 255, ramp[0, high] / 255),
            contrast(turned[low] / 255, turned[high] / 255),
        )
        assert after == pytest.approx(before, rel=0.05)


def test_a_figure_has_its_variant_beside_it(tmp_path, monkeypatch):
    monkeypatch.setattr(markup, "FIGURE_FOLDER", tmp_path)
    with matplotlib.style.context(PLAIN):
        figure = Figure()
    figure.subplots().plot([1, 2])
    markup.figure("one", figure, "A line", "A caption")
    (tmp_path / "sheet").mkdir()
    (tmp_path / "sheet/other.png").write_bytes(drawn("png"))
    markup.figure("two", tmp_path / "sheet/other.png", "A line", "A caption")
    for name in ("one.svg", "two.png"):
        assert dark_name(tmp_path / name).read_bytes() != (tmp_path / name).read_bytes()


def test_the_pages_have_the_ground_of_the_pictures():
    assert f"$body-bg: {GROUND};" in (ROOT / "theme/dark.scss").read_text()
    assert f", {GROUND});" in (ROOT / "src/normstudy/preview/assets/preview.css").read_text()


@matplotlib.style.context(PLAIN)
def drawn(kind: str) -> bytes:
    figure = Figure(figsize=(2, 2))
    left, right = figure.subplots(1, 2)
    left.plot([1, 2], color=COLOURS["bn"])
    right.imshow(np.arange(9).reshape(3, 3), cmap="gray_r")
    data = io.BytesIO()
    figure.savefig(data, format=kind)
    return data.getvalue()
