"""A report of 30 models with names of any length: everything stays readable, through both renderers."""

import functools
import re
import shutil
from pathlib import Path

import nbformat
import numpy as np
import pypdfium2
import pytest
from bs4 import BeautifulSoup
from commands import workflow
from conftest import QUICK
from nbformat.v4 import new_markdown_cell, new_notebook
from readers import NEEDS_CHROMIUM, NEEDS_QUARTO, browser_on, sideways
from scipy.spatial import cKDTree

from normstudy.config import Config
from normstudy.preview import page as preview
from normstudy.report.core.names import model_names
from normstudy.runs.folder import publish, save, stage
from normstudy.runs.studies import MAIN, read_study, write_studies

ONE_EPOCH = {**QUICK, "epochs": 1, "batch_size": 449}
FAR_APART = [
    {"norm": "gn", "groups": 8, "seed": 2, "max_lr": 0.013, "weight_decay": 0.003, "l1": 1e-5, "rotation": 12.5}
    | {"shift": 1.5, "scale": 0.05, "fade": 0.4, "warmup": 0.35},
    {"norm": "gn", "groups": 2, "seed": 3, "max_lr": 0.017, "weight_decay": 0.0005, "l1": 3e-6, "rotation": 7.5}
    | {"shift": 0.5, "scale": 0.15, "fade": 0.1, "warmup": 0.15},
]
VARIED = [
    *({"norm": "gn", "shift": 1.25, **change} for change in ({}, {"groups": 8}, {"max_lr": 0.013}, {"fade": 0.3})),
    *({"norm": "gn", "shift": 1.25, **change} for change in ({"weight_decay": 0.003}, {"rotation": 0.0})),
    {"norm": "bn", "l1": 1e-5},
    {"norm": "ln", "weight_decay": 0.0005, "batch_size": 300},
    {"norm": "none", "optimizer": "sgd", "max_lr": 100},
]
ROTATED = [{"norm": norm, "rotation": 1.0 + at} for norm in ("bn", "ln", "in", "none") for at in range(5)][:19]
EDGE = 25
"""Points at the edge of a page that stay empty."""

RENDERERS = ["preview", pytest.param("quarto", marks=NEEDS_QUARTO)]


@pytest.fixture(scope="module")
def study(trained, whole, tmp_path_factory) -> Path:
    """The runs folder; one of the runs diverged."""
    from normstudy.training.loop import fit

    everything = tmp_path_factory.mktemp("many")
    names = []
    for parameters in [*FAR_APART, *VARIED, *ROTATED]:
        config = Config(**{**ONE_EPOCH, **parameters})
        staged = stage(config, everything)
        save(fit(config, trained.data), trained.data, staged)
        for name in ("augmentation.png", "misclassified.png", "curves.png"):
            shutil.copy(whole / name, staged)
        nbformat.write(new_notebook(cells=[new_markdown_cell("# A run")]), staged / "train.ipynb")
        names.append(publish(staged, everything).name)
    write_studies(everything, {MAIN: names})
    return everything


@pytest.fixture(scope="module")
def site(study, tmp_path_factory):
    """A function: the folder that a renderer makes of the report (each renders once)."""

    @functools.cache
    def make(renderer: str) -> Path:
        output = tmp_path_factory.mktemp("site") / renderer
        process = workflow("render", "--results", study, "--output", output, "--renderer", renderer)
        assert process.returncode == 0, process.stdout + process.stderr
        return output

    return make


def misprinted(pdf: Path) -> list[str]:
    """What is printed over something else, or where the page has no room for it."""
    found = []
    for number, page in enumerate(pypdfium2.PdfDocument(pdf), start=1):
        text, (width, height) = page.get_textpage(), page.get_size()
        letters = [text.get_text_range(at, 1) for at in range(text.count_chars())]
        places = [at for at, letter in enumerate(letters) if letter.strip()]
        boxes = np.array([text.get_charbox(at) for at in places])  # of the ink: left, bottom, right, top; points
        first = np.append(True, (np.diff(boxes, axis=0) != 0).any(axis=1))  # the parts of a ligature have one box
        boxes, places = boxes[first], np.array(places)[first]
        areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
        outside = (boxes[:, :2] < EDGE).any(axis=1) | (boxes[:, 2:] > (width - EDGE, height - EDGE)).any(axis=1)
        pairs = cKDTree((boxes[:, :2] + boxes[:, 2:]) / 2).query_pairs(12, output_type="ndarray")
        pairs = pairs[np.abs(np.diff(places[pairs], axis=1)[:, 0]) > 1]  # italics lean over the next letter
        one, other = boxes[pairs[:, 0]], boxes[pairs[:, 1]]
        shared = np.minimum(one[:, 2:], other[:, 2:]) - np.maximum(one[:, :2], other[:, :2])
        over = np.prod(shared.clip(0), axis=1) > 0.3 * areas[pairs].min(axis=1)
        for at in {*np.flatnonzero(outside), *pairs[over].flat}:
            around = "".join(letters[max(0, places[at] - 12) : places[at] + 12])
            found.append(f"page {number}, {letters[places[at]]} in {around!r} at {boxes[at].round(1)}")
    return found


def test_what_is_misprinted_would_be_found(tmp_path):
    project = "project: {type: website, render: [report.qmd]}\nformat: {html: {toc-depth: 3}}\n"
    (tmp_path / "_quarto.yml").write_text(project)
    wide = "x\u00a0" * 60
    for name, cells in (("wrong", f"| {wide} | {wide} |"), ("right", "| fi | W |")):
        head = '---\ntitle: "T"\nformat: {html: default, typst: default}\n---\n\n'
        (tmp_path / "report.qmd").write_text(f"{head}| one | two |\n|:---|:---|\n{cells}\n")
        preview.render(tmp_path, tmp_path / name)
        assert (misprinted(tmp_path / name / "report.pdf") != []) == (name == "wrong")


@pytest.mark.parametrize("renderer", RENDERERS)
def test_nothing_in_the_pdf_is_printed_over_something_else(site, renderer):
    assert misprinted(site(renderer) / "report.pdf") == []


OVERLAPS = """() => {
  const found = [];
  for (const table of document.querySelectorAll("main table")) {
    const boxes = [...table.querySelectorAll("th, td")].map((cell) => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      return [cell, range.getBoundingClientRect()];
    });
    for (const [i, [cell, a]] of boxes.entries()) {
      const own = cell.getBoundingClientRect();
      if (a.width && (a.right > own.right + 1 || a.left < own.left - 1)) found.push(`leaves: ${cell.innerText}`);
      for (const [other, b] of boxes.slice(i + 1)) {
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 1 && high > 1) found.push(`${cell.innerText} | ${other.innerText}`);
      }
    }
  }
  return found;
}"""


@pytest.mark.parametrize("renderer", RENDERERS)
@NEEDS_CHROMIUM
def test_no_cell_of_the_page_covers_another_and_the_page_does_not_scroll_sideways(site, renderer):
    with browser_on(site(renderer), 375) as (page, here):
        page.goto(here + "index.html")
        assert page.evaluate("document.querySelectorAll('main table').length") >= 8
        for width in (375, 1200):
            page.set_viewport_size({"width": width, "height": 900})
            assert sideways(page) <= 0, width
            assert page.evaluate(OVERLAPS) == [], width


def test_an_overlap_in_a_browser_would_be_found(tmp_path):
    cells = "<td style='max-width: 20px; white-space: nowrap'>a long name</td><td>next</td>"
    (tmp_path / "index.html").write_text(f"<main><table><tr>{cells}</tr></table></main>")
    with browser_on(tmp_path, 375) as (page, here):
        page.goto(here + "index.html")
        assert page.evaluate(OVERLAPS) == ["leaves: a long name", "a long name | next"]


@pytest.mark.parametrize("renderer", RENDERERS)
def test_every_model_is_in_its_tables_and_what_its_name_leaves_out_is_stated(site, study, renderer):
    runs = read_study(study)
    page = BeautifulSoup((site(renderer) / "index.html").read_text(encoding="utf-8"), "html.parser")
    shown = {table["id"]: table.get_text().replace("\u00a0", " ") for table in page.find_all(id=re.compile("^tbl-"))}
    for name in model_names(runs):
        assert name.removesuffix(" (diverged)") in shown["tbl-models"]
        assert name.removesuffix(" (diverged)") in shown["tbl-parameters"]
    text = page.find("main").get_text().replace("\u00a0", " ")
    summary = text[: text.index("Graph 1: loss")]
    assert "numbered where they differ in too much for a name" in summary
    assert len(summary) < 3000
    values = " ".join(text for label, text in shown.items() if label.startswith("tbl-parameters"))
    for config in (run.config for run in runs):
        assert f"{config.max_lr:g}" in values
