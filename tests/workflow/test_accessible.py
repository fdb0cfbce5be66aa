"""The whole site of the published results, through both renderers, in a browser: as it is seen, and by a checker.

It is made once for all tests; none depends on which pages there are.
"""

import re

import pytest
from bs4 import BeautifulSoup
from readers import (
    CHROMIUM,
    NEEDS_CHROMIUM,
    NEEDS_QUARTO,
    RENDERERS,
    browser_on,
    cut_tables,
    faults,
    is_elsewhere,
    sideways,
)

MOST_BYTES = {"index.html": 1_000_000}
MOST_BYTES_OF_ANY = 2_500_000


def pages_of(folder):
    """The pages of a site, by their paths in it; of the notebooks of runs, one."""
    pages = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html") if path.name != "404.html")
    notebooks = [page for page in pages if page.startswith("results/")]
    return [page for page in pages if page not in notebooks[1:]]


def read(folder, name):
    return BeautifulSoup((folder / name).read_text(encoding="utf-8"), "html.parser")


@pytest.mark.parametrize("renderer", RENDERERS)
def test_every_link_leads_somewhere(site, renderer):
    folder, pages = site(renderer), {}
    for path in folder.rglob("*.html"):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        pages[path.resolve()] = page, {element["id"] for element in page.find_all(id=True)}
    broken = []
    for path, (page, _) in pages.items():
        assert "?@" not in page.body.get_text()
        assert "{python}" not in page.body.get_text()
        for element in page.find_all(["a", "img", "source"]):
            address, *_, part = (element.get("href") or element.get("src") or "").partition("#")
            if re.match(r"\w+:|//", address) or path.name == "404.html":
                continue
            target = (path.parent / address).resolve() if address else path
            if not target.exists():
                broken.append((path.name, address))
            elif part and target in pages and part not in pages[target][1]:
                broken.append((path.name, f"{address}#{part}"))
    assert broken == []


@pytest.mark.parametrize("renderer", RENDERERS)
def test_pages_are_small_and_every_picture_is_described(site, renderer):
    folder = site(renderer)
    for name in pages_of(folder):
        assert (folder / name).stat().st_size <= MOST_BYTES.get(name, MOST_BYTES_OF_ANY), name
        for picture in read(folder, name).find("main").find_all("img"):
            assert picture.get("alt"), (name, picture["src"][:80])


@NEEDS_QUARTO
def test_both_renderers_show_the_same_tables_captions_and_words(site):
    def squeezed(element):
        return re.sub(r"\s+", "", element.get_text())

    ours, theirs = site("preview"), site("quarto")
    assert pages_of(ours) == pages_of(theirs)
    for name in pages_of(ours):
        if name.startswith(("results/", "docs/")):
            continue
        pages = [read(folder, name).find("main") for folder in (ours, theirs)]
        for kind in ("figcaption", "td"):
            shown = [[squeezed(each) for each in page.select(kind)] for page in pages]
            assert sorted(shown[0]) == sorted(shown[1]), name


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
@NEEDS_CHROMIUM
def test_pages_in_a_browser(site, renderer, width, scheme):
    problems = []
    with browser_on(site(renderer), width, scheme) as (page, here):
        page.set_default_timeout(300_000)
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: problems.append(request.url) if is_elsewhere(request.url, here) else None)
        page.on("response", lambda response: problems.append(response.url) if response.status >= 400 else None)
        for name in pages_of(site(renderer)):
            page.goto(here + name, wait_until="load")
            page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
            found = [f"{name}: {fault}" for fault in faults(page)]
            found += [f"{name}: wider than the window by {sideways(page)} pixels"] * (sideways(page) > 0)
            missing = "[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
            found += [f"{name}: {source}" for source in page.evaluate(missing)]
            if width > 1000:
                found += [f"{name}: {table} is cut" for table in cut_tables(page)]
            problems += found
    assert problems == []


GROUNDS = (
    "[...document.querySelectorAll('.light-content, .dark-content')].map((e) => [e.className, e.offsetParent !== null])"
)


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@NEEDS_CHROMIUM
def test_page_and_figures_follow_the_readers_system_and_are_light_on_paper(site, renderer, scheme):
    def shown(page):
        visible = {
            name.removesuffix("-content")
            for names, is_seen in page.evaluate(GROUNDS)
            if is_seen
            for name in names.split()
            if name in ("light-content", "dark-content")
        }
        return visible, page.evaluate("getComputedStyle(document.body).backgroundColor")

    grounds = {"light": "rgb(255, 255, 255)", "dark": "rgb(28, 28, 28)"}
    with browser_on(site(renderer), 1280, scheme) as (page, here):
        page.goto(here + "index.html", wait_until="load")
        assert shown(page) == ({scheme}, grounds[scheme])
        page.emulate_media(media="print")
        assert shown(page) == ({"light"}, grounds["light"])


@pytest.mark.parametrize("renderer", RENDERERS)
@NEEDS_CHROMIUM
def test_pages_from_the_disk_and_without_scripts(site, renderer):
    from playwright.sync_api import sync_playwright

    errors = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for scripts in (True, False):
            for width in (390, 1280):
                context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=scripts)
                page = context.new_page()
                page.on("pageerror", lambda error: errors.append(str(error)))
                page.goto((site(renderer) / "index.html").as_uri())
                bar = page.locator("nav >> text=How it works").first
                assert bar.is_visible() or (scripts and width == 390)
                if width == 1280:
                    assert page.locator("#TOC a, [aria-label=Contents] a").first.is_visible()
                context.close()
        browser.close()
    assert errors == []
