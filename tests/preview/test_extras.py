"""What a page of the site has besides its text."""

import re
import shutil

import pytest
from bs4 import BeautifulSoup
from commands import ROOT
from PIL import Image
from readers import CHROMIUM, NEEDS_CHROMIUM, browser_on

from normstudy.preview.extras import finished, put_extras

THEME = ROOT / "theme"
PAGE = (
    '<html><head><title>A &amp; B</title><meta name="description" content="Words"></head>'
    "<body><main>Text</main></body></html>"
)


def tags(page):
    found = BeautifulSoup(page, "html.parser").find_all("meta", property=True)
    return {tag["property"]: tag["content"] for tag in found}


def test_the_article_says_what_is_shown_of_a_link_to_it():
    own = tags(finished(PAGE, THEME, "https://example.org/report"))
    assert own["og:title"] == "A & B"
    assert own["og:description"] == "Words"
    assert own["og:image"] == "https://example.org/report/card.png"
    assert tags(finished(PAGE, THEME, ""))["og:image"] == "card.png"
    assert tags(finished(PAGE, THEME)) == {}


def test_every_page_has_the_icon_and_the_scripts():
    page = BeautifulSoup(finished(PAGE, THEME), "html.parser")
    assert page.find("link", rel="icon")["href"].startswith("data:image/svg+xml;base64,")
    assert len(page.body.find_all("script")) == len(list(THEME.glob("*.js")))


def test_the_card_has_the_size_that_others_ask_for():
    assert Image.open(THEME / "card.png").size == (1200, 630)


@NEEDS_CHROMIUM
@pytest.mark.parametrize(
    ("host", "home"),
    [("someone.github.io", "https://someone.github.io/report/"), ("example.org", "https://example.org/")],
)
def test_an_address_that_leads_nowhere(host, home):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.route("**", lambda route: route.fulfill(path=THEME / "404.html", status=404, content_type="text/html"))
        page.goto(f"https://{host}/report/a/b/c.html")
        assert page.evaluate("document.getElementById('home').href") == home
        browser.close()


@NEEDS_CHROMIUM
def test_what_scrolls_sideways_can_be_reached_with_the_keyboard(tmp_path):
    boxes = (
        '<pre style="overflow:auto;width:9em">one</pre><pre style="overflow:auto;width:9em">' + "long " * 99 + "</pre>"
    )
    (tmp_path / "index.html").write_text(finished(PAGE.replace("Text", boxes), THEME))
    with browser_on(tmp_path, 390) as (page, here):
        page.goto(here + "index.html")
        assert page.evaluate("[...document.querySelectorAll('pre')].map((box) => box.getAttribute('tabindex'))") == [
            None,
            "0",
        ]
        going_on = "[...document.querySelectorAll('pre')].map((box) => box.classList.contains('more'))"
        assert page.evaluate(going_on) == [False, True]
        page.evaluate("document.querySelectorAll('pre')[1].scrollLeft = 1e5")
        page.wait_for_function("!document.querySelector('.more')")


def test_extras_lie_beside_the_article(tmp_path):
    shutil.copytree(THEME, tmp_path / "theme")
    put_extras(tmp_path / "theme", tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"theme", "card.png", "404.html"}
    assert not re.search(r"(src|href)=\"(?!/)", (tmp_path / "404.html").read_text())
