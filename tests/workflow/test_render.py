"""The report of a folder of runs, and the site of the published ones: what is made of which files, or nothing."""

import json
import os
import shutil
import sys

import pytest
import yaml
from bs4 import BeautifulSoup
from commands import ROOT, workflow
from folders import report_of_ours
from pypdf import PdfReader
from readers import NEEDS_QUARTO, RENDERERS
from strays import leave_beside

from normstudy.preview.project import PreviewError
from normstudy.runs.record import record_names
from normstudy.runs.studies import MAIN, read_study, write_studies

sys.path.insert(0, str(ROOT / "workflow"))

import render
from render import OwnPage, RenderError

REPORT = """---
title: "A report"
bibliography: references.bib
metadata-files: [theme/report.yml, results/report.yml]
format: {html: default, typst: default}
---

```{python}
#| include: false
import os
from pathlib import Path

with open(os.environ["TIMES"], "a") as file:
    file.write("x")
```

## Part

Once: `{python} 6 * 7` apples. Whole site: `{python} os.environ.get("NORMSTUDY_SITE", "no")`.
"""
STUDY = '---\ntitle: "Any"\n---\n\nThe study `{python} os.environ["STUDY"]`, see [the report](/report.qmd).\n'.replace(
    "The study", "```{python}\n#| include: false\nimport os\n```\n\nThe study", 1
)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """The current folder: what report and site are made of, short, with one run and one record."""
    folder = tmp_path / "checkout"
    for name in render.NEEDED[1:]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    shutil.copytree(ROOT / "theme", folder / "theme")
    (folder / "params").mkdir()
    for name in ("how-it-works", "playground", "mistakes", "studies/index"):
        (folder / f"analysis/{name}.qmd").write_text(f"---\ntitle: {name}\n---\n\nWords.\n")
    for path in (ROOT / "docs").glob("*.md"):
        (folder / "docs" / path.name).write_text(f"# {path.stem}\n\nWords.\n")
    (folder / "report.qmd").write_text(REPORT)
    (folder / "analysis/studies/_own.qmd").write_text(STUDY)
    (folder / "analysis/studies/rates.qmd").write_text(
        "---\ntitle: Rates\n---\n\nWords on [the data](../../results/search.json).\n"
    )
    (run,) = read_study(ROOT / "results")[:1]
    shutil.copytree(run.folder, folder / "results" / run.name)
    write_studies(folder / "results", {MAIN: [run.name]})
    shutil.copyfile(ROOT / "results/search.json", folder / "results/search.json")
    render.write_metadata(folder / render.FRONT, render.heading([run], published=True))
    render.write_metadata(folder / render.NAVIGATION, render.navigation([]))
    monkeypatch.setenv("TIMES", str(tmp_path / "times"))
    monkeypatch.chdir(folder)
    return folder


def page_of(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def text_of(path):
    return " ".join(page_of(path).main.get_text(" ").replace("\xa0", " ").split())


def links_of(path):
    return {link["href"].removeprefix("./") for link in page_of(path).find_all("a", href=True)}


@pytest.mark.parametrize("renderer", RENDERERS)
def test_a_report_is_run_once_for_all_formats_and_has_the_pages_of_its_runs(checkout, tmp_path, renderer):
    own = OwnPage("analysis/studies/_own.qmd", "my-rates", 'My "rates" *1*', {"STUDY": "my/rates.yaml"})
    by = render.render_report(checkout / "results", checkout / "made", renderer, pages=[own])
    made = checkout / "made"
    assert (tmp_path / "times").read_text() == "x"
    pdf = "\n".join(page.extract_text() for page in PdfReader(made / "report.pdf").pages)
    for text in (text_of(made / "index.html"), pdf):
        assert "Once: 42 apples." in text
        assert "Whole site: no." in text
    assert "BN + L1 on MNIST, 10,000 test images" in text_of(made / "index.html")
    study = made / "analysis/studies/my-rates.html"
    assert "The study my/rates.yaml" in text_of(study)
    assert page_of(study).h1.get_text(strip=True) == 'My "rates" *1*'
    assert "../../index.html" in links_of(study)
    (notebook,) = made.glob("notebooks/*/train.html")
    links = links_of(made / "index.html")
    assert {notebook.relative_to(made).as_posix(), "docs/python.html", "analysis/studies/my-rates.html"} <= links
    assert "BN + L1: batch normalization" in page_of(notebook).h1.get_text()
    assert not [link for link in links if link.endswith((".qmd", ".ipynb"))]
    assert json.loads((made / "render.json").read_text())["by"] == by
    assert not {path.suffix for path in made.rglob("*")} & {".qmd", ".ipynb", ".md"}


@pytest.mark.parametrize("renderer", RENDERERS)
def test_a_site_has_the_pages_that_are_there_and_what_they_lead_to(checkout, renderer):
    render.render_site(checkout / "made", renderer)
    made = checkout / "made"
    assert "Whole site: 1." in text_of(made / "index.html")
    assert "Words on the data" in text_of(made / "analysis/studies/rates.html")
    for name in ("results/search.json", "404.html", "card.png", "docs/python.html", "report.pdf"):
        assert (made / name).is_file(), name
    assert len(list(made.glob("results/*/train.html"))) == 1
    assert page_of(made / "index.html").find("meta", property="og:image")["content"] == "card.png"


@NEEDS_QUARTO
def test_a_page_with_what_only_quarto_knows_is_run_by_quarto(checkout):
    with open("report.qmd", "a") as file:
        file.write("\n```{python}\nfrom IPython.display import HTML\nHTML('<b>pears</b>')\n```\n")
    with pytest.raises(PreviewError, match=r"report\.qmd, cell “from IPython"):
        render.render_report(checkout / "results", checkout / "none", "preview")
    render.render_report(checkout / "results", checkout / "made", "quarto")
    assert "pears" in text_of(checkout / "made/index.html")


@pytest.mark.parametrize("renderer", RENDERERS)
def test_a_link_that_leads_nowhere_ends_a_strict_render(checkout, renderer, monkeypatch):
    (checkout / "analysis/studies/rates.qmd").write_text("---\ntitle: Rates\n---\n\n[gone](gone.qmd)\n")
    monkeypatch.setenv("NORMSTUDY_FINDINGS", "stop")
    with pytest.raises((RenderError, PreviewError), match=r"gone\.qmd"):
        render.render_site(checkout / "made", renderer)
    assert not (checkout / "made").exists()


def test_a_strict_render_stops_where_the_record_no_longer_supports_a_sentence(checkout, monkeypatch):
    cell = "```{python}\n#| include: false\nfrom normstudy.report.core.findings import finding\n"
    cell += 'small = finding("Small rates are better", 1 > 2)\n```\n'
    (checkout / "analysis/studies/rates.qmd").write_text(
        f"---\ntitle: Rates\n---\n\n{cell}\nWords.`{{python}} small`\n"
    )
    render.render_site(checkout / "made", "preview")
    assert "These runs do not support this sentence." in text_of(checkout / "made/analysis/studies/rates.html")
    monkeypatch.setenv("NORMSTUDY_FINDINGS", "stop")
    with pytest.raises(PreviewError, match=r"rates\.qmd.*“Small rates are better”"):
        render.render_site(checkout / "made", "preview")


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


def test_files_have_the_permissions_that_new_files_have(checkout):
    before = os.umask(0o077)
    try:
        render.render_report(checkout / "results", checkout / "made", "preview")
    finally:
        os.umask(before)
    for path in [checkout / "made", *(checkout / "made").rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_a_published_notebook_says_where_it_can_be_run(checkout, monkeypatch):
    monkeypatch.setenv("GITHUB_REPOSITORY", "someone/norms")
    monkeypatch.setenv("GITHUB_SHA", 40 * "0")
    (run,) = read_study(checkout / "results")
    ((_, page),) = render.copied_notebooks(checkout / "project", [run])
    text = (checkout / "project" / page).read_text()
    assert f"/{40 * '0'}/results/{run.name}/train.ipynb)" in text
    shutil.copytree(run.folder, checkout / "runs" / run.name)  # which no repository has
    write_studies(checkout / "runs", {MAIN: [run.name]})
    (own,) = read_study(checkout / "runs")
    ((_, page),) = render.copied_notebooks(checkout / "other", [own])
    assert "colab" not in (checkout / "other" / page).read_text()


def test_quarto_takes_an_executed_page_for_text(tmp_path):
    page = tmp_path / "a.qmd"
    head = "---\ntitle: A\nengine: markdown\n---\n"
    page.write_text(f"{head}```{{=html}}\n<b>`{{=b}}`</b>\n```\n\n- a\n\n  ````{{=html}}\n  ````\n")
    render.hide_code(page)
    assert page.read_text() == f"{head}``` {{=html}}\n<b>`{{=b}}`</b>\n```\n\n- a\n\n  ```` {{=html}}\n  ````\n"


def test_what_the_site_says_of_the_published_runs_is_written_by_publish():
    shown = render.of_first_seed(render.compared_runs(ROOT / "results"))
    assert yaml.safe_load((ROOT / render.FRONT).read_text()) == render.heading(shown, published=True)
    found = yaml.safe_load((ROOT / render.NAVIGATION).read_text())
    menu = found["website"]["navbar"]["left"][0]["menu"]
    assert [ROOT / entry["href"] for entry in menu] == [run.folder / "train.ipynb" for run in shown]


@pytest.mark.fault("files of editors and systems in theme/ and results/", "passed over")
def test_what_editors_and_systems_leave_is_no_part_of_the_project(checkout, tmp_path):
    def copied(name):
        for folder in render.FOLDERS:
            render.copy_folder(folder, tmp_path / name)
        render.copy_records(tmp_path / name)
        return {path.relative_to(tmp_path / name) for path in (tmp_path / name).rglob("*")}

    without = copied("without")
    for place in ("theme/base.scss", "results/search.json"):
        leave_beside(checkout / place)
    beside = copied("with")
    strays = {"#base.scss#", "base.scss~", "#search.json#", "search.json~", "Thumbs.db", "desktop.ini"}
    assert {path.name for path in beside - without} <= strays
    assert without <= beside
    assert record_names(tmp_path / "with/results") == ["search"]
