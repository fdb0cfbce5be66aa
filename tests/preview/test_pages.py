"""The site without Quarto, as a reader sees it."""

import re
import shutil

import pytest
from bs4 import BeautifulSoup
from commands import run
from pypdf import PdfReader
from readers import NEEDS_QUARTO

from normstudy.preview.page import render
from normstudy.preview.project import PreviewError

CAPTIONS = {
    "fig-line": "Figure 1: Accuracy rises to 61% with",
    "fig-hand": "Figure 2: A figure written by hand.",
    "tbl-accuracy": "Table 1: Accuracy in percent, mean of 3 seeds.",
    "tbl-hand": "Table 2: A table written by hand, see also Figure 2.",
}


def words(element) -> str:
    """The text of a page element with single, breaking spaces."""
    return " ".join((element if isinstance(element, str) else element.get_text()).split())


def references(page: BeautifulSoup) -> list[tuple[str, str]]:
    links = ((words(link), link["href"]) for link in page.main.find_all("a"))
    return [link for link in links if re.match(r"(Figure|Table|Section) \d", link[0])]


def opened(site, name):
    return BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def page(rendered):
    return opened(rendered, "index.html")


@pytest.fixture(scope="module")
def study(rendered):
    return opened(rendered, "pages/a-study.html")


@pytest.fixture(scope="module")
def pdf(rendered) -> str:
    return words(" ".join(sheet.extract_text() for sheet in PdfReader(rendered / "report.pdf").pages))


def test_every_page_is_there_and_what_it_leads_to(rendered):
    assert sorted(path.relative_to(rendered).as_posix() for path in rendered.rglob("*") if path.is_file()) == [
        "_figures/line-dark.svg",
        "_figures/line.svg",
        "_figures/pages/a-study/cell-3-dark.svg",
        "_figures/pages/a-study/cell-3.svg",
        "_figures/pages/a-study/fig-native-dark.svg",
        "_figures/pages/a-study/fig-native.svg",
        "_figures/runs.csv",
        "data.json",
        "docs/guide.html",
        "index.html",
        "pages/a-study.html",
        "pages/b-page.html",
        "report.pdf",
        "runs/batch/train.html",
    ]


def test_links_lead_to_pages(study, rendered):
    addresses = [link["href"] for link in study.main.find_all("a", href=re.compile("^[^#h]"))]
    assert addresses == [
        "../_figures/runs.csv",
        "../index.html#sec-method",
        "../docs/guide.html",
        "../runs/batch/train.html",
        "b-page.html",
        "../data.json",
        "b-page.html",  # the page before
    ]
    for path in rendered.rglob("*.html"):
        page = opened(path.parent, path.name)
        identifiers = [element["id"] for element in page.find_all(id=True)]
        assert len(identifiers) == len(set(identifiers))
        for link in page.find_all("a", href=re.compile("^#.")):
            assert link["href"][1:] in identifiers
        for link in page.find_all(["a", "img"]):
            address = link.get("href") or link.get("src")
            if not address.startswith(("http", "#", "data:")):
                assert (path.parent / address.partition("#")[0]).is_file()


def test_the_bar_names_the_pages_that_are_there(page, study):
    bar = page.find("nav", attrs={"aria-label": "Site"})
    assert [(words(link), link["href"]) for link in bar.find_all("a")] == [
        ("Report", "index.html"),
        ("A guide", "docs/guide.html"),
        ("Batch <1>", "runs/batch/train.html"),
    ]
    assert words(bar.find(attrs={"aria-current": "page"})) == "Report"
    assert study.find("a", rel="prev")["href"] == "b-page.html"


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


def test_native_figures_and_tables_and_such_around_cells(study):
    figures = {figure["id"]: figure for figure in study.find_all("figure")}
    assert list(figures) == ["fig-native", "fig-around", "tbl-around", "tbl-native"]
    assert words(figures["fig-native"].figcaption) == "Figure 1: A native figure, see Table 1."
    for name in ("fig-native", "fig-around"):
        for part in ("light-content", "dark-content"):
            assert figures[name].find(class_=part).img["alt"]
    assert [words(cell) for cell in figures["tbl-around"].find_all("td")] == ["BN", "0.61", "GN", "0.59"]
    folded = [words(each.summary) for each in study.main.find_all("details", class_="code")]
    assert folded == ["Code: load runs", "Code", "Code: the table"]
    assert not any(figure.find("pre") for figure in figures.values())
    assert "The project is the current folder: True." in words(study.main)


def test_sections_are_numbered_where_it_is_asked_for(page, study, pdf):
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
    assert [words(heading) for heading in study.main.find_all("h2") or study.main.find_all("h1")[1:]] == ["References"]


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


def test_inline_values_are_evaluated_at_their_place(page, pdf):
    paragraph = words(next(p for p in page.main.find_all("p") if "The value is" in p.get_text()))
    sentence = "The value is 33.33 %, from 3 runs of a*b_c [x] <y> #1, and bold words. The variable says from outside."
    assert sentence in paragraph
    assert sentence in pdf
    assert "Now there are 4 runs." in words(page.main)


def test_cell_options(page, pdf):
    text = words(page.main)
    assert "that is not shown" not in text.replace('warnings.warn("a warning that is not shown")', "")
    assert "45" in [words(block) for block in page.find_all("pre")]
    fold = page.main.find("details", class_="code")
    assert words(fold.summary) == "Show how"
    assert "markup.figure(" not in text
    for line in ("runs += 1", "printed 4", "sum(range(10))", "return (x - mean)"):
        assert line in text
        assert line in pdf


def test_callouts_and_tabs_are_readable_without_script(page, pdf):
    titles = [words(title) for title in page.find_all(class_="callout-title")]
    assert [title.split(" with")[0] for title in titles] == ["Note", "A title", "A heading as title", "Important"]
    assert words(page.find(class_="callout").find_next("details")) == "Folded What is folded."
    tabs = page.find(class_="tabset").find_all("section", recursive=False)
    assert [words(tab.find(class_="tab-title")) for tab in tabs] == ["Small batches", "Large batches"]
    assert tabs[0].figure["id"] == "fig-hand"
    for text in ("A heading as title A warning.", "Folded What is folded.", "Large batches Other words"):
        assert text in pdf


def test_what_is_for_one_format_alone(page, pdf):
    assert page.find("details", class_="numbers").a["download"] == "line.svg"
    assert words(page.find(id="of-html")) == "So does this."
    assert "Said on paper alone." in pdf
    assert "Said on paper alone." not in words(page)
    for text in ("The numbers behind it", "on the web page alone", "So does"):
        assert text not in pdf


def test_mathematics_footnotes_and_citations(page, study, pdf):
    assert page.main.find("math", display="block").find("mfrac")
    assert "A footnote with emphasis" in words(page.find(id="footnotes"))
    assert "A footnote with emphasis" in pdf
    assert [words(entry)[:5] for entry in page.find_all(class_="csl-entry")] == ["Ioffe", "Wu, Y"]
    assert [words(entry)[:5] for entry in study.find_all(class_="csl-entry")] == ["Wu, Y"]
    for text in ("(Ioffe and Szegedy 2015); Wu and He (2018)", "Wu, Yuxin, and Kaiming He. 2018."):
        assert text in words(page.main)
        assert text in pdf
    assert "Nobody Cites" not in pdf


def test_pages_ask_no_other_host_for_anything(rendered):
    for path in rendered.rglob("*.html"):
        page = opened(path.parent, path.name)
        for name in ("src", "srcset", "data", "poster"):
            assert not [
                each for each in page.find_all(attrs={name: True}) if ":" in each[name].removeprefix("data:")[:9]
            ]
        assert not page.find_all(["iframe", "object", "embed", "base", "link"])
        embedded = "".join(map(str, page.find_all(["style", "script"])))
        assert not re.search(r"@import|url\(\s*['\"]?(?!data:)|\bfetch\(|\bimport\s*\(", embedded)
        assert len(page.style.get_text()) > 1000


def test_every_picture_has_a_text(rendered, page):
    alternatives = [picture["alt"] for picture in page.main.find_all("img")]
    assert alternatives == ['A line that "rises" from 0.31 to 0.61.'] * 2 + ["The same line again."]
    assert b"/Alt" in (rendered / "report.pdf").read_bytes()


def test_a_notebook_is_a_page_without_scripts_of_its_own(rendered):
    notebook = opened(rendered, "runs/batch/train.html")
    assert words(notebook.h1) == "A run"
    assert "epoch 1: 12.5 %" in words(notebook.main)
    assert "(not shown: text/html)" in words(notebook.main)
    assert "cdn.example.org" not in str(notebook)
    assert [bool(picture["alt"]) for picture in notebook.find_all("img")] == [True]


def test_a_document_has_its_first_heading_as_title(rendered):
    page = opened(rendered, "docs/guide.html")
    assert [words(heading) for heading in page.find_all("h1")] == ["A guide"]


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("See @fig-nowhere and @tbl-lost.\n", ["@fig-nowhere", "@tbl-lost"]),
        ("## Unnumbered {.unnumbered #sec-b}\n\nSee @sec-b.\n", ["@sec-b"]),
        ("As @nobody2000 says.\n", ["nobody2000"]),
        ("# A {#sec-a}\n\n[@sec-a; @wu2018]\n", ["mixes"]),
        ("::: {#tbl-x}\nOnly a caption.\n:::\n", ["tbl-x", "caption"]),
        ("# A {#sec-a}\n\n# B {#sec-a}\n", ["sec-a"]),
        ('::: {#fig-x}\n![](gone.svg){fig-alt="Gone"}\n\nA caption.\n:::\n', ["gone.svg"]),
        ("A [link](gone.qmd).\n", ["gone.qmd"]),
        ("A [file](../outside.csv).\n", ["outside.csv"]),
        ("```{ojs}\n1\n```\n", ["line 7", "{ojs}"]),
        ('```{python}\n#| output: asis\nprint("::: {.column-margin}\\nx\\n:::")\n```\n', [".column-margin"]),
    ],
)
def test_a_wrong_page_is_refused(attempt, body, parts):
    with pytest.raises(PreviewError) as error:
        attempt(body)
    assert "\n" not in str(error.value)
    for part in parts:
        assert part in str(error.value)


def test_a_link_that_leads_nowhere_is_a_warning_where_it_is_no_error(attempt, capsys):
    with pytest.raises(PreviewError):
        attempt("A [link](gone.qmd).\n")
    folder = attempt("Nothing.\n").folder
    (folder / "a.qmd").write_text("---\ntitle: A\n---\n\nA [link](gone.qmd).\n")
    render(folder, folder / "again")
    assert "warning: a.qmd: a link leads to gone.qmd" in capsys.readouterr().out


def test_what_no_font_of_the_pdf_has_is_a_code_point_there(attempt):
    made = attempt("---\ntitle: T\nformat: [html, typst]\n---\n\n# One\n\nA \U0001f389, \u6f22 and \u5b57.\n")
    assert "A \U0001f389, \u6f22 and \u5b57." in words(made.page)
    text = words(PdfReader(made.folder / "out/a.pdf").pages[0].extract_text())
    assert "A U+1F389, U+6F22 and U+5B57." in text


def test_sections_below_level_one_are_numbered_from_one_in_the_pdf(attempt):
    front = "---\ntitle: T\nnumber-sections: true\nformat: [html, typst]\n---\n"
    made = attempt(f"{front}\n## First {{#sec-a}}\n\nSee @sec-b.\n\n### Below {{#sec-b}}\n")
    text = PdfReader(made.folder / "out/a.pdf").pages[0].extract_text().replace("\xa0", " ")
    assert re.search(r"\b1 First", text)
    assert "1.1 Below" in text
    assert "See Section 1.1" in text


@pytest.fixture(scope="module")
def by_quarto(executed, tmp_path_factory):
    project = shutil.copytree(executed, tmp_path_factory.mktemp("quarto") / "project")
    process = run("quarto", "render", project, "--to", "html")
    assert process.returncode == 0, process.stderr
    return project / "_site"


@NEEDS_QUARTO
@pytest.mark.slow
@pytest.mark.parametrize("name", ["index.html", "pages/a-study.html"])
def test_quarto_shows_the_same(rendered, by_quarto, name):
    ours, theirs = opened(rendered, name), opened(by_quarto, name)
    assert references(ours) == references(theirs)
    for names in ("figcaption", "td, th", "img"):
        shown = [[words(each) + each.get("alt", "") for each in page.main.select(names)] for page in (ours, theirs)]
        assert shown[0] == shown[1]
    links = [[link["href"].removeprefix("../pages/") for link in page.main.select("p a")] for page in (ours, theirs)]
    assert links[0] == links[1]
