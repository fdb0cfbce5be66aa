"""What is done to Quarto's pages when they are made."""

import sys

from commands import ROOT

sys.path.insert(0, str(ROOT / "theme"))

import finish

HEAD = (
    '<script src="a/site_libs/quarto-html/quarto.js" type="module"></script>\n'
    '<script src="a/site_libs/quarto-html/tabsets/tabsets.js" type="module"></script>\n'
)


def test_scripts_are_no_modules():
    page = finish.mended(HEAD)
    assert 'type="module"' not in page
    assert "tabsets.js" not in page
    assert '<script src="a/site_libs/quarto-html/quarto.js" defer></script>' in page


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
