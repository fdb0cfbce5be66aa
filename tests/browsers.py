"""A browser for the tests of a file: started once, with a page of its own for each that asks."""

import pytest
from readers import CHROMIUM


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser):
    """A function that opens a file from the disk with options of a browser's context, `link` behind its #.

    Nothing in the page may fail or be asked for elsewhere.
    """
    problems, contexts = [], []

    def opened(file, link="", **options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.set_default_timeout(300_000)  # the report is a large page
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: problems.append(request.url) if request.url.startswith("http") else None)
        page.goto(f"{file.as_uri()}#{link}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []
