"""What is done to Quarto's pages when they are made."""

import sys

from commands import ROOT

sys.path.insert(0, str(ROOT / "theme"))

import finish

HEAD = (
    '<script src="a/site_libs/quarto-html/quarto.js" type="module"></script>\n'
    '<script src="a/site_libs/quarto-html/tabsets/tabsets.js" type="module"></script>\n'
)


def test_scripts_are_no_modules_and_the_bar_above_a_notebook_is_a_landmark():
    page = finish.mended(HEAD + '<div id="quarto-embed-header" class="x">')
    assert 'type="module"' not in page
    assert "tabsets.js" not in page
    assert '<script src="a/site_libs/quarto-html/quarto.js" defer></script>' in page
    assert 'role="region" aria-label="Notebook" id="quarto-embed-header"' in page


def test_the_script_has_what_it_imported(tmp_path):
    (tmp_path / "tabsets").mkdir()
    (tmp_path / "tabsets/tabsets.js").write_text("export function init() { return 1; }\n")
    (tmp_path / "quarto.js").write_text('import * as tabsets from "./tabsets/tabsets.js";\ntabsets.init();\n')
    finish.whole_scripts(tmp_path)
    once = (tmp_path / "quarto.js").read_text()
    assert "import" not in once
    assert "export" not in once
    finish.whole_scripts(tmp_path)
    assert (tmp_path / "quarto.js").read_text() == once


def test_only_what_no_page_leads_to_is_taken_out(tmp_path):
    for name in ("report.qmd", "report.out.ipynb", "report.embed.ipynb", "train.ipynb", "a.out.ipynb", "report.pdf"):
        (tmp_path / name).write_text("x")
    (tmp_path / "index.html").write_text('<a href="a.out.ipynb">A</a> <a href="report.pdf">PDF</a>')
    finish.take_out(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"a.out.ipynb", "train.ipynb", "report.pdf", "index.html"}


def test_a_page_that_is_taken_out_keeps_nothing(tmp_path):
    (tmp_path / "report-preview.html").write_text('<a href="report.qmd">source</a>')
    (tmp_path / "report.qmd").write_text("")
    finish.take_out(tmp_path)
    assert list(tmp_path.iterdir()) == []
