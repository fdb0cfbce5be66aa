"""A small site with every construct that the preview knows, executed and rendered once for the tests of `preview`."""

import shutil
from pathlib import Path, PurePosixPath
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from small_site import FIXTURES, executed_notebook

from normstudy.preview.article import Task, execute
from normstudy.preview.page import render
from normstudy.preview.project import Project


@pytest.fixture(scope="session")
def executed(tmp_path_factory) -> Path:
    """The project of the fixtures, its cells executed. None may change it."""
    folder = tmp_path_factory.mktemp("preview") / "project"
    shutil.copytree(FIXTURES, folder)
    executed_notebook(folder / "runs/batch/train.ipynb")
    pages = [page for page in Project(folder).pages if page.suffix == ".qmd"]
    assert execute(folder, [Task(page, {"PREVIEW_TEST": "from outside"}) for page in pages]) == []
    return folder


@pytest.fixture(scope="session")
def rendered(executed) -> Path:
    """The site of that project, made without Quarto."""
    output = executed.with_name("site")
    render(executed, output, strict=True)
    return output


@pytest.fixture
def attempt(tmp_path):
    """A function that executes and renders a project with one page of a given text: its folder, and the page."""

    def run(text, **environment):
        (tmp_path / "_quarto.yml").write_text("project: {type: website, render: [a.qmd]}\nexecute: {echo: false}\n")
        shutil.copy(FIXTURES / "references.bib", tmp_path)
        head = "---\ntitle: A title\nbibliography: references.bib\n---\n\n"
        (tmp_path / "a.qmd").write_text(text if text.startswith("---") else head + text, encoding="utf-8")
        if left := execute(tmp_path, [Task(PurePosixPath("a.qmd"), environment)]):
            raise left[0]
        markdown = (tmp_path / "a.qmd").read_text(encoding="utf-8")
        render(tmp_path, tmp_path / "out", strict=True)
        page = BeautifulSoup((tmp_path / "out/a.html").read_text(encoding="utf-8"), "html.parser")
        return SimpleNamespace(markdown=markdown, page=page, folder=tmp_path)

    return run
