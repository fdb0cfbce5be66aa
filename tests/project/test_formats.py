"""What Quarto makes of the report's constructs besides a page: a PDF that can be read aloud, and a README."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pypdf
import pytest
import typst
from bs4 import BeautifulSoup
from commands import ROOT
from matplotlib.figure import Figure
from readers import NEEDS_QUARTO
from render import PROJECT_FILES

from normstudy.report import markup, numbers_behind
from normstudy.worked_example import sets

PARTS = """---
title: "A title"
bibliography: references.bib
engine: markdown
---

## First {{#sec-first}}

See @fig-drawn, @tbl-told and @wu2018: $\\frac{{\\lambda}}{{2}} \\sum_i w_i^2$ and

$$
y = \\gamma\\,\\hat{{x}} + \\beta, \\qquad \\text{{with “words”}} .
$$

{figure}

{table}

### By hand {{#sec-by-hand}}

{tabs}

::: {{.callout-note}}
## A heading

A note.
:::

## References {{.unnumbered}}

::: {{#refs}}
:::
"""
ON_GITHUB = {"div", "span", "a", "img", "sub", "sup", "br"}
"""Tags of HTML that GitHub keeps in a README."""


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A project with the report's settings and an article with its constructs, as page, PDF and README."""
    project = tmp_path_factory.mktemp("formats")
    for name in PROJECT_FILES:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, project / name)
    shutil.copytree(ROOT / "theme", project / "theme")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        patch.setattr(markup, "FIGURE_FOLDER", Path("_figures"))
        frame = pd.DataFrame({"model": ["BN", "GN (a long name)"], "accuracy (%)": ["99.5", "9"]})
        picture = Figure()
        picture.subplots().plot([1, 2])
        drawn = markup.figure("drawn", picture, 'A "rising" line.', "A caption with $\\hat{x}$.")
        text = PARTS.format(
            figure=drawn + numbers_behind.folded("drawn", frame),
            table=markup.table("told", frame, "A table."),
            tabs=sets.tabs(),
        )
        Path("report.qmd").write_text(text, encoding="utf-8")
    (project / "_quarto-results.yml").write_text("subtitle: BN and GN\n")
    log = ""
    for form in ("html", "typst", "gfm"):
        command = ["quarto", "render", "report.qmd", "--to", form]
        command += ["-M", "keep-typ:true"] * (form == "typst")
        environment = {**os.environ, "QUARTO_PYTHON": sys.executable}
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True, env=environment)
        log += done.stdout + done.stderr
        shutil.copytree(project / "_site", project / form)
    (project / "log").write_text(log)
    return project


@NEEDS_QUARTO
def test_nothing_is_warned_of(made):
    assert not re.search(r"(?i)\bwarn", (made / "log").read_text())


@NEEDS_QUARTO
def test_the_page_has_the_numbers_and_the_site_their_file(made):
    page = BeautifulSoup((made / "html/index.html").read_text(encoding="utf-8"), "html.parser")
    (numbers,) = page.find_all("details", class_="numbers")
    assert [cell.get_text() for cell in numbers.find_all("td")] == ["BN", "99.5", "GN (a long name)", "9"]
    assert numbers.a["download"] == "drawn.csv"
    assert pd.read_csv(made / "html" / numbers.a["href"])["model"].tolist() == ["BN", "GN (a long name)"]
    assert len(page.find_all(class_="tab-pane")) == len(sets.IN_WORDS)
    assert len(page.find_all(id="tbl-by-hand-bn")) == 1


@NEEDS_QUARTO
def test_the_readme_has_nothing_that_github_drops(made):
    text = (made / "gfm/report.md").read_text(encoding="utf-8")
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    assert set(re.findall(r"</?([a-zA-Z][\w-]*)\b(?!:)", prose)) <= ON_GITHUB
    for leftover in (":::", "{#", "{.", "content-visible", "panel-tabset", "download=", "@fig", "@tbl", "@wu2018"):
        assert leftover not in prose, leftover
    assert len(re.findall(r"Table\s1: A table", prose)) == 1


@NEEDS_QUARTO
def test_the_readmes_pictures_load_and_have_a_text(made):
    text = (made / "gfm/report.md").read_text(encoding="utf-8")
    pictures = re.findall(r"<img src=\"([^\"]+)\"[^>]*?\balt=\"([^\"]*)\"|!\[([^\]]*)\]\(([^)]+)\)", text, re.DOTALL)
    (found,) = pictures
    assert (made / "gfm" / (found[0] or found[3])).is_file()
    assert (found[1] or found[2]) == "A &quot;rising&quot; line."


@NEEDS_QUARTO
def test_the_readmes_tables_are_aligned_and_its_formulas_are_tex(made):
    text = (made / "gfm/report.md").read_text(encoding="utf-8")
    tables = re.findall(r"(?:^\|.*\|$\n?)+", text, re.MULTILINE)
    assert len(tables) == 1 + 2 * len(sets.IN_WORDS)
    for table in tables:
        lines = table.splitlines()
        assert re.fullmatch(r"\|(?::?-+:?\|)+", lines[1])
        assert len({line.replace("\\|", "").count("|") for line in lines}) == 1
    assert r"$\frac{\lambda}{2} \sum_i w_i^2$" in text
    assert re.search(r"^\$\$\s*y = \\gamma", text, re.MULTILINE)


@NEEDS_QUARTO
def test_the_pdf_has_contents_and_pages_and_is_tagged(made):
    reader = pypdf.PdfReader(made / "typst/report.pdf")
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"].startswith("en")
    assert reader.metadata.title == "A title"
    if shutil.which("pdfinfo"):
        told = subprocess.run(["pdfinfo", made / "typst/report.pdf"], capture_output=True, text=True, check=True)
        assert told.stderr == ""
    text = " ".join(page.extract_text() for page in reader.pages)
    assert re.search(r"Contents.*First.*See", text.replace("\xa0", " "), re.DOTALL)
    assert "The numbers behind this figure" not in text


@NEEDS_QUARTO
def test_the_pdf_can_be_a_pdf_ua(made):
    packages = next((made / ".quarto").rglob("preview/fontawesome")).parents[1]
    source = (made / "report.typ").read_bytes()
    whole = typst.compile(source, root=made, format="pdf", pdf_standards=["ua-1"], package_path=packages)
    assert b"pdfuaid" in whole
