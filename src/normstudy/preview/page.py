"""The site without Quarto: every page of a project as an HTML file, and the report as a PDF too.

The cells have been executed (`article.py`). Pages go through Pandoc and, for the PDF, Typst; `assets/preview.lua` knows
Quarto's constructs.
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
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import pypandoc
import typst
import yaml

from normstudy.hardware import cores
from normstudy.ipynb import nbformat
from normstudy.preview.constructs import FRONT_MATTER, HEADING, top_heading_level, unsupported_constructs
from normstudy.preview.extras import finished, put_extras
from normstudy.preview.notebooks import make_harmless
from normstudy.preview.pdf_marks import without_suspects
from normstudy.preview.project import Link, PreviewError, Project
from normstudy.text import one_line

MISSING_GLYPH = re.compile(r'the text `"(.+?)"` could not be displayed')
"""What typst says of text that a PDF/UA cannot show."""

ASSETS = Path(__file__).parent / "assets"
MARKDOWN = "markdown+autolink_bare_uris-implicit_figures"
COLUMNS = 1000
"""Characters of a table's line from which Pandoc takes the widths of its columns from the dashes."""

REFERENCE = re.compile(r'(?<=\s)(href|src)="(?!data:|#|//)([^":?#]+)((?:#[^"]*)?)"')
"""In HTML, an address without a scheme, and what follows its #."""


def render(root: Path, output: Path, strict: bool = False) -> None:
    """Write the site of the project in the folder `root`, whose cells were executed, into the new folder `output`.

    Links to sources of pages become links to pages; other files of the project to which a page leads are copied.
    Raises `PreviewError`: an unknown construct, an unresolved reference or citation; if `strict`, a link that leads
    nowhere, which is printed as a warning otherwise.
    """
    project = Project(root)
    pool = ThreadPoolExecutor(cores())  # Pandoc is a program of its own, and typst as good as one
    try:
        made = {}
        for page in project.pages:
            make = _notebook_html if page.suffix == ".ipynb" else _html
            made[project.target(page)] = (page, pool.submit(make, project, page))
            if "typst" in project.formats(page):
                made[project.target(page, "typst")] = (page, pool.submit(_pdf, project, page))
        needed: set[PurePosixPath] = set()
        for target, (page, future) in made.items():
            content = future.result()
            if isinstance(content, str):
                content, files = _settled(content, page, project, strict)
                needed |= files
                address = project.config.get("website", {}).get("site-url", "") if target.name == "index.html" else None
                if (project.root / "theme").is_dir():
                    is_home = target == PurePosixPath("index.html")
                    content = finished(content, project.root / "theme", address if is_home else None)
                content = content.encode()
            (output / target).parent.mkdir(parents=True, exist_ok=True)
            (output / target).write_bytes(content)
        for name in sorted(needed - made.keys()):
            (output / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(project.root / name, output / name)
        if (project.root / "theme").is_dir():
            put_extras(project.root / "theme", output)
    finally:
        pool.shutdown(cancel_futures=True)


def _settled(text: str, page: PurePosixPath, project: Project, strict: bool) -> tuple[str, set[PurePosixPath]]:
    """The HTML `text` with links to pages in the place of those to their sources, and the other files it leads to."""
    targets = {each: project.target(each) for each in project.pages}
    made = {*targets.values(), *(project.target(each, "typst") for each in targets)}
    files: set[PurePosixPath] = set()

    def settle(match: re.Match) -> str:
        name, link, part = match[1], unquote(html.unescape(match[2])), match[3]
        path = link.lstrip("/") if link.startswith("/") else str(page.parent / link)
        found = PurePosixPath(os.path.normpath(path))
        if found in targets:
            found = targets[found]
        elif found not in made:
            if not (project.root / found).is_file() or ".." in found.parts:
                problem = f"{page}: a link leads to {link}, which is not there"
                if strict:
                    raise PreviewError(problem)
                print(f"warning: {problem}")
                return match[0]
            files.add(found)
        return f'{name}="{html.escape(os.path.relpath(found, page.parent))}{part}"'

    return REFERENCE.sub(settle, text), files


# Writing the pages

_PAGE = {
    "to": "html5",
    "template": "preview.html",
    "html-math-method": {"method": "mathml"},
    "toc": True,
}


def _html(project: Project, page: PurePosixPath) -> str:
    source, metadata = _source(project, page)
    options = metadata.get("format") or {}
    depth = (options.get("html") or {}).get("toc-depth", 3) if isinstance(options, dict) else 3
    numbered = bool(metadata.get("number-sections"))
    return _pandoc(
        source,
        project.root / page,
        variables=_around(project, page),
        metadata=_metadata(source, metadata, project, page),
        **_PAGE | {"from": MARKDOWN, "toc-depth": depth, "number-sections": numbered},
        **{"citeproc": True, "fail-if-warnings": True},
    )


def _pdf(project: Project, page: PurePosixPath) -> bytes:
    source, metadata = _source(project, page)
    document = _pandoc(
        source,
        project.root / page,
        metadata=_metadata(source, metadata, project, page),
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
            return without_suspects(typst.compile(document.encode(), root=project.root, **options))
        except typst.TypstError as error:
            shown = _with_code_points(document, error.message)
            if shown == document:
                raise PreviewError(f"{page}: typst: {one_line(error.message)}") from None
            document = shown


def _with_code_points(document: str, message: str) -> str:
    """`document` with code points in the place of what, by an error's `message`, no font has: an emoji, say."""
    found = MISSING_GLYPH.search(message)
    for character in {each for each in (found[1] if found else "") if not each.isascii()}:
        document = document.replace(character, f"U+{ord(character):04X}")
    return document


def _notebook_html(project: Project, page: PurePosixPath) -> str:
    notebook = nbformat.reads(project.text(page), as_version=4)
    make_harmless(notebook)
    title = project.title(page)
    for cell in notebook.cells:  # as Quarto does: the first heading of the highest level is the title
        if cell.cell_type == "markdown" and (match := re.match(r"# .*\n?", cell.source)):
            cell.source = cell.source[match.end() :]
            break
    return _pandoc(
        nbformat.writes(notebook),
        project.root / page,
        variables=_around(project, page),
        metadata={"title": title},
        **_PAGE | {"from": "ipynb", "toc-depth": 3, "embed-resources": True},
    )


def _source(project: Project, page: PurePosixPath) -> tuple[str, dict[str, Any]]:
    """The Markdown of `page`, with a title in its front matter, and all its metadata."""
    source = project.text(page)
    if not FRONT_MATTER.match(source):  # a document, whose first heading is its title
        heading = HEADING.search(source)
        title = heading[1] if heading else page.stem
        source = source.replace(heading[0], "", 1) if heading else source
        source = f"---\ntitle: {json.dumps(title, ensure_ascii=False)}\n---\n\n{source}"
    if problems := unsupported_constructs(source):
        raise PreviewError(f"{page} needs Quarto: {'; '.join(problems)}.")
    return source, project.metadata(page)


def _metadata(source: str, metadata: dict[str, Any], project: Project, page: PurePosixPath) -> dict[str, Any]:
    """What Pandoc needs to know besides the front matter of `source`."""
    own = yaml.safe_load(FRONT_MATTER.match(source)[1])
    keys = {"subtitle", "description", "author", "lang"} & metadata.keys() - own.keys()
    known = {"link-citations": True} | {key: metadata[key] for key in keys}
    if files := metadata.get("bibliography"):
        # Relative to the page: Pandoc would decode a `%20` in the path of the checkout.
        folder = (project.root / page).resolve().parent
        known["bibliography"] = [os.path.relpath(Path(each).resolve(), folder) for each in files]
    if "{#refs}" not in source:
        known["reference-section-title"] = "References"
    if date := metadata.get("date"):
        day = datetime.date.fromisoformat(str(date))
        known["date"] = f"{calendar.month_name[day.month]} {day.day}, {day.year}"
    return known


def _around(project: Project, page: PurePosixPath) -> dict[str, Any]:
    """What stands around the text: the bar of the site, other formats, the pages before and after."""

    def shown(link: Link) -> dict[str, Any]:
        address = html.escape(os.path.relpath(link.page, page.parent)) if link.page else ""
        below = [shown(each) for each in link.below]
        return {"title": html.escape(link.title), "href": address, "current": link.page == page, "below": below}

    before, after = project.neighbours(page)
    site = project.config.get("website", {})
    variables: dict[str, Any] = {"site": html.escape(site.get("title", "")), "navbar": [*map(shown, project.navbar())]}
    variables["neighbours"] = bool(before or after)
    if "typst" in project.formats(page):
        pdf = os.path.relpath(project.target(page, "typst"), page.parent)
        variables["formats"] = [{"title": "PDF", "href": html.escape(pdf)}]
    variables |= {name: shown(link) for name, link in (("before", before), ("after", after)) if link}
    return variables


def _pandoc(source: str, origin: Path, citeproc: bool = False, **options: Any) -> str:
    with tempfile.TemporaryDirectory() as folder:
        # Pandoc takes such a path for an address, and would read a `%20` in that of the checkout.
        assets = shutil.copytree(ASSETS, Path(folder, "assets"))
        options["template"] = str(assets / options["template"])
        filters: Iterable[Any] = [{"type": "lua", "path": str(assets / "preview.lua")}]
        filters = [*filters, *[{"type": "citeproc"}] * citeproc]
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
