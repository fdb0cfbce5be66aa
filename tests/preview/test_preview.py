"""The report without Quarto: the fixture uses every construct that the preview knows, and is rendered once."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from pypdf import PdfReader
from readers import NEEDS_QUARTO

from normstudy.preview.page import PreviewError, render, unsupported_constructs
from normstudy.report.markup import folded

FIXTURES = Path(__file__).parent / "fixtures"
CAPTIONS = {
    "fig-line": "Figure 1: Accuracy rises to 61% with",
    "fig-hand": "Figure 2: A figure written by hand.",
    "tbl-accuracy": "Table 1: Accuracy in percent, mean of 3 seeds.",
    "tbl-hand": "Table 2: A table written by hand, see also Figure 2.",
}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def words(element) -> str:
    """The text of a page element with single, breaking spaces."""
    return " ".join((element if isinstance(element, str) else element.get_text()).split())


def references(page: BeautifulSoup) -> list[tuple[str, str]]:
    links = ((words(link), link["href"]) for link in page.main.find_all("a"))
    return [link for link in links if re.match(r"(Figure|Table|Section) \d", link[0])]


def executed_notebook(path: Path, heading: str) -> Path:
    script = '<script src="https://cdn.example.org/a.js"></script>'
    cell = new_code_cell("show(curves)")
    cell.outputs = [
        new_output("stream", name="stdout", text="epoch 1: 12.5 %\n"),
        new_output("display_data", data={"image/png": PIXEL, "text/plain": "<Figure>"}),
        new_output("display_data", data={"text/html": script, "text/plain": "a widget"}),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=[new_markdown_cell(f"# {heading}\n\nWith $x^2$."), cell]), path)
    return path


@pytest.fixture(scope="module")
def rendered(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("preview")
    for name in ("preview.qmd", "preview.bib"):
        shutil.copy(FIXTURES / name, folder)
    notebooks = [
        ("Batch <1>", executed_notebook(folder / "runs/batch/train.ipynb", "Train")),
        ("Group", executed_notebook(folder / "runs/group/train.ipynb", "Train")),
    ]
    return render(folder / "preview.qmd", folder / "out", {"PREVIEW_TEST": "from outside"}, notebooks)


@pytest.fixture(scope="module")
def page(rendered) -> BeautifulSoup:
    return BeautifulSoup(rendered[0].read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def pdf(rendered) -> str:
    return words(" ".join(sheet.extract_text() for sheet in PdfReader(rendered[1]).pages))


def test_writes_article_pdf_and_one_page_for_each_notebook(rendered):
    assert [path.relative_to(rendered[0].parent).as_posix() for path in rendered] == [
        "index.html",
        "report.pdf",
        "notebooks/batch.html",
        "notebooks/group.html",
        "_figures/line.svg",
    ]
    assert all(path.stat().st_size for path in rendered)
    assert not [path for path in rendered[0].parent.parent.iterdir() if path.name.startswith(".")]


def test_front_matter_is_shown(page, pdf):
    for text in ("Every construct of the preview", "Ada Example", "University of Somewhere", "Bo Beispiel"):
        assert text in words(page.header)
        assert text in pdf
    assert words(page.find(class_="subtitle")) == "γ β μ σ² ε λ Σ, − × → ≥ √"
    assert words(page.find(class_="date")) == "March 9, 2025"
    assert "A short abstract" in words(page.find(class_="abstract"))
    assert "γ β μ σ² ε λ Σ, − × → ≥ √" in pdf


def test_figures_and_tables_are_numbered_and_captioned(page, pdf):
    figures = {figure["id"]: figure for figure in page.find_all("figure")}
    assert list(figures) == ["fig-line", "fig-hand", "tbl-accuracy", "tbl-hand"]
    for identifier, caption in CAPTIONS.items():
        assert words(figures[identifier].figcaption).startswith(caption)
        assert caption in pdf
    assert [words(cell) for cell in figures["tbl-accuracy"].find_all("tr")[1].find_all("td")][:3] == [
        "BatchNorm",
        "61.3",
        "[60.1, 62.4]",
    ]


def test_sections_are_numbered(page, pdf):
    headings = [words(heading) for heading in page.main.find_all(["h1", "h2"])][1:]
    assert headings == [
        "1 Introduction",
        "Not counted",
        "2 Method",
        "2.1 Details",
        "3 Results",
        "3.1 Another one",
        "References",
    ]
    for heading in headings:
        assert heading in pdf
    contents = [words(link) for link in page.find("nav", attrs={"aria-label": "Contents"}).find_all("a")]
    assert contents == [heading for heading in headings if heading != "Not counted"]


def test_references_lead_to_what_they_name(page, pdf):
    assert references(page) == [
        ("Figure 1", "#fig-line"),
        ("Section 2.1", "#sec-method-details"),
        ("Table 1", "#tbl-accuracy"),
        ("Figure 1", "#fig-line"),
        ("Figure 2", "#fig-hand"),
        ("Section 3", "#sec-results"),
        ("Figure 1", "#fig-line"),
        ("Table 1", "#tbl-accuracy"),
        ("Table 2", "#tbl-hand"),
    ]
    assert "Figure\u00a01" in page.main.get_text()
    assert "Details are in Section 2.1, numbers in Table 1 and Figure 1, Figure 2, all of Section 3." in pdf
    assert "its own reference Table 2." in pdf


def test_every_inner_link_has_a_target_and_no_identifier_repeats(rendered):
    for path in (rendered[0], *rendered[2:]):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        identifiers = [element["id"] for element in page.find_all(id=True)]
        assert len(identifiers) == len(set(identifiers))
        for link in page.find_all("a", href=True):
            if link["href"].startswith("#"):
                assert link["href"][1:] in identifiers
            elif not link["href"].startswith("http"):
                assert (path.parent / link["href"]).is_file()


def test_inline_values_are_evaluated_at_their_place(page, pdf):
    paragraph = words(next(p for p in page.main.find_all("p") if "The value is" in p.get_text()))
    sentence = "The value is 33.33 %, from 3 runs of a*b_c [x] <y> #1, and bold words. The variable says from outside."
    assert sentence in paragraph
    assert sentence in pdf
    assert "Now there are 4 runs." in words(page.main)
    assert "bold" in [words(strong) for strong in page.main.find_all("strong")]


def test_cell_options(page, pdf):
    text = words(page.main)
    assert "that is not shown" not in text.replace('warnings.warn("a warning that is not shown")', "")
    assert "runs += 1" in text
    assert "printed 4" in text
    assert "45" in [words(block) for block in page.find_all("pre", class_="cell-output")]
    fold = page.main.find("details", class_="code")
    assert words(fold.summary) == "Show how"
    assert "sum(range(10))" in fold.get_text()
    assert "markup.figure(" not in text
    for line in ("runs += 1", "printed 4", "sum(range(10))", "return (x - mean)"):
        assert line in pdf


def test_callouts(page, pdf):
    titles = [words(title) for title in page.find_all(class_="callout-title")]
    assert [title.split(" with")[0] for title in titles] == ["Note", "A title", "A heading as title", "Important"]
    kinds = [callout["class"][1] for callout in page.find_all(class_="callout")]
    assert kinds == ["callout-note", "callout-tip", "callout-warning", "callout-important"]
    assert "A heading as title A warning." in pdf


def test_tabs_are_readable_without_script(page, pdf):
    tabs = page.find(class_="tabset").find_all("section", recursive=False)
    assert [words(tab.find(class_="tab-title")) for tab in tabs] == ["Small batches", "Large batches"]
    assert tabs[0].figure["id"] == "fig-hand"
    assert "Large batches Other words" in pdf


def test_what_is_for_the_screen_is_not_on_paper(page, pdf):
    numbers = page.find("details", class_="numbers")
    assert words(numbers.summary) == "The numbers behind it"
    assert words(numbers.td) == "61"
    link = numbers.a
    assert (link["href"], link["download"]) == ("_figures/line.svg", "line.svg")
    assert "The numbers behind it" not in pdf
    assert "Said on paper alone." in pdf
    assert "Said on paper alone." not in words(page)


def test_what_is_offered_for_download_has_to_be_beside_the_report(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.csv").write_text("1\n")
    report = tmp_path / "in/report.qmd"
    for name in ("../secret.csv", "gone.csv"):
        report.write_text(f'---\ntitle: T\n---\n\n[a]({name}){{download="a.csv"}}\n')
        with pytest.raises(PreviewError, match=r"(secret|gone)\.csv, offered for download, is no file beside it"):
            render(report, tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_what_is_for_html_alone_is_not_in_the_pdf(page, pdf):
    assert "This stands on the web page alone." in words(page.main)
    assert words(page.find(id="of-html")) == "So does this."
    assert "on the web page alone" not in pdf
    assert "So does" not in pdf


def test_mathematics_footnotes_and_citations(page, pdf):
    assert page.main.find("math", display="block").find("mfrac")
    assert "A footnote with emphasis" in words(page.find(id="footnotes"))
    assert "A footnote with emphasis" in pdf
    entries = [words(entry) for entry in page.find_all(class_="csl-entry")]
    assert [entry[:5] for entry in entries] == ["Ioffe", "Wu, Y"]
    for text in ("(Ioffe and Szegedy 2015); Wu and He (2018)", "Wu, Yuxin, and Kaiming He. 2018."):
        assert text in words(page.main)
        assert text in pdf
    assert "Nobody Cites" not in pdf


def test_pages_load_nothing(rendered):
    for path in (rendered[0], *rendered[2:4]):
        text = path.read_text(encoding="utf-8")
        page = BeautifulSoup(text, "html.parser")
        for name in ("src", "srcset", "data", "poster"):
            assert all(element[name].startswith("data:") for element in page.find_all(attrs={name: True}))
        assert all(link["href"].startswith("data:") for link in page.find_all("link"))
        assert not page.find_all(["iframe", "object", "embed", "base"])
        embedded = "".join(map(str, page.find_all(["style", "script"])))
        assert not re.search(r"@import|url\(\s*['\"]?(?!data:)|\bfetch\(|\bimport\s*\(", embedded)
        assert len(page.style.get_text()) > 1000


def test_every_picture_has_a_text(rendered, page):
    alternatives = [picture["aria-label"] for picture in page.select("svg.drawing[role=img]")]
    assert alternatives == ['A line that "rises" from 0.31 to 0.61.', "The same line again."]
    for path in rendered[2:4]:
        pictures = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").find_all("img")
        assert [bool(picture["alt"]) for picture in pictures] == [True]
    assert b"/Alt" in rendered[1].read_bytes()


def test_a_drawing_has_the_colours_of_the_page_and_each_letter_is_outlined_once(rendered, page):
    first, second = page.select("svg.drawing")
    assert not re.search(r"#[0-9a-f]{6}", str(first))
    used = set(re.findall(r"var\(--c([0-9a-f]{6})\)", str(page.main)))
    style = next(style.get_text() for style in page.find_all("style") if "@supports" in style.get_text())
    assert used <= set(re.findall(r"--c([0-9a-f]{6}):#\1\b", style))
    assert used <= set(re.findall(r"--c([0-9a-f]{6}):light-dark\(#\1,#[0-9a-f]{6}\)", style))
    outlines = [path["id"] for path in page.select("svg.drawing defs path[id^=g-]")]
    assert len(outlines) == len(set(outlines)) > 5
    ids = [each["id"] for each in page.select("[id]")]
    assert len(ids) == len(set(ids))
    assert {use["href"][1:] for use in second.select("use")} <= {each["id"] for each in page.select("svg.drawing [id]")}


def test_notebook_pages(rendered, page):
    links = [
        (words(link), link["href"]) for link in page.find("nav", attrs={"aria-labelledby": "notebooks"}).find_all("a")
    ]
    assert links == [("Batch <1>", "notebooks/batch.html"), ("Group", "notebooks/group.html")]
    notebook = BeautifulSoup(rendered[2].read_text(encoding="utf-8"), "html.parser")
    assert words(notebook.h1) == "Batch <1>"
    assert "epoch 1: 12.5 %" in words(notebook.main)
    assert "a widget" in words(notebook.main)
    assert words(notebook.find(attrs={"aria-current": "page"})) == "Batch <1>"
    assert notebook.find("a", href="../index.html")


def test_what_is_long_is_folded_on_the_page_and_in_an_appendix_on_paper(tmp_path):
    shutil.copy(FIXTURES / "preview.bib", tmp_path)
    table = "::: {#tbl-long}\n\n| a |\n|---|\n| 1 |\n\nA long table.\n:::\n"
    body = f"{folded('Every “row”', table)}\nAs @tbl-long says [@wu2018].\n\n## References\n\n::: {{#refs}}\n:::\n"
    (tmp_path / "report.qmd").write_text(REPORT.replace("# Section", "## Section") + body)
    html, pdf = render(tmp_path / "report.qmd", tmp_path / "out")
    details = BeautifulSoup(html.read_text(encoding="utf-8"), "html.parser").main.find("details", class_="folded")
    assert words(details.summary) == "Every “row”"
    assert details.find(id="tbl-long").find("td").get_text() == "1"
    assert not details.has_attr("open")
    text = words(" ".join(sheet.extract_text() for sheet in PdfReader(pdf).pages))
    parts = ["As Table 1 says", "Appendix: long tables and code", "Table 1: A long table.", "References"]
    places = [text.rindex(part) for part in parts]  # the contents name some of them before
    assert places == sorted(places)
    assert folded("Nothing", "\n") == ""


# What is refused


REPORT = "---\ntitle: A title\nbibliography: preview.bib\n---\n\n# Section {#sec-a}\n\n"


@pytest.fixture
def attempt(tmp_path) -> Callable[[str], str]:
    """Renders a body that is wrong; gives the message, after checking that nothing was left."""

    def run(body: str) -> str:
        shutil.copy(FIXTURES / "preview.bib", tmp_path)
        report = tmp_path / "report.qmd"
        report.write_text(REPORT + body, encoding="utf-8")
        with pytest.raises(PreviewError) as error:
            render(report, tmp_path / "out")
        assert {path.name for path in tmp_path.iterdir()} == {"preview.bib", "report.qmd"}
        assert "\n" not in str(error.value)
        return str(error.value)

    return run


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        (
            "```{python}\n#| label: broken\n1 / 0\n```\n",
            ["report.qmd", "cell “broken”", "“Section”", "ZeroDivisionError: division by zero"],
        ),
        ("Words.\n\n## Deeper\n\nA value `{python} missing`.\n", ["`missing`", "“Deeper”", "NameError"]),
        ("See @fig-nowhere and @tbl-lost.\n", ["@fig-nowhere", "@tbl-lost"]),
        ("## Unnumbered {.unnumbered #sec-b}\n\nSee @sec-b.\n", ["@sec-b"]),
        ("As @nobody2000 says.\n", ["nobody2000"]),
        ("[@sec-a; @wu2018]\n", ["mixes"]),
        ("::: {#tbl-x}\nOnly a caption.\n:::\n", ["tbl-x", "caption"]),
        ("## Again {#sec-a}\n", ["sec-a"]),
        ('::: {#fig-x}\n![](gone.svg){fig-alt="Gone"}\n\nA caption.\n:::\n', ["gone.svg"]),
        ("```{ojs}\n1\n```\n", ["line 8", "{ojs}"]),
        (
            '```{python}\n#| output: asis\nprint("text\\n\\n::: {.column-margin}\\nx\\n:::")\n```\n',
            ["line 3", ".column-margin"],
        ),
        ('```{python}\nfrom IPython.display import HTML\nHTML("<b>x</b>")\n```\n', ["text/html"]),
        ('```{python}\nfrom IPython.display import Markdown\nMarkdown("[x]{.y}")\n```\n', ["prints", "{.y}"]),
        ("`{python} None`\n", ["`None`", "inline value"]),
    ],
)
def test_a_wrong_report_is_refused_and_nothing_is_left(attempt, body, parts):
    message = attempt(body)
    for part in parts:
        assert part in message


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "report.qmd").write_text(REPORT)
    with pytest.raises(PreviewError, match="is there and not empty"):
        render(tmp_path / "report.qmd", tmp_path)
    assert (tmp_path / "report.qmd").read_text() == REPORT


def test_a_preview_appears_in_a_new_or_empty_folder(tmp_path):
    report, output = tmp_path / "report.qmd", tmp_path / "deep" / "out"
    report.write_text("---\ntitle: First\n---\n\nOne.\n")
    render(report, output, notebooks=[("Run", executed_notebook(tmp_path / "run.ipynb", "Run"))])
    assert (output / "notebooks" / "run.html").is_file()
    empty = tmp_path / "deep" / "empty"
    empty.mkdir()
    render(report, empty)
    assert "One." in (empty / "index.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in empty.iterdir()) == ["index.html", "report.pdf"]
    assert sorted(path.name for path in output.parent.iterdir()) == ["empty", "out"]


def test_missing_files_are_named(tmp_path):
    with pytest.raises(PreviewError, match=r"no report .*absent\.qmd"):
        render(tmp_path / "absent.qmd", tmp_path / "out")
    (tmp_path / "report.qmd").write_text(REPORT)
    with pytest.raises(PreviewError, match=r"no notebook .*absent\.ipynb"):
        render(tmp_path / "report.qmd", tmp_path / "out", notebooks=[("Gone", tmp_path / "absent.ipynb")])


def test_the_fixture_keeps_to_the_known_constructs():
    assert unsupported_constructs((FIXTURES / "preview.qmd").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        "{{< embed run.ipynb#fig-a >}}",
        "`{{< pagebreak >}}`",
        '::: {.content-visible when-format="pdf"}',
        "::: {layout-ncol=2}",
        "::: {.callout-note collapse=true}",
        "::: {.callout-caution}",
        "::: panel-tabset",
        "::: {#fig-a .column-page}",
        "::: {#lst-a}",
        "```{mermaid}",
        "```{=latex}",
        "```{python, echo=FALSE}",
        "  ```{python}",
        "```{.python filename='a.py'}",
        "A `<br>`{=html} break.",
        "A `{r} 1 + 1` value.",
        "See @eq-mean.",
        "See @Fig-line.",
        "$$ x $$ {#eq-mean}",
        "![A caption](a.png)",
        "![](a.png)",
        '![](a.png){fig-alt="A" fig-align="left"}',
        '![](https://example.org/a.png){fig-alt="A"}',
        "[words]{.smallcaps}",
        "[a link](b.html){target=_blank}",
        '[a link](https://example.org/a.csv){download="a.csv"}',
        ": A caption {#tbl-a}",
        "## Heading {.smaller}",
        "A <br> break.",
        "<div>",
        r"\newpage",
    ],
)
def test_unknown_constructs_are_found(line):
    close = "\n```\n" if "```" in line else "\n"
    found = unsupported_constructs(f"---\ntitle: A\n---\n\nText.\n\n{line}{close}")
    assert len(found) == 1
    assert found[0].startswith("line 7: ")


@pytest.mark.parametrize(
    ("option", "known"),
    [
        ("echo: true", True),
        ("tags: [parameters]", True),
        ("output: asis", True),
        ("label: curves", True),
        ("output: false", False),
        ("echo: fenced", False),
        ("label: fig-curves", False),
        ("fig-cap: A caption", False),
        ("layout-ncol: 2", False),
        ("no option", False),
    ],
)
def test_cell_options_are_checked(option, known):
    found = unsupported_constructs(f"---\ntitle: A\n---\n\n```{{python}}\n#| include: true\n#| {option}\n1\n```\n")
    assert [line.split(":")[0] for line in found] == ([] if known else ["line 7"])


@pytest.mark.parametrize("key", ["params: {a: 1}", "filters: [a.lua]", "execute: {cache: true}", "date: today"])
def test_unknown_front_matter_is_found(key):
    assert len(unsupported_constructs(f"---\ntitle: A\n{key}\n---\n")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Mathematics $a_{i=1} <b> \\gamma$ and\n\n$$\n\\sum_{i=1}^{n} {.x}\n$$\n",
        "Code `<br> \\newpage {.a}` and `{r}` stay.\n",
        "```python\n::: {.unknown}\n[x]{.y}\n```\n",
        "````\n```{ojs}\n```\n````\n",
        "<!-- [x]{.y}\n::: {.unknown} -->\n",
        "A set {a, b}, a price of 5$, <https://example.org>, a\\_b and me@eq-uation.org.\n",
        "See @fig-a, [-@tbl-b], [@wu2018, p. 3] and @sec-c.\n",
    ],
)
def test_plain_markdown_is_not_mistaken(text):
    assert unsupported_constructs(text) == []


def said_of(picture):
    """The alternative text of an image or a drawing."""
    return picture.get("alt") or picture.get("aria-label", "")


@NEEDS_QUARTO
def test_quarto_shows_the_same(page, tmp_path, monkeypatch):
    for name in ("preview.qmd", "preview.bib"):
        shutil.copy(FIXTURES / name, tmp_path)
    monkeypatch.setenv("PREVIEW_TEST", "from outside")
    monkeypatch.setenv("QUARTO_PYTHON", sys.executable)
    subprocess.run(["quarto", "render", "preview.qmd", "--to", "html"], cwd=tmp_path, check=True, capture_output=True)
    quarto = BeautifulSoup((tmp_path / "preview.html").read_text(encoding="utf-8"), "html.parser")
    assert references(page) == references(quarto)
    for names in ("figcaption", "td, th", "h1", "img, svg.drawing"):
        ours, theirs = ([words(x) + said_of(x) for x in each.main.select(names)] for each in (page, quarto))
        assert ours == theirs
    ours, theirs = ([words(p) for p in each.main.find_all("p") if "The value" in words(p)] for each in (page, quarto))
    assert ours == theirs


def test_what_no_font_of_the_pdf_has_is_a_code_point_there(tmp_path):
    (tmp_path / "report.qmd").write_text('---\ntitle: "T"\n---\n\n# One\n\nA \U0001f389, \u6f22 and \u5b57.\n')
    page, pdf, *_ = render(tmp_path / "report.qmd", tmp_path / "out")
    assert "A \U0001f389, \u6f22 and \u5b57." in page.read_text(encoding="utf-8")
    assert "A U+1F389, U+6F22 and U+5B57." in words(PdfReader(pdf).pages[0].extract_text())


def test_sections_below_level_one_are_numbered_from_one_in_the_pdf(tmp_path):
    (tmp_path / "report.qmd").write_text(
        '---\ntitle: "T"\n---\n\n## First {#sec-a}\n\nSee @sec-b.\n\n### Below {#sec-b}\n'
    )
    render(tmp_path / "report.qmd", tmp_path / "out")
    text = PdfReader(tmp_path / "out/report.pdf").pages[0].extract_text().replace("\xa0", " ")
    assert re.search(r"\b1 First", text)
    assert "1.1 Below" in text
    assert "See Section 1.1" in text


def test_a_div_around_a_cell_is_refused():
    text = '---\ntitle: "T"\n---\n\n::: {.callout-note}\n\nA note\n\n```{python}\n1\n```\n\n:::\n'
    assert unsupported_constructs(text) == ["line 5: div around a cell (print the whole div in one cell)"]
