"""What `_quarto.yml` says of pages."""

from pathlib import PurePosixPath

from small_site import FIXTURES, executed_notebook

from normstudy.preview.project import Project

STUDY = PurePosixPath("pages/a-study.qmd")
REPORT = PurePosixPath("report.qmd")


def test_pages_and_their_places(tmp_path):
    project = Project(FIXTURES)
    assert [str(page) for page in project.pages] == [
        "report.qmd",
        "pages/b-page.qmd",  # by their `order`
        "pages/a-study.qmd",
        "docs/guide.md",
    ]
    assert str(project.target(STUDY)) == "pages/a-study.html"
    assert str(project.target(REPORT)) == "index.html"
    assert str(project.target(REPORT, "typst")) == "report.pdf"
    assert [project.formats(page) for page in (REPORT, STUDY)] == [["html", "typst"], ["html"]]


def test_what_is_nearer_to_a_page_counts_more():
    metadata = Project(FIXTURES).metadata(STUDY)
    assert metadata["execute"] == {"echo": True, "warning": False}
    assert metadata["format"]["html"]["code-fold"]
    assert metadata["format"]["html"]["fig-format"] == "svg"
    assert metadata["description"] == "Its answer."


def test_titles(tmp_path):
    project = Project(FIXTURES)
    assert [project.title(page) for page in project.pages[1:]] == ["The first page", "A study", "A guide"]
    executed_notebook(tmp_path / "a.ipynb")
    (tmp_path / "_quarto.yml").write_text("project: {render: [a.ipynb]}")
    assert Project(tmp_path).title(PurePosixPath("a.ipynb")) == "A run"


def test_included_metadata(tmp_path):
    (tmp_path / "more.yml").write_text("a: {b: 1, c: [1]}\n")
    (tmp_path / "_quarto.yml").write_text("metadata-files: [more.yml]\na: {c: [2]}\nproject: {render: []}\n")
    assert Project(tmp_path).config["a"] == {"b": 1, "c": [1, 2]}


def test_neighbours():
    project = Project(FIXTURES)
    before, after = project.neighbours(STUDY)
    assert (before.title, after) == ("The first page", None)
    assert project.neighbours(REPORT)[1].title == "A guide"
