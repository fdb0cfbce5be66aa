"""The gallery in a browser, from the disk: with and without its script, by keyboard, on a phone."""

import numpy as np
import pandas as pd
import pytest
from galleries import IMAGES, THEME, judged_run
from hostile import SCRIPT
from readers import NEEDS_CHROMIUM, faults, sideways

from normstudy.report.pages import gallery
from normstudy.report.pages.answers import Answers

pytestmark = NEEDS_CHROMIUM

BN = judged_run("bn", {place: (1, 0.5 + place / 100) for place in range(15)} | {16: (2, 0.97)})
GN = judged_run("gn", {3: (1, 0.52), 16: (7, 0.9), 17: (2, 0.505)})
"""17 images: 0 to 14 by BN (3 by both), 16 by both, 17 by GN."""


def written(folder, names=("BN", "GN")):
    nothing = np.zeros((2, IMAGES))
    runs = pd.DataFrame({"model": names, "seed": [0, 0]})
    label = BN.predictions["label"]
    shown = dict(zip(names, (BN, GN), strict=True))
    answers = Answers(runs, BN.config, np.arange(IMAGES), label, nothing, nothing, shown)
    body = gallery.gallery(answers, THEME).split("```{=html}\n")[1].split("\n```\n")[0]
    file = folder / "page.html"
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>-</title>'
    file.write_text(f'<!doctype html><html lang="en">{head}<main><h1>-</h1>{body}</main>', encoding="utf-8")
    return file


def shown(page):
    """The numbers of the images that can be seen, in order."""
    cards = page.locator(".gallery-cards > li").all()
    return [int(card.get_attribute("data-index")) for card in cards if card.is_visible()]


def choose(page, **values):
    for name, value in values.items():
        page.locator(f".gallery [name={name}]").select_option(value)


def count(page):
    return page.locator(".gallery [role=status]").inner_text()


def test_cards_are_filtered_and_sorted(opened, tmp_path):
    page = opened(written(tmp_path))
    assert count(page) == "17 of 17 images; the first 12 are shown."
    assert shown(page) == [16, *range(14, 3, -1)]
    choose(page, model="1")
    assert shown(page) == [16, 3, 17]
    assert count(page) == "3 of 17 images."
    choose(page, predicted="2")
    assert shown(page) == [17]  # 16 is taken for a 2 by the other model
    choose(page, model="")
    assert shown(page) == [16, 17]
    choose(page, order="least")
    assert shown(page) == [17, 16]
    choose(page, predicted="7", model="0")
    assert shown(page) == []
    assert count(page) == "No image was misclassified in this way."
    page.get_by_role("button", name="Show all", exact=True).click()
    page.wait_for_function("document.querySelector('.gallery-count').textContent.startsWith('17')")
    choose(page, order="index")
    assert shown(page) == list(range(12))


def test_everything_can_be_reached_by_keyboard(opened, tmp_path):
    page = opened(written(tmp_path))
    names = []
    for _ in range(7):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.name || document.activeElement.textContent"))
    assert names == ["model", "label", "predicted", "disputed", "order", "Show all", "Show all 17"]
    page.keyboard.press("Enter")
    assert len(shown(page)) == 17
    assert count(page) == "17 of 17 images."
    # Reading goes on where the list went on.
    assert page.evaluate("document.activeElement.dataset.index") == "3"


def test_without_script_all_cards_are_in_the_page_and_nothing_that_does_nothing(opened, tmp_path):
    page = opened(written(tmp_path), java_script_enabled=False)
    assert shown(page) == [16, *range(14, 0, -1), 17, 0]
    assert not any(page.locator(f".gallery {control}").first.is_visible() for control in ("select", "button"))


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_nothing_shuts_anybody_out(opened, tmp_path, width, scheme):
    page = opened(written(tmp_path), viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert faults(page) == []
    assert sideways(page) <= 0
    box = page.locator(".gallery-cards img:visible").first.bounding_box()
    assert (box["width"], box["height"]) == (84, 84)


def test_a_hostile_name_stays_text_when_the_script_has_run(opened, tmp_path):
    page = opened(written(tmp_path, ("BN", SCRIPT)))
    choose(page, model="1")
    assert page.title() == "-"
    assert "<script>" in page.locator(".gallery-cards li li").nth(1).inner_text()
