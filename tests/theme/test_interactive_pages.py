"""The explorer and the networks in the pages of a renderer, from the disk, and what stands for them on paper."""

import re
import shutil
import sys

import numpy as np
import pytest
from bs4 import BeautifulSoup
from commands import ROOT
from explorer_states import State
from pypdf import PdfReader
from readers import NEEDS_CHROMIUM, RENDERERS, faults, sideways

sys.path.insert(0, str(ROOT / "workflow"))

from render import PROJECT_FILES, render

pytestmark = NEEDS_CHROMIUM

ARTICLE = """---
title: One
bibliography: references.bib
---

```{python}
#| include: false
import os
from pathlib import Path
from normstudy.by_hand import cubes, exercises, explorer
from normstudy.report import networks_in_page
from normstudy.report.labels import labels
from normstudy.report.models import of_first_seed
from normstudy.report.wording import confidence_text
from normstudy.runs.comparison import compared_runs
runs = of_first_seed(compared_runs(os.environ["NORMSTUDY_RESULTS"]))
```

## Part

```{python}
#| output: asis
print(explorer.section(Path("theme")))
print(cubes.figure())
print(exercises.section())
```

### What they speak of {#sec-by-hand-backward}

::: {#tbl-by-hand-upstream}

| g |
|---|
| 1 |

Gradients.
:::

### And more {#sec-by-hand-layer-norms}

## Another

```{python}
#| output: asis
print(networks_in_page.section(runs, Path("theme")))
```
"""


@pytest.mark.parametrize("renderer", RENDERERS)
def test_the_pages_of_a_renderer(renderer, tmp_path, monkeypatch, opened):
    for name in PROJECT_FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    for name in ("theme", "results"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "report.qmd").write_text(ARTICLE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    render(tmp_path / "results", tmp_path / "made", renderer)
    made = tmp_path / "made" / "index.html"
    assert len(BeautifulSoup(made.read_text(encoding="utf-8"), "html.parser").select(".networks-data")) == 1
    link = State(method="gn4", shows="dx", at=5).link
    page = opened(made, link, viewport={"width": 360, "height": 800}, color_scheme="dark")
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
    assert faults(page) == []
    without = opened(made, java_script_enabled=False)
    assert without.get_by_text("It needs scripts").is_visible()
    assert without.get_by_role("button", name="Set the explorer to it").count() == 0
    paper = " ".join(page.extract_text() for page in PdfReader(tmp_path / "made/report.pdf").pages)
    paper = re.sub(r"\s+", " ", paper.replace("’", "'"))
    assert "the example's numbers can be changed here" in paper
    assert all(f"Answer {number}." in paper for number in range(1, 7))
    assert "Set the explorer to it" not in paper
