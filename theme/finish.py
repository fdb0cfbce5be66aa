"""What Quarto leaves to be done when its pages are made; it calls this itself (`post-render` in _quarto.yml).

Its markup is mended for screen readers and for pages that are opened from the disk, every page gets what all pages of
the site have, and files to which no page leads are taken out.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import yaml

from normstudy.report.site import finished, put_extras

THEME = Path(__file__).parent
LEFT_OVER = ("*-preview.html", "*.embed.ipynb", "*.out.ipynb", "*.qmd")
"""What Quarto makes on the way to a manuscript's pages."""


def main() -> None:
    output = Path(os.environ["QUARTO_PROJECT_OUTPUT_DIR"])
    if not (output / "index.html").exists():  # of another format alone
        return
    whole_scripts(output / "site_libs/quarto-html")
    project = yaml.safe_load(Path("_quarto.yml").read_text(encoding="utf-8"))
    address = project["manuscript"].get("manuscript-url", "")
    for path in output.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        if 'rel="icon"' not in page and "</body>" in page:  # not finished already, by a call for another format
            page = finished(mended(page), THEME, address if path == output / "index.html" else None)
            path.write_text(page, encoding="utf-8")
    put_extras(THEME, output)
    take_out(output)


def mended(page: str) -> str:
    """A page of Quarto's whose bar above a notebook is a landmark, and whose scripts are no modules.

    A browser loads modules from a server only; without them the contents stay shut.
    """
    page = page.replace(
        '<div id="quarto-embed-header"', '<div role="region" aria-label="Notebook" id="quarto-embed-header"'
    )
    page = re.sub(r'<script src="[^"]*/tabsets/tabsets\.js" type="module"></script>\n?', "", page)
    return re.sub(r'(<script src="[^"]*/quarto-html/quarto\.js") type="module">', r"\1 defer>", page)


def whole_scripts(folder: Path) -> None:
    """Put the module that Quarto's script imports into it."""
    script, module = folder / "quarto.js", folder / "tabsets/tabsets.js"
    text = script.read_text(encoding="utf-8")
    imported = 'import * as tabsets from "./tabsets/tabsets.js";'
    if imported in text:
        inner = module.read_text(encoding="utf-8").replace("export function init(", "function init(")
        text = text.replace(imported, f"const tabsets = (() => {{\n{inner}\nreturn {{ init }};\n}})();")
        script.write_text(f"(() => {{\n{text}\n}})();\n", encoding="utf-8")


def take_out(output: Path) -> None:
    """Delete the `LEFT_OVER` of which no page knows the name."""
    pages = {path: path.read_text(encoding="utf-8") for path in output.rglob("*.html")}
    for pattern in LEFT_OVER:  # in this order: one that is gone leads nowhere
        for path in list(output.rglob(pattern)):
            if not any(f'{path.name}"' in text for page, text in pages.items() if page != path):
                path.unlink()
                pages.pop(path, None)


if __name__ == "__main__":
    main()
