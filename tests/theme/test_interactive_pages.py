"""The explorer and the networks in the pages of the report, from the disk, and what stands for them on paper."""

import re

import numpy as np
import pytest
from explorer_states import State
from pypdf import PdfReader
from readers import NEEDS_CHROMIUM, RENDERERS, sideways

pytestmark = NEEDS_CHROMIUM


@pytest.mark.parametrize("renderer", RENDERERS)
def test_the_pages_of_a_renderer(site, renderer, opened):
    made = site(renderer)
    link = State(method="gn4", shows="dx", at=5).link
    page = opened(made / "index.html", link, viewport={"width": 360, "height": 800}, color_scheme="dark")
    assert page.locator("[data-grid=left] [aria-selected=true]").get_attribute("data-index") == "5"
    assert page.locator(".explorer [name=method]:checked").get_attribute("value") == "gn4"
    assert not page.get_by_text("It needs scripts").is_visible()
    answers = page.locator("[data-probability]").evaluate_all(
        "(cells) => cells.map((cell) => Number(cell.dataset.probability))"
    )
    assert np.sum(answers) == pytest.approx(
        len(page.locator(".networks-answers thead th[scope=col]").all()) - 1, abs=1e-3
    )
    for figure in ("networks", "by-hand-cubes"):
        assert page.locator(f"#fig-{figure} svg.drawing:visible").count() == 1
    assert page.get_by_role("button", name="Set the explorer to it").count() == 6
    assert sideways(page) <= 0
    without = opened(made / "index.html", java_script_enabled=False)
    assert without.get_by_text("It needs scripts").is_visible()
    assert without.get_by_role("button", name="Set the explorer to it").count() == 0
    paper = " ".join(page.extract_text() for page in PdfReader(made / "report.pdf").pages)
    paper = re.sub(r"\s+", " ", paper.replace("’", "'"))
    assert "the example's numbers can be changed here" in paper
    assert all(f"Answer {number}." in paper for number in range(1, 7))
    assert "Set the explorer to it" not in paper
