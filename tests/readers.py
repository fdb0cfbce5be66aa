"""What reports are made with and looked at in: the renderers, and a browser on a site of the test."""

import fcntl
import functools
import http.server
import os
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path

import axe_playwright_python
import pytest
from commands import workflow

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
QUARTO = shutil.which("quarto")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NEEDS_QUARTO = pytest.mark.skipif(not QUARTO, reason="there is no Quarto here")
NEEDS_CHROMIUM = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here")
RENDERERS = ["preview", pytest.param("quarto", marks=[NEEDS_QUARTO, pytest.mark.slow])]


MASK = 0o077
"""Which permissions files of the `published_site` lack (umask)."""


def published_site(place: Path, renderer: str) -> Path:
    """The whole site that `renderer` makes of `results/`, in `place`; whoever asks first makes it for all."""
    folder = place / renderer
    with open(place / f"{renderer}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            before = os.umask(MASK)
            try:
                process = workflow("render", "--site", "--output", folder, "--renderer", renderer)
            finally:
                os.umask(before)
            assert process.returncode == 0, process.stdout + process.stderr
    return folder


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def browser_on(site, width, scheme="light"):
    """A page of a browser of `width` pixels, and the address under which `site`, a folder, is served to it.

    `scheme` is the one that the reader's system asks for: light or dark.
    """
    from playwright.sync_api import sync_playwright

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            yield page, f"http://127.0.0.1:{server.server_port}/"
            browser.close()
    finally:
        server.shutdown()


def faults(page):
    """What axe-core (https://github.com/dequelabs/axe-core) finds on the page: `rule: element`, a line each."""
    page.wait_for_load_state("load")
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "axe.run(document, { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } })"
    )
    return [f"{each['id']}: {node['html'][:120]}" for each in found["violations"] for node in each["nodes"]]


def sideways(page):
    """By how many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def is_elsewhere(url, here):
    """Whether `url` leads away from the site at the address `here`."""
    return not url.startswith((here, "data:", "blob:"))


def cut_tables(page):
    """The tables with a number of their own that go on beyond the box that they are shown in, by their captions."""
    return page.evaluate(
        """() => [...document.querySelectorAll("[id^=tbl-] table")].filter((table) => {
          let box = table.parentElement;
          while (box && !/auto|scroll/.test(getComputedStyle(box).overflowX)) box = box.parentElement;
          return box && table.offsetParent && box.scrollWidth > box.clientWidth + 1;
        }).map((table) => table.closest("[id^=tbl-]").id)"""
    )
