"""Pictures for a dark page: what could be read on white can be read in the dark."""

import io
import re

import matplotlib.style
import pytest
from commands import ROOT
from matplotlib.figure import Figure

from normstudy.report.compact_svg import compact
from normstudy.report.contrast import contrast, ink
from normstudy.report.dark import GROUND, dark_colour, dark_svg, with_dark_colours
from normstudy.report.drawing import COLOURS, PLAIN
from normstudy.worked_example.normalized import normalized_values_figure
from normstudy.worked_example.sets import index_sets_figure

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
    text = dark_svg(drawn())
    colours = set(re.findall(r"#[0-9a-f]{6}\b", text))
    assert GROUND in colours
    assert not colours & {"#ffffff", "#000000", "#0072b2"}
    assert re.match(r"<svg fill=\"(#\w{6})\"", text)[1] == dark_colour("black")


def test_a_drawing_says_what_its_colours_become():
    text = with_dark_colours(drawn())
    said = dict(pair.split(":") for pair in re.match(r'<svg data-dark="([^"]*)"', text)[1].split())
    assert {f"#{colour}" for colour in said} == {"#000000", *re.findall(r"#[0-9a-f]{6}\b", drawn())}
    assert all(f"#{variant}" == dark_colour(f"#{colour}") for colour, variant in said.items())


def test_the_pages_have_the_ground_of_the_pictures():
    assert f"$body-bg: {GROUND};" in (ROOT / "theme/dark.scss").read_text()
    assert f", {GROUND});" in (ROOT / "src/normstudy/preview/assets/preview.css").read_text()


@matplotlib.style.context(PLAIN)
def drawn() -> str:
    figure = Figure(figsize=(2, 2))
    figure.subplots().plot([1, 2], color=COLOURS["bn"])
    data = io.StringIO()
    figure.savefig(data, format="svg")
    return compact(data.getvalue())
