"""Drawings become smaller, and show what they showed."""

import base64
import io
import re
from xml.etree import ElementTree

import matplotlib.style
import numpy as np
import pytest
import typst
from matplotlib.figure import Figure
from PIL import Image

from normstudy.report.compact_svg import compact
from normstudy.report.drawing import COLOURS, PLAIN

SVG = "{http://www.w3.org/2000/svg}"


def test_a_drawing_is_smaller():
    assert 0 < len(compact(drawn())) < 0.7 * len(drawn())


def test_it_shows_the_same():
    before, after = (shown(text) for text in (drawn(), compact(drawn())))
    assert before.shape == after.shape
    assert np.abs(before - after).mean() < 0.05  # of 255: rounded places, at the edges
    assert (np.abs(before - after) > 64).mean() < 1e-4


def test_colours_and_widths_are_kept():
    text = compact(drawn())
    assert set(re.findall(r"#[0-9a-f]{6}\b", text)) == set(re.findall(r"#[0-9a-f]{6}\b", drawn()))
    assert "stroke-width:1.5" in text
    assert "fill-opacity:0.4" in text


def test_every_link_leads_to_one_thing_and_letters_are_outlines_once():
    text = compact(drawn())
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:href="|url\()#([\w-]+)', text)) == set(ids)
    letters = [path for path in ElementTree.fromstring(text).iter(f"{SVG}path") if path.get("id", "").startswith("g-")]
    assert 10 < len(letters) < 60
    assert all("." not in path.get("d", "") for path in letters)  # in units of the font


def test_nothing_of_it_reaches_the_page_around_it():
    assert not re.search(r"<style|<metadata|<\?xml|<!", compact(drawn()))


@pytest.mark.parametrize("colours", ["grey", "few", "many"])
def test_an_image_within_keeps_its_pixels(colours):
    pixels = np.zeros((28, 28, 3), np.uint8)
    pixels[..., 0] = np.arange(28)
    if colours == "grey":
        pixels[:] = pixels[..., :1]
    elif colours == "many":
        pixels[..., 1] = np.arange(28)[:, None]
    with matplotlib.style.context(PLAIN):
        figure = Figure(figsize=(2, 2))
        figure.subplots().imshow(pixels)
    data = re.search(r'href="data:image/png;base64,([^"]+)"', compact(saved(figure)))[1]
    found = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))
    assert np.array_equal(found, pixels) or np.array_equal(found[::-1], pixels)


def test_numbers_are_rounded_and_commands_said_once():
    path = '<svg xmlns="http://www.w3.org/2000/svg" width="1pt" height="1pt" viewBox="0 0 1 1">{}</svg>'
    data = "M 0.123456 -0.0001 \nL 1.5 2 \nL 3 -4 \nL 5 -4 \nL 5 6 \nz\n"
    text = compact(path.format(f'<path d="{data}" style="fill: none"/>'))
    assert '<path d="M0.12 0L1.5 2 3 -4H5V6z" style="fill:none"/>' in text


@matplotlib.style.context(PLAIN)
def drawn() -> str:
    figure = Figure(figsize=(4, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot([1, 2, 5], [1, 4, 2], "o-", color=COLOURS["bn"], alpha=0.4)
    left.set(title="99.5 % of $x^2$", xlabel="epoch", ylabel="accuracy (%)")
    left.fill_between([1, 2, 5], [0, 1, 1], [2, 4, 3], color=COLOURS["gn"], alpha=0.2, linewidth=0)
    right.imshow(np.arange(9).reshape(3, 3), cmap="gray_r")
    right.annotate("here", (1, 1), (0, 2), arrowprops={"arrowstyle": "->"}, color=COLOURS["ln"])
    return saved(figure)


def saved(figure: Figure) -> str:
    data = io.StringIO()
    with matplotlib.style.context(["default", {"svg.hashsalt": "here"}]):
        figure.savefig(data, format="svg")
    return data.getvalue()


def shown(text: str) -> np.ndarray:
    page = f"#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes({ascii_string(text)}))"
    return np.asarray(Image.open(io.BytesIO(typst.compile(page.encode(), format="png", ppi=144))).convert("L"), int)


def ascii_string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
