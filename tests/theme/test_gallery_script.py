"""The gallery in a browser: from the disk, with and without its script, in the pages of both renderers."""

import re
from contextlib import contextmanager

import pytest
from galleries import THEME, judged_run
from hostile import SCRIPT
from readers import CHROMIUM, NEEDS_CHROMIUM, RENDERERS

from normstudy.report import gallery

pytestmark = NEEDS_CHROMIUM

RUNS = [
    judged_run("bn", {place: (1, 0.5 + place / 100) for place in range(15)} | {16: (2, 0.97)}),
    judged_run("gn", {3: (1, 0.52), 16: (7, 0.9), 17: (2, 0.505)}),
]
"""17 images: 0 to 14 by BN (3 by both), 16 by both, 17 by GN."""


@contextmanager
def browsing(file, **options):
    """A page of a browser on `file`, from the disk; nothing in it may fail or be asked for elsewhere."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(**options).new_page()
        page.set_default_timeout(300_000)  # the report is a large page
        problems = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: problems.append(request.url) if request.url.startswith("http") else None)
        page.goto(file.as_uri())
        yield page
        browser.close()
    assert problems == []


def written(folder, runs=RUNS):
    block = gallery.section(runs, THEME)
    body = block.split("```{=html}\n")[1].split("\n```\n")[0]
    file = folder / "page.html"
    file.write_text(f"<!doctype html><html lang='en'><meta charset='utf-8'><title>-</title>{body}", encoding="utf-8")
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


def test_cards_are_filtered_and_sorted(tmp_path):
    with browsing(written(tmp_path)) as page:
        assert count(page) == "17 of 17 images; the first 12 are shown."
        assert shown(page) == [16, *range(14, 3, -1)]
        choose(page, model="1")
        assert shown(page) == [16, 3, 17]
        assert count(page) == "3 of 17 images."
        choose(page, said="2")
        assert shown(page) == [17]  # 16 is taken for a 2 by the other model
        choose(page, model="")
        assert shown(page) == [16, 17]
        choose(page, order="unsurest")
        assert shown(page) == [17, 16]
        choose(page, said="7", model="0")
        assert shown(page) == []
        assert count(page) == "No image was misclassified in this way."
        page.get_by_role("button", name="Show all", exact=True).click()
        page.wait_for_function("document.querySelector('.gallery-count').textContent.startsWith('17')")
        choose(page, order="index")
        assert shown(page) == list(range(12))


def test_everything_can_be_reached_by_keyboard(tmp_path):
    with browsing(written(tmp_path)) as page:
        names = []
        for _ in range(6):
            page.keyboard.press("Tab")
            names.append(page.evaluate("document.activeElement.name || document.activeElement.textContent"))
        assert names == ["model", "label", "said", "order", "Show all", "Show all 17"]
        page.keyboard.press("Enter")
        assert len(shown(page)) == 17
        assert count(page) == "17 of 17 images."
        # Reading goes on where the list went on.
        assert page.evaluate("document.activeElement.dataset.index") == "3"


def test_without_script_all_cards_stand_in_the_page_and_nothing_that_does_nothing(tmp_path):
    with browsing(written(tmp_path), java_script_enabled=False) as page:
        assert shown(page) == [16, *range(14, 0, -1), 17, 0]
        assert not any(page.locator(f".gallery {control}").first.is_visible() for control in ("select", "button"))


def test_a_hostile_name_stays_text_when_the_script_has_run(tmp_path, monkeypatch):
    monkeypatch.setattr(gallery, "model_names", lambda runs: [SCRIPT] * len(runs))
    with browsing(written(tmp_path)) as page:
        choose(page, model="1")
        assert page.title() == "-"
        assert "<script>" in page.locator(".gallery-cards li li").first.inner_text()


@pytest.mark.parametrize("renderer", RENDERERS)
def test_the_page_of_a_renderer(site, renderer):
    with browsing(site(renderer) / "index.html", viewport={"width": 390, "height": 800}) as page:
        total = int(re.match(r"(\d+) of \1 images; the first 12", count(page))[1])
        assert total > 12
        choose(page, label="9", disputed="no")
        assert 0 < len(shown(page)) < total
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        box = page.locator(".gallery-cards img:visible").first.bounding_box()
        assert (box["width"], box["height"]) == (84, 84)
