"""The report without Quarto: the same `report.qmd` as one HTML file and a PDF.

The executed article goes through Pandoc and Typst; `assets/preview.lua` numbers figures, tables and sections, and
`assets/drawings.lua` and `assets/folded.lua`, which Quarto uses as well, put drawings into the page and fold tables.
"""

from __future__ import annotations

import calendar
import datetime
import html
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pypandoc
import typst
import yaml

from normstudy.hardware import cores
from normstudy.ipynb import nbformat
from normstudy.preview.article import PreviewError, executed
from normstudy.preview.constructs import DOWNLOAD, FRONT_MATTER, top_heading_level, unsupported_constructs
from normstudy.preview.pdf_marks import without_suspects
from normstudy.report.harmless import make_harmless
from normstudy.report.markup import COLUMNS
from normstudy.report.site import finished, put_extras
from normstudy.text import one_line

__all__ = ["PreviewError", "render", "unsupported_constructs"]

LACKING = re.compile(r'the text `"(.+?)"` could not be displayed')
"""What typst says of text that a PDF/UA cannot show."""

ASSETS = Path(__file__).parent / "assets"
MARKDOWN = "markdown+autolink_bare_uris-implicit_figures"


def render(
    report: Path,
    output: Path,
    environment: dict[str, str] | None = None,
    notebooks: Sequence[tuple[str, Path]] = (),
    metadata: dict[str, str] | None = None,
) -> list[Path]:
    """Run the cells of `report` once and write `index.html` and `report.pdf` into the folder `output`.

    `environment` is added to the variables that the cells see, `metadata` (a subtitle, say) to the front
    matter. `notebooks` are pairs of a title and an executed `.ipynb`; each becomes a page in
    `output/notebooks/`, linked from the article. What a link offers for download is copied, to the same place
    beside the page. A folder `theme` beside the report has what belongs to all pages (see
    `normstudy.report.site`). Returns the files written. `output` appears whole, or not at all and a
    PreviewError says why: an unknown construct, a failed cell, an unresolved reference or citation, a folder
    that is there and holds something.
    """
    report, output = Path(report).resolve(), Path(output).resolve()
    if output.exists() and not (output.is_dir() and not any(output.iterdir())):
        raise PreviewError(f"{output} is there and not empty: name another output folder.")
    if not report.is_file():
        raise PreviewError(f"There is no report {report}.")
    pages = _notebook_pages(notebooks)
    source = executed(report, environment, metadata)

    output.parent.mkdir(parents=True, exist_ok=True)
    build = output.with_name(f".{output.name}-{os.getpid()}")
    build.mkdir()
    pool = ThreadPoolExecutor(cores())  # Pandoc is a program of its own, and typst as good as one
    try:
        links = [{"title": html.escape(title), "href": f"notebooks/{name}"} for title, _, name in pages]
        variables = {"formats": [{"title": "PDF", "href": "report.pdf"}], "notebooks": links}
        made = {
            "index.html": pool.submit(_html, source, report, variables),
            "report.pdf": pool.submit(_pdf, source, report),
        }
        made |= {f"notebooks/{name}": pool.submit(_notebook_html, title, path, pages) for title, path, name in pages}
        theme = report.parent / "theme"
        for name, content in made.items():
            (build / name).parent.mkdir(exist_ok=True)
            (build / name).write_bytes(_as_of_the_site(name, content.result(), theme))
        downloads = sorted({match["path"] for match in DOWNLOAD.finditer(source)})
        for name in downloads:
            file = (report.parent / name).resolve()
            if not (file.is_relative_to(report.parent) and file.is_file()):
                raise PreviewError(f"{report.name}: {name}, offered for download, is no file beside it.")
            (build / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, build / name)
        if theme.is_dir():
            put_extras(theme, build)
        build.rename(output)  # which may be there, empty
    finally:
        pool.shutdown(cancel_futures=True)
        shutil.rmtree(build, ignore_errors=True)
    return [output / name for name in (*made, *downloads)]


# Writing the pages


def _as_of_the_site(name: str, content: bytes, theme: Path) -> bytes:
    """What is written as the file `name`: a page has what all pages of the site have, where there is a `theme`."""
    if not (name.endswith(".html") and theme.is_dir()):
        return content
    return finished(content.decode(), theme, "" if name == "index.html" else None).encode()


_PAGE = {
    "to": "html5",
    "template": "preview.html",
    "css": "preview.css",
    "html-math-method": {"method": "mathml"},
    "embed-resources": True,
    "toc": True,
    "toc-depth": 3,
}


def _html(source: str, report: Path, variables: dict[str, Any]) -> bytes:
    return _pandoc(
        source,
        report,
        variables=variables,
        metadata={"link-citations": True} | _date(source),
        **_PAGE | {"from": MARKDOWN, "number-sections": True, "citeproc": True, "fail-if-warnings": True},
    ).encode()


def _pdf(source: str, report: Path) -> bytes:
    document = _pandoc(
        source,
        report,
        metadata={"link-citations": True} | _date(source),
        # Without typst's own citations: Pandoc's are the ones that the HTML page has.
        **{"from": MARKDOWN, "to": "typst-citations", "template": "preview.typ"},
        **{"syntax-highlighting": "idiomatic", "citeproc": True, "fail-if-warnings": True},
        variables={"toc": True},
        # Typst counts from level 1: without one, sections would be numbered 0.1, 0.2, …
        **{"shift-heading-level-by": 1 - top_heading_level(source)},
    )
    # A PDF/UA can be read aloud, and typst refuses to make one of what cannot (a picture without a text, say).
    options = {"format": "pdf", "pdf_standards": ["ua-1"], "ignore_system_fonts": True}
    while True:
        try:
            return without_suspects(typst.compile(document.encode(), root=report.parent, **options))
        except typst.TypstError as error:
            shown = _with_code_points(document, error.message)
            if shown == document:
                raise PreviewError(f"{report.name}: typst: {one_line(error.message)}") from None
            document = shown


def _with_code_points(document: str, message: str) -> str:
    """`document` with code points in the place of what, by an error's `message`, no font has: an emoji, say."""
    found = LACKING.search(message)
    for character in {each for each in (found[1] if found else "") if not each.isascii()}:
        document = document.replace(character, f"U+{ord(character):04X}")
    return document


def _date(source: str) -> dict[str, str]:
    date = yaml.safe_load(FRONT_MATTER.match(source)[1]).get("date")
    if not date:
        return {}
    day = datetime.date.fromisoformat(str(date))
    return {"date": f"{calendar.month_name[day.month]} {day.day}, {day.year}"}


def _notebook_pages(notebooks: Sequence[tuple[str, Path]]) -> list[tuple[str, Path, str]]:
    """Title, file and page name of each notebook: named by its stem, or by its folder where stems repeat."""
    paths = [Path(path) for _, path in notebooks]
    stems = Counter(path.stem for path in paths)
    names = [path.stem if stems[path.stem] == 1 else path.resolve().parent.name for path in paths]
    for path in paths:
        if not path.is_file():
            raise PreviewError(f"There is no notebook {path}.")
    if len(set(names)) < len(names):
        raise PreviewError(f"Several notebooks would become one page: {', '.join(sorted(names))}.")
    return [(title, path, f"{name}.html") for (title, _), path, name in zip(notebooks, paths, names, strict=True)]


def _notebook_html(title: str, path: Path, pages: list[tuple[str, Path, str]]) -> bytes:
    notebook = nbformat.read(path, as_version=4)
    make_harmless(notebook)
    links = [{"title": html.escape(t), "href": n, "current": p == path} for t, p, n in pages]
    return _pandoc(
        nbformat.writes(notebook),
        path,
        variables={"home": "../index.html", "notebooks": links},
        metadata={"title": title},
        **_PAGE | {"from": "ipynb", "shift-heading-level-by": 1},
    ).encode()


def _pandoc(source: str, origin: Path, citeproc: bool = False, **options: Any) -> str:
    with tempfile.TemporaryDirectory() as folder:
        # Pandoc takes such a path for an address, and would read a `%20` in that of the checkout.
        assets = shutil.copytree(ASSETS, Path(folder, "assets"))
        for name in ("template", "css"):
            if name in options:
                options[name] = str(assets / options[name])
        lua = [{"type": "lua", "path": str(assets / name)} for name in ("drawings.lua", "preview.lua", "folded.lua")]
        filters = lua + [{"type": "citeproc"}] * citeproc
        defaults = Path(folder, "defaults.yaml")
        defaults.write_text(json.dumps({"standalone": True, "columns": COLUMNS, "filters": filters, **options}))
        done = subprocess.run(
            [pypandoc.get_pandoc_path(), f"--defaults={defaults}"],
            input=source,
            capture_output=True,
            encoding="utf-8",
            cwd=origin.resolve().parent,
            check=False,
        )
    if done.returncode:
        reason = re.findall(r"^.*?(?:preview: |\[WARNING\] )(.*)", done.stderr, re.MULTILINE) or [done.stderr]
        raise PreviewError(f"{origin.name}: {one_line('; '.join(reason))}")
    return done.stdout
