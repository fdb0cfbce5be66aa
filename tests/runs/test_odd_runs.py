"""Reports of runs that are damaged, that diverged, or whose metrics hold hostile text, through both renderers."""

import functools
import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from commands import workflow
from conftest import QUICK, add_pictures
from folders import report_of_ours
from hostile import CONTROLS, LONG, MARKUP, ORDER, QUOTES, RARE, SCRIPT
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from pypdf import PdfReader
from pypdf.generic import ContentStream
from readers import NEEDS_CHROMIUM, NEEDS_QUARTO, RENDERERS, browser_on, is_elsewhere, sideways

from normstudy.config import Config
from normstudy.report.core.literal import plain
from normstudy.runs.folder import publish, save, stage
from normstudy.runs.studies import MAIN, verified_study, write_studies

pytestmark = pytest.mark.slow

ENVIRONMENTS = [
    {"processor": SCRIPT, "python": MARKUP, "torch": LONG, "torchvision": ORDER, "commit": "**b**<i>"},
    {"processor": QUOTES, "python": RARE, "torch": CONTROLS, "torchvision": "3.1", "commit": None},
    {"processor": ORDER, "python": "3.11", "torch": "", "torchvision": SCRIPT, "commit": "\u202e\x1b[3|`"},
]


def hostile_notebook() -> nbformat.NotebookNode:
    page = "<svg onload=\"document.title = 'broken in'\"></svg>"
    cell = new_code_cell("print('{{< include /etc/passwd >}}')")
    cell.outputs = [
        new_output("stream", name="stdout", text=f"{SCRIPT} {MARKUP} {LONG}\n"),
        new_output("display_data", data={"text/html": page, "text/plain": "a drawing"}),
        new_output("display_data", data={"application/javascript": "document.title = 'broken in'"}),
        new_output("display_data", data={"text/markdown": SCRIPT, "text/plain": "some markdown"}),
        new_output("display_data", data={"image/svg+xml": page, "text/plain": "a vector drawing"}),
        new_output(
            "display_data",
            data={"text/html": '<table class="dataframe"><tr><td>a cell</td></tr></table>', "text/plain": "a table"},
        ),
    ]
    return new_notebook(
        cells=[new_markdown_cell(f"# A run\n\n{SCRIPT} {{{{< include x >}}}}"), new_raw_cell(page), cell]
    )


@pytest.fixture(scope="module")
def studies(trained, tmp_path_factory) -> dict[str, Path]:
    """Runs folders: `hostile` has hostile text, two finished runs and a diverged one; in `none` all diverged."""
    from normstudy.training.loop import fit

    wild = {**QUICK, "norm": "none", "optimizer": "sgd"}
    configs = {
        "hostile": [trained.config, Config(**{**wild, "max_lr": 100}), Config(norm="ln", **QUICK)],
        "none": [Config(**{**wild, "max_lr": 100}), Config(**{**wild, "max_lr": 90})],
    }
    folders = {}
    for study, wanted in configs.items():
        folders[study] = tmp_path_factory.mktemp(study) / "runs"
        names = []
        for config, environment in zip(wanted, ENVIRONMENTS, strict=False):
            staged = stage(config, folders[study])
            save(trained.run if config == trained.config else fit(config, trained.data), trained.data, staged)
            add_pictures(staged)
            if study == "hostile":
                metrics = json.loads((staged / "metrics.json").read_text())
                metrics["environment"] |= environment
                (staged / "metrics.json").write_text(json.dumps(metrics))
                nbformat.write(hostile_notebook(), staged / "train.ipynb")
            names.append(publish(staged, folders[study]).name)
        write_studies(folders[study], {MAIN: names})
    return folders


@pytest.fixture(scope="module")
def site(studies, tmp_path_factory):
    """A function: the folder that a renderer makes of a study (each renders once)."""

    @functools.cache
    def make(study: str, renderer: str) -> Path:
        output = tmp_path_factory.mktemp("site") / renderer
        process = workflow("render", "--results", studies[study], "--output", output, "--renderer", renderer)
        assert process.returncode == 0, process.stdout + process.stderr
        return output

    return make


def squeezed(text: str) -> str:
    """Without spaces, places to break, isolation of directions, and hyphens: what line breaking leaves alone."""
    return re.sub(r"[\s\u00a0\u00ad\u200b\u2010\u202a-\u202e\u2066-\u2069-]", "", text)


def page_of(folder: Path) -> BeautifulSoup:
    return BeautifulSoup((folder / "index.html").read_text(encoding="utf-8"), "html.parser")


def pdf_text(folder: Path) -> str:
    """Without the numbers of the pages, which would stand in the middle of a text that goes on over two."""
    sheets = [sheet.extract_text() for sheet in PdfReader(folder / "report.pdf").pages]
    return "\n".join(re.sub(r"\n\d+( / \d+)?\s*$", "", text) for text in sheets)


def assert_no_glyph_is_missing(pdf: Path) -> None:
    """Glyph 0 of a font is the box for what it lacks."""
    reader = PdfReader(pdf)
    for number, sheet in enumerate(reader.pages, start=1):
        for operands, operator in ContentStream(sheet.get_contents(), reader).operations:
            for part in operands[0] if operator == b"TJ" else operands if operator == b"Tj" else ():
                if not isinstance(part, int | float):
                    codes = part.original_bytes
                    assert all(codes[i : i + 2] != b"\0\0" for i in range(0, len(codes), 2)), f"page {number}"


@pytest.mark.fault("hostile text in names and metrics", "text of HTML and PDF")
@pytest.mark.parametrize("renderer", RENDERERS)
def test_hostile_text_is_shown_as_text(site, renderer):
    folder = site("hostile", renderer)
    page = squeezed(page_of(folder).find("main").get_text())
    paper = squeezed(pdf_text(folder))
    for text in (SCRIPT, MARKUP, QUOTES, RARE, CONTROLS, LONG, ORDER):
        assert squeezed(plain(text)) in page, text
        if text != ORDER:  # what is read off a PDF has right-to-left letters in the order of their places
            assert squeezed(plain(text)) in paper, text
    for text in (page, paper):
        assert "(10,000characters)" in text
        assert "CharactersthatshownothingorthatthePDF’sfontslackaregivenascodepoints:[U+" in text
        assert "[U+1F600U+1F469" in text
        assert "right[U+202E]" not in text
        assert "left[U+202E]righttoleft[U+202C]" in text
        assert "root:x:" not in text
    source = (folder / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"[\u202a-\u202e\x00-\x08\x0b-\x1f\U000e0000-\U000e007f]", source)
    assert_no_glyph_is_missing(folder / "report.pdf")


@pytest.mark.fault("hostile text in notebooks", "text of the pages")
@pytest.mark.parametrize("renderer", RENDERERS)
def test_hostile_notebooks_are_shown_as_text(site, renderer):
    pages = [path for path in (site("hostile", renderer) / "notebooks").rglob("*.html") if "python" not in path.name]
    assert len(pages) == 3
    for path in pages:
        source = path.read_text(encoding="utf-8")
        page = BeautifulSoup(source, "html.parser").find("main")
        for switch in page.find_all(class_="quarto-color-scheme-toggle"):
            switch.decompose()  # Quarto's own
        assert not page.find(lambda element: any(name.startswith("on") for name in element.attrs))
        assert not page.find(["svg", "table"])
        assert "document.title = 'broken in'" not in "".join(script.get_text() for script in page.find_all("script"))
        text = squeezed(page.get_text())
        for shown in ("adrawing", "somemarkdown", "avectordrawing", "atable", "(notshown:application/javascript)"):
            assert shown in text
        assert "root:x:" not in text


@pytest.mark.fault("hostile text in a browser", "no script ran, nothing fetched, no sideways scrolling")
@pytest.mark.parametrize("renderer", RENDERERS)
@NEEDS_CHROMIUM
def test_hostile_text_runs_nothing_and_moves_nothing_in_a_browser(site, renderer):
    folder = site("hostile", renderer)
    pages = [path.relative_to(folder).as_posix() for path in folder.rglob("*.html")]
    requested, dialogs = [], []
    with browser_on(folder, 390) as (page, here):
        page.on("request", lambda request: requested.append(request.url))
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        for name in pages:
            page.goto(here + name, wait_until="networkidle")
            assert page.title() != "broken in", name
            assert sideways(page) <= 0, name
            assert page.evaluate("document.querySelectorAll('main a[href^=javascript]').length") == 0, name
    assert len(pages) >= 4  # article and notebooks
    assert dialogs == []
    assert [url for url in requested if is_elsewhere(url, here)] == []
    assert not any(url.endswith(("/x", "p.png")) for url in requested)


@pytest.mark.fault("a run that diverged, among others or alone", "counted and marked in text, tables and figures")
@pytest.mark.parametrize("renderer", RENDERERS)
def test_a_diverged_run_is_counted_and_marked_among_others(site, renderer):
    folder = site("hostile", renderer)
    page = page_of(folder)
    for text in (squeezed(page.find("main").get_text()), squeezed(pdf_text(folder))):
        assert "1of3runsdiverged(Nonorm),inepoch1atalearningrateof" in text
        assert "Nonormdivergedinepoch1andclassifiednothing" in text
        assert "allGN" not in text
    assert [cell.get_text() for cell in page.select("#tbl-models td") if cell.get_text() == "diverged"] != []
    assert "No norm (diverged)" in page.select_one("#fig-test-loss img")["alt"]
    assert "No norm (diverged)" in page.find(class_="subtitle").get_text()


@pytest.mark.fault("a run that diverged, among others or alone", "counted and marked in text, tables and figures")
@pytest.mark.parametrize("renderer", ["preview", pytest.param("quarto", marks=[NEEDS_QUARTO, pytest.mark.slow])])
def test_a_report_of_which_no_run_finished_says_so(site, renderer):
    folder = site("none", renderer)
    for text in (squeezed(page_of(folder).find("main").get_text()), squeezed(pdf_text(folder))):
        assert "2of2runsdiverged(Nonorm(maxlr100)andNonorm(maxlr90))" in text
        assert "Norunfinished,sonothingcanbecompared." in text
        assert "Therearenotwomodelswithfinishedrunstocompare." in text


@pytest.fixture
def damaged(studies, tmp_path) -> tuple[Path, str]:
    """A runs folder of which one run is damaged, and the line that says so."""
    runs = shutil.copytree(studies["hostile"], tmp_path / "runs")
    folder = runs / verified_study(runs)[2].name
    content = (folder / "predictions.npz").read_bytes()
    (folder / "predictions.npz").write_bytes(content[: len(content) // 2])
    return runs, (
        f"{folder}: predictions.npz: not as it was written (checksum differs); "
        "delete this folder and train this run again, or take it off the study"
    )


@pytest.mark.fault("damaged run in the report", "folder and reason in one line; nothing drawn")
@pytest.mark.parametrize("renderer", RENDERERS)
def test_a_damaged_run_is_named_before_anything_is_rendered(damaged, renderer, tmp_path):
    runs, line = damaged
    output = report_of_ours(tmp_path / "report", {"index.html": "the old one"})
    process = workflow("render", "--results", runs, "--output", output, "--renderer", renderer)
    assert process.returncode == 1
    assert process.stderr == f"error: {line}\n"
    assert process.stdout == ""
    assert {path.name for path in output.iterdir()} == {"index.html", "render.json"}
    assert (output / "index.html").read_text() == "the old one"
