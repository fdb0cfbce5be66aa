"""The explorer, the networks and the gallery in the pages of the site, from the disk, with scripts and without."""

import re

import numpy as np
import pytest
from explorer_states import State
from readers import NEEDS_CHROMIUM, RENDERERS, sideways

pytestmark = [NEEDS_CHROMIUM, pytest.mark.slow]

PHONE = {"viewport": {"width": 360, "height": 800}, "color_scheme": "dark"}


@pytest.mark.parametrize("renderer", RENDERERS)
def test_the_explorer(site, renderer, opened):
    file = site(renderer) / "analysis/how-it-works.html"
    page = opened(file, State(method="gn4", shows="dx", at=5).link, **PHONE)
    assert page.locator("[data-grid=left] [aria-selected=true]").get_attribute("data-index") == "5"
    assert page.locator(".explorer [name=method]:checked").get_attribute("value") == "gn4"
    assert not page.get_by_text("needs scripts").is_visible()
    assert sideways(page) <= 0
    assert opened(file, java_script_enabled=False).get_by_text("needs scripts").is_visible()


@pytest.mark.parametrize("renderer", RENDERERS)
def test_the_networks(site, renderer, opened):
    file = site(renderer) / "analysis/playground.html"
    page = opened(file, **PHONE)
    answers = page.locator("[data-probability]").evaluate_all(
        "(cells) => cells.map((cell) => Number(cell.dataset.probability))"
    )
    assert np.sum(answers) == pytest.approx(3, abs=1e-3)
    page.get_by_role("button", name="7 at random").click()
    for table in page.locator(".networks table").all():
        box, room = table.bounding_box(), table.locator("xpath=..").bounding_box()
        assert box["width"] == pytest.approx(room["width"], abs=1)
        assert table.evaluate("(table) => table.scrollWidth - table.clientWidth") <= 0
    assert page.locator("#fig-networks img:visible").count() == 1
    assert sideways(page) <= 0
    without = opened(file, java_script_enabled=False)
    assert without.get_by_text("needs scripts").is_visible()
    assert not without.locator(".networks").first.is_visible()
    assert without.locator("#fig-networks img:visible").count() == 1
    assert file.stat().st_size < 2_500_000


@pytest.mark.parametrize("renderer", RENDERERS)
def test_the_gallery(site, renderer, opened):
    file = site(renderer) / "analysis/mistakes.html"
    page = opened(file, **PHONE)
    count = page.locator(".gallery [role=status]").inner_text()
    total = int(re.match(r"(\d+) of \1 images; the first 12", count)[1])
    page.locator(".gallery [name=label]").select_option("9")
    page.locator(".gallery [name=disputed]").select_option("no")
    assert 0 < page.locator("section.gallery .gallery-cards > li:visible").count() < 12
    assert sideways(page) <= 0
    for name in ("share", "grad-cam", "confusions", "classes", "calibration"):
        picture = page.locator(f"#fig-{name} img:visible")
        assert picture.count() == 1
        assert picture.bounding_box()["width"] <= 360  # all of it can be seen
    without = opened(file, java_script_enabled=False)
    assert without.locator("section.gallery .gallery-cards > li:visible").count() == total
    assert file.stat().st_size < 2_500_000
