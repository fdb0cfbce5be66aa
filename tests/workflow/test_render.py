"""The report of the published runs, through both renderers, as a reader sees it."""

import re
import shutil
import sys
from collections import Counter

import pytest
from bs4 import BeautifulSoup
from commands import ROOT, run, workflow
from folders import report_of_ours
from pypdf import PdfReader
from readers import (
    CHROMIUM,
    MASK,
    NEEDS_CHROMIUM,
    NEEDS_QUARTO,
    RENDERERS,
    browser_on,
    cut_tables,
    is_elsewhere,
    sideways,
)
from strays import leave_beside

from normstudy.preview.article import INLINE_VALUE
from normstudy.report.markup import inline
from normstudy.report.outcomes import error_count
from normstudy.runs.studies import MAIN, read_study, write_studies

sys.path.insert(0, str(ROOT / "workflow"))

from render import NEEDED, PROJECT_FILES, REFERENCE, copied_notebooks, copy_project, render, without_computations


def text_of(element):
    return " ".join(element.get_text(" ").replace("\xa0", " ").split())


def read_page(site, renderer):
    return BeautifulSoup((site(renderer) / "index.html").read_text(encoding="utf-8"), "html.parser")


@pytest.mark.parametrize("renderer", RENDERERS)
def test_the_page_has_the_numbers_of_the_runs(site, renderer):
    text = text_of(read_page(site, renderer).body)
    assert "?@" not in text
    assert "{python}" not in text
    assert "MNIST" in text
    for finished in read_study(ROOT / "results"):
        errors, total = error_count(finished)
        assert f"{errors} of {total:,}" in text
        assert f"{100 * finished.history[-1]['test_accuracy']:.2f}" in text
    assert "20 of 20 epochs of each model" in text


@pytest.mark.parametrize("renderer", RENDERERS)
def test_the_subtitle_names_models_and_data(site, renderer):
    subtitle = read_page(site, renderer).find(class_="subtitle")
    assert text_of(subtitle) == "BN + L1, GN and LN on MNIST, 10,000 test images"


@pytest.mark.parametrize("renderer", RENDERERS)
def test_every_picture_is_there_and_described(site, renderer):
    pictures = read_page(site, renderer).find("main").find_all("img")
    assert len(pictures) >= 10
    for picture in pictures:
        assert len(picture.get("alt", "")) > 30, picture
        source = picture["src"]
        assert source.startswith("data:") or (site(renderer) / source).is_file(), source


@pytest.mark.parametrize("renderer", RENDERERS)
def test_cross_references_lead_somewhere(site, renderer):
    page = read_page(site, renderer)
    ids = {element["id"] for element in page.find_all(id=True)}
    links = [link["href"][1:] for link in page.find_all("a", href=re.compile("^#."))]
    assert len([link for link in links if link.startswith(("fig-", "tbl-", "sec-"))]) > 15
    assert [link for link in links if link not in ids] == []


@pytest.mark.parametrize("renderer", RENDERERS)
def test_the_answer_comes_first_and_nothing_stands_twice(site, renderer):
    page = read_page(site, renderer).find("main")
    headings = [text_of(heading) for heading in page.find_all("h2") if heading.find_parent(class_="callout") is None]
    order = ["In one minute", "Results", "How each normalization works", "Mistakes", "Which one to use when", "Setup"]
    places = [next(at for at, heading in enumerate(headings) if name in heading) for name in order]
    assert places == sorted(places)
    assert places[0] <= 1  # Quarto's own, of the contents, may come before
    for cards in page.find_all(class_="gallery"):
        cards.decompose()  # an image may be said of in the same words as another
    paragraphs = [text_of(each) for each in page.find_all(["p", "li", "figcaption"])]
    twice = [text for text, count in Counter(paragraphs).items() if count > 1 and len(text) > 60]
    assert twice == []
    folded = page.find_all("details", class_="folded")
    assert [table["id"] for each in folded for table in each.find_all(id=re.compile("^tbl-[a-z]+$"))] == [
        "tbl-claims",
        "tbl-skeletons",
        "tbl-parameters",
        "tbl-search",
        "tbl-neighbours",
    ]


@pytest.mark.parametrize("renderer", RENDERERS)
def test_the_notebooks_of_the_runs_are_pages(site, renderer):
    page = read_page(site, renderer)
    titles = [text_of(link) for link in page.find_all("a", href=re.compile(r"\.html$"))]
    for name in ("BN + L1: batch normalization", "GN: group normalization", "LN: layer normalization", "From Python"):
        assert any(name in title for title in titles), titles


@pytest.mark.parametrize("renderer", RENDERERS)
def test_the_pdf_has_the_numbers_and_pictures(site, renderer):
    reader = PdfReader(site(renderer) / "report.pdf")
    text = " ".join("\n".join(page.extract_text() for page in reader.pages).replace("\xa0", " ").split())
    for finished in read_study(ROOT / "results"):
        errors, total = error_count(finished)
        assert f"{errors} of {total:,}" in text
    for reference in ("Figure 1", "Table 1", "Section 3"):
        assert reference in text
    assert "?@" not in text
    assert "{python}" not in text
    for measured in ("in the same hour", "Two faults, repeated", "What a normalization costs"):  # apart from studies
        assert measured in text
    assert text.rindex("Appendix: long tables and code") < text.rindex("References")
    assert len(reader.pages) >= 10


@NEEDS_QUARTO
def test_both_renderers_have_the_same_captions_and_tables(site):
    pages = [read_page(site, renderer).find("main") for renderer in ("preview", "quarto")]
    captions = [[squeezed(text_of(caption)) for caption in page.find_all(["figcaption", "caption"])] for page in pages]
    assert sorted(captions[0]) == sorted(captions[1])
    cells = [[squeezed(text_of(cell)) for cell in page.select("table td")] for page in pages]
    assert cells[0] == cells[1]


def squeezed(text):
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("width", [390, 1280])
@NEEDS_CHROMIUM
def test_the_page_in_a_browser(site, renderer, width):
    errors, elsewhere = [], []
    with browser_on(site(renderer), width) as (page, here):
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: elsewhere.append(request.url) if is_elsewhere(request.url, here) else None)
        page.on("response", lambda response: errors.append(response.url) if response.status >= 400 else None)
        page.goto(here + "index.html", wait_until="networkidle")
        missing = page.evaluate("[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)")
        too_wide = sideways(page)
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
        cut = cut_tables(page) if width == 1280 else []
    assert errors == []
    assert elsewhere == []
    assert missing == []
    assert too_wide <= 0
    assert cut == []


GROUND_OF_DRAWINGS = (
    "[...document.querySelectorAll('svg.drawing')].map((each) => getComputedStyle(each.children[1]).fill)"
)
PIXELS_OF_FIGURES = (
    "[...document.querySelectorAll('figure img, svg.drawing image')].map((i) => getComputedStyle(i).filter)"
)


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@NEEDS_CHROMIUM
def test_page_and_pictures_follow_the_readers_system(site, renderer, scheme):
    with browser_on(site(renderer), 1280, scheme) as (page, here):
        page.goto(here + "index.html", wait_until="networkidle")
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        on_screen, pixels = page.evaluate(GROUND_OF_DRAWINGS), page.evaluate(PIXELS_OF_FIGURES)
        page.emulate_media(media="print")
        on_paper, printed = page.evaluate(GROUND_OF_DRAWINGS), page.evaluate(PIXELS_OF_FIGURES)
    light, dark = "rgb(255, 255, 255)", "rgb(28, 28, 28)"
    assert ground == {"light": light, "dark": dark}[scheme]
    assert set(on_screen) == {ground}
    assert {turned != "none" for turned in pixels} == {scheme == "dark"}
    assert set(on_paper) == {light}
    assert set(printed) == {"none"}


@NEEDS_QUARTO
@NEEDS_CHROMIUM
def test_quartos_page_can_be_opened_from_the_disk(site):
    from playwright.sync_api import sync_playwright

    errors = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto((site("quarto") / "index.html").as_uri())
        assert page.locator("#TOC a").first.is_visible()
        browser.close()
    assert errors == []


@pytest.mark.parametrize("renderer", RENDERERS)
def test_the_site_has_a_card_and_a_page_for_lost_readers_and_nothing_left_over(site, renderer):
    folder = site(renderer)
    page = read_page(site, renderer)
    assert (folder / page.find("meta", property="og:image")["content"]).is_file()
    assert (folder / "404.html").is_file()
    assert len(page.find("meta", attrs={"name": "description"})["content"]) > 50
    names = {path.name for path in folder.rglob("*")}
    assert not {name for name in names if name.endswith((".qmd", ".embed.ipynb", ".out.ipynb"))}


def test_a_report_has_the_permissions_that_new_files_have(site):
    for path in [site("preview"), *site("preview").rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o777 if path.is_dir() else 0o666) & ~MASK, path


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """The current folder: what the report is made of, with one run and the least of records, for the test to change."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in (*PROJECT_FILES, REFERENCE):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    shutil.copytree(ROOT / "theme", folder / "theme")
    (run,) = read_study(ROOT / "results")[:1]
    shutil.copytree(run.folder, folder / "results" / run.name)
    write_studies(folder / "results", {MAIN: [run.name]})
    for name in NEEDED:
        shutil.copyfile(ROOT / f"results/{name}.json", folder / f"results/{name}.json")
    monkeypatch.chdir(folder)
    return folder


def render_article(checkout, body, renderer):
    """The text of page and PDF of an article with `body`, and how often its cells were run."""
    count = f"```{{python}}\n#| include: false\nopen({str(checkout / 'times')!r}, 'a').write('x')\n```"
    (checkout / "report.qmd").write_text(f"---\ntitle: One\n---\n\n{count}\n\n## Part\n\n{body}\n", encoding="utf-8")
    render(checkout / "results", checkout / "made", renderer)
    page = BeautifulSoup((checkout / "made/index.html").read_text(encoding="utf-8"), "html.parser")
    pdf = "\n".join(page.extract_text() for page in PdfReader(checkout / "made/report.pdf").pages)
    return text_of(page.main), pdf, (checkout / "times").read_text().count("x")


@pytest.mark.parametrize("renderer", RENDERERS)
def test_the_article_is_run_once_for_all_formats(checkout, renderer):
    body = "Once: `{python} 6 * 7` apples.\n\n```{python}\n#| output: asis\nprint('So many.')\n```"
    page, pdf, times = render_article(checkout, body, renderer)
    for text in (page, pdf):
        assert "Once: 42 apples." in text
        assert "So many." in text
    assert times == 1


@NEEDS_QUARTO
def test_an_article_with_constructs_that_only_quarto_knows_is_run_by_quarto(checkout):
    """Which can be known when it has run, as here, or before."""
    first = "```{python}\n#| include: false\nfrom matplotlib.figure import Figure\n```\n\n"
    page, pdf, _ = render_article(checkout, f"{first}```{{python}}\nprint(6 * 7, 'apples')\nFigure()\n```", "quarto")
    assert "42 apples" in page
    assert "42 apples" in pdf


def test_a_published_notebook_says_where_it_can_be_run(checkout, monkeypatch):
    monkeypatch.setenv("GITHUB_REPOSITORY", "someone/norms")
    monkeypatch.setenv("GITHUB_SHA", 40 * "0")
    (run,) = read_study(checkout / "results")
    (_, page), (_, reference) = copied_notebooks(checkout / "project", [run])
    assert "colab" not in reference.read_text()
    assert f"/{40 * '0'}/results/{run.name}/train.ipynb)" in page.read_text()
    shutil.copytree(run.folder, checkout / "runs" / run.name)  # which no repository has
    write_studies(checkout / "runs", {MAIN: [run.name]})
    (own,) = read_study(checkout / "runs")
    (_, page), _ = copied_notebooks(checkout / "other", [own])
    assert "colab" not in page.read_text()


def test_no_inline_value_is_empty_for_then_quarto_prints_its_code():
    values = INLINE_VALUE.findall((ROOT / "report.qmd").read_text(encoding="utf-8"))
    assert len(values) > 20
    assert [value for value in values if "Markdown(" in value] == []
    assert inline("").data == " "


def test_quarto_takes_an_executed_article_for_text():
    raw = without_computations("```{=html}\n<b>`{=b}`</b>\n```\n\n- a\n\n  ````{=html}\n  ````\n")
    assert raw == "``` {=html}\n<b>`{=b}`</b>\n```\n\n- a\n\n  ```` {=html}\n  ````\n"


def test_a_failing_render_keeps_the_old_report(tmp_path):
    output = report_of_ours(tmp_path / "report", {"index.html": "the old one"})
    process = workflow("render", "--results", tmp_path / "none", "--output", output, "--renderer", "preview")
    assert process.returncode == 1
    assert "studies.json: not there" in process.stderr
    assert (output / "index.html").read_text() == "the old one"
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_a_run_that_is_missing_is_named(tmp_path):
    shutil.copy(ROOT / "results/studies.json", tmp_path / "studies.json")
    process = workflow("render", "--results", tmp_path, "--output", tmp_path / "report", "--renderer", "preview")
    assert process.returncode == 1
    (line,) = process.stderr.strip().splitlines()
    assert "no metrics.json there" in line


@NEEDS_QUARTO
def test_markdown_for_github(tmp_path):
    process = run("quarto", "render", "report.qmd", "--to", "gfm", "--output-dir", "_report-test-gfm")
    folder = ROOT / "_report-test-gfm"
    try:
        assert process.returncode == 0, process.stderr
        text = next(folder.rglob("*.md")).read_text()
        for finished in read_study(ROOT / "results"):
            assert f"{100 * finished.history[-1]['test_accuracy']:.2f}" in text
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.fault("files of editors and systems in theme/ and results/", "passed over")
def test_what_editors_and_systems_leave_is_no_part_of_the_project(checkout, tmp_path):
    copy_project(tmp_path / "without")
    for place in ("theme/base.scss", "results/search.json"):
        leave_beside(checkout / place)
    copy_project(tmp_path / "with")
    without, beside = (
        {path.relative_to(tmp_path / name) for path in (tmp_path / name).rglob("*")} for name in ("without", "with")
    )
    assert {path.name for path in beside - without} <= {"#base.scss#", "base.scss~", "Thumbs.db", "desktop.ini"}
    assert without <= beside
