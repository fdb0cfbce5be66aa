"""The gallery of all misclassified images: what stands in the page before any script runs."""

import base64
import io
import re

import numpy as np
import pytest
from bs4 import BeautifulSoup
from commands import ROOT
from galleries import THEME, judged_run
from hostile import TEXTS
from made_runs import made_run
from PIL import Image
from recorded import recorded_run

from normstudy.preview.page import unsupported_constructs
from normstudy.report import gallery
from normstudy.report.models import of_first_seed
from normstudy.runs.comparison import compared_runs
from normstudy.runs.folder import read_run


def page_of(block):
    return BeautifulSoup(block.split("```{=html}\n")[1].split("\n```\n")[0], "html.parser")


def words(element):
    return " ".join(element.get_text(" ").split())


def test_each_image_that_any_model_misclassifies_has_one_card_with_every_answer():
    runs = [judged_run("bn", {3: (1, 0.7), 5: (2, 0.9)}), judged_run("gn", {5: (4, 0.95), 8: (1, 0.6)})]
    block = gallery.section(runs, THEME)
    cards = page_of(block).select(".gallery-cards > li")
    assert [card["data-index"] for card in cards] == ["5", "3", "8"]  # the surest error first
    assert (cards[0]["data-said"], cards[0]["data-sure"]) == ("2 4", "0.9000 0.9500")
    assert "true 0 no. 5 BN: 2 (90.0 %) GN: 4 (95.0 %)" in words(cards[0])
    assert "BN: 1 (70.0 %) GN: 0, right (99.0 %)" in words(cards[1])
    assert "3 of 20 test images are misclassified by at least one of 2 models (one run of each)." in block
    assert "Here are all of them, the surest error first." in block
    assert unsupported_constructs(block) == []


def test_the_picture_is_the_image_dark_on_white_with_a_text():
    run = judged_run("bn", {7: (1, 0.7)})
    picture = page_of(gallery.section([run], THEME)).find("img")
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture["src"].partition(",")[2]))))
    assert (shown == 255 - run.misclassified["images"][0]).all()
    assert picture["alt"] == "Image number 7 of the test images, by its label of class 0."


def test_the_published_runs_have_all_their_errors_in_a_light_page():
    runs = of_first_seed(compared_runs(ROOT / "results"))
    block = gallery.section(runs, THEME)
    cards = page_of(block).select(".gallery-cards > li")
    for place, run in enumerate(runs):
        wrong = {int(card["data-index"]) for card in cards if card["data-said"].split()[place] != card["data-label"]}
        assert wrong == set(run.misclassified["index"].tolist())
    disputes = [card for card in cards if card.get("data-disputed")]
    assert all("label disputed: of 5 people" in words(card) for card in disputes)
    assert len(disputes) == words(page_of(block)).count("label disputed: of")
    assert len(block) < 150_000


def test_where_nothing_can_be_shown_there_is_no_gallery():
    lost = made_run("none", [], diverged=True)
    assert gallery.section([judged_run("bn", {})], THEME) == ""
    assert gallery.section([lost], THEME) == ""
    assert gallery.section([recorded_run("bn", [0.1])], THEME) == ""
    block = gallery.section([judged_run("bn", {1: (1, 0.7)}), lost], THEME)
    assert "1 of 20 test image is misclassified by one run of the model. Here it is." in block
    assert "1 of 2 models diverged (No norm)." in block
    assert page_of(block).find("select", attrs={"name": "model"}) is None


def test_a_gallery_of_digits(whole):
    block = gallery.section([read_run(whole)], THEME)
    assert page_of(block).find("select", attrs={"name": "disputed"}) is None
    assert len(page_of(block).select("img")) == min(gallery.MOST_IMAGES, len(read_run(whole).misclassified["index"]))


def test_of_too_many_images_the_surest_errors_are_shown(monkeypatch):
    monkeypatch.setattr(gallery, "MOST_IMAGES", 2)
    block = gallery.section([judged_run("bn", {place: (1, 0.5 + place / 50) for place in range(5)})], THEME)
    assert [card["data-index"] for card in page_of(block).select(".gallery-cards > li")] == ["4", "3"]
    assert "5 of 20 test images are misclassified by one run of the model. Here are the 2 of which" in block


def test_of_many_models_those_that_are_right_are_counted():
    runs = [judged_run("gn", {2: (1, 0.7)} if at == 4 else {}, groups=2**at) for at in range(4)]
    runs += [judged_run("bn", {2: (3, 0.8)}, l1=at / 1e4) for at in range(1, 5)]
    card = page_of(gallery.section(runs, THEME)).select_one(".gallery-cards > li")
    assert words(card).endswith("4 models right")
    assert words(card).count("%") == 4


@pytest.mark.parametrize("kind", TEXTS)
def test_a_hostile_name_is_text(kind, monkeypatch):
    monkeypatch.setattr(gallery, "model_names", lambda runs: [TEXTS[kind]] * len(runs))
    block = gallery.section([judged_run("bn", {3: (1, 0.7)}), judged_run("gn", {})], THEME)
    page = page_of(block)
    assert len(page.find_all("script")) == len(page.find_all("style")) == len(page.find_all("img")) == 1
    assert unsupported_constructs(block) == []
    assert re.findall("^`{3}.*", block, re.MULTILINE) == ["```{=html}", "```"]
    name = page.select("select[name=model] option")[1].get_text()
    assert name
    assert name in page.select_one(".gallery-cards > li li").get_text()
