"""What Quarto leaves to be done when its pages are made; it calls this itself (`post-render` in _quarto.yml).

Its markup is mended for screen readers and for pages that are opened from the disk, every page gets what all pages of
the site have, and files to which no page leads are taken out.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import yaml

from normstudy.preview.extras import finished, put_extras

THEME = Path(__file__).parent


def main() -> None:
    output = Path(os.environ["QUARTO_PROJECT_OUTPUT_DIR"])
    if not (output / "index.html").exists():  # of another format alone
        return
    whole_scripts(output / "site_libs/quarto-html")
    address = yaml.safe_load(Path("_quarto.yml").read_text(encoding="utf-8"))["website"].get("site-url", "")
    for path in output.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        if 'rel="icon"' not in page and "</body>" in page:  # not finished already, by a call for another format
            page = finished(mended(page), THEME, address if path == output / "index.html" else None)
            path.write_text(page, encoding="utf-8")
    put_extras(THEME, output)


def mended(page: str) -> str:
    """A page of Quarto's whose bar is called something, and whose scripts are no modules.

    A browser loads modules from a server only.
    """
    page = page.replace('<nav class="navbar ', '<nav aria-label="Site" class="navbar ')
    page = re.sub(r'(<button class="navbar-toggler"[^>]*) role="menu"', r"\1", page)
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


if __name__ == "__main__":
    main()
