"""The report without Quarto: the same `report.qmd` as one HTML file and a PDF.

Jupytext reads the file, nbclient runs its cells, Pandoc and Typst write the pages; `assets/preview.lua`
numbers figures, tables and sections. Only a handful of Quarto's constructs is known here;
`unsupported_constructs` names every other one, so that the report cannot outgrow this module unseen.
"""

from __future__ import annotations

import ast
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
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pypandoc
import typst
import yaml
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from normstudy.errors import NormstudyError
from normstudy.own_kernel import own_kernel
from normstudy.preview.constructs import FRONT_MATTER, top_heading_level, unsupported_constructs
from normstudy.report.harmless import make_harmless
from normstudy.report.markup import COLUMNS, escape
from normstudy.text import one_line

__all__ = ["PreviewError", "render", "unsupported_constructs"]

ASSETS = Path(__file__).parent / "assets"
MARKDOWN = "markdown+autolink_bare_uris-implicit_figures"
INLINE_VALUE = re.compile(r"(?<!`)`\{python\}[ \t]+([^`]+)`")
HEADING = re.compile(r"^#+[ \t]+(.+?)[ \t]*(?:\{[^}]*\})?[ \t]*$", re.MULTILINE)


class PreviewError(NormstudyError):
    """The report needs Quarto, or is wrong; the message says where."""


def render(
    report: Path,
    output: Path,
    environment: dict[str, str] | None = None,
    notebooks: Sequence[tuple[str, Path]] = (),
    metadata: dict[str, str] | None = None,
) -> list[Path]:
    """Run the cells of `report` once and write `index.html` and `report.pdf` into the folder `output`.

    `environment` is added to the variables that the cells see, `metadata` (a subtitle, say) to the front
    matter. `notebooks` are pairs of a title and an
    executed `.ipynb`; each becomes a page in `output/notebooks/`, linked from the article. Returns the
    files written. `output` appears whole, or not at all and a PreviewError says why: an unknown construct,
    a failed cell, an unresolved reference or citation, a folder that is there and holds something.
    """
    report, output = Path(report).resolve(), Path(output).resolve()
    if output.exists() and not (output.is_dir() and not any(output.iterdir())):
        raise PreviewError(f"{output} is there and not empty: name another output folder.")
    if not report.is_file():
        raise PreviewError(f"There is no report {report}.")
    text = report.read_text(encoding="utf-8")
    if not FRONT_MATTER.match(text):
        raise PreviewError(f"{report.name} does not begin with front matter (a title between two lines of ---).")
    if problems := unsupported_constructs(text):
        raise PreviewError(f"{report.name} needs Quarto: {'; '.join(problems)}.")
    if metadata:
        text = FRONT_MATTER.sub(lambda match: f"---\n{match[1]}{yaml.safe_dump(metadata)}---\n", text, count=1)
    pages = _notebook_pages(notebooks)
    source = _execute(report, text, environment or {})

    output.parent.mkdir(parents=True, exist_ok=True)
    build = output.with_name(f".{output.name}-{os.getpid()}")
    build.mkdir()
    try:
        written = [build / "index.html", build / "report.pdf"]
        links = [{"title": html.escape(title), "href": f"notebooks/{name}"} for title, _, name in pages]
        variables = {"formats": [{"title": "PDF", "href": "report.pdf"}], "notebooks": links}
        written[0].write_text(_html(source, report, variables), encoding="utf-8")
        written[1].write_bytes(_pdf(source, report))
        for title, path, name in pages:
            written.append(build / "notebooks" / name)
            written[-1].parent.mkdir(exist_ok=True)
            written[-1].write_text(_notebook_html(title, path, pages), encoding="utf-8")
        build.rename(output)  # which may be there, empty
    finally:
        shutil.rmtree(build, ignore_errors=True)
    return [output / path.relative_to(build) for path in written]


# Running the cells


def _execute(report: Path, text: str, environment: dict[str, str]) -> str:
    """The report as plain Markdown: cells replaced by what they show, inline values by their text."""
    header = FRONT_MATTER.match(text)
    defaults = {"echo": False, "warning": False}  # of a Quarto manuscript
    defaults |= (yaml.safe_load(header[1]) or {}).get("execute") or {}

    # One code cell for each inline value, so that it sees the variables of its place in the text.
    parts: list[str | NotebookNode] = []
    section = "the front matter"
    for cell in jupytext.reads(text[header.end() :], fmt="Rmd").cells:
        if cell.cell_type == "code":
            parts += [_cell(cell.source, section), "\n\n"]
            continue
        begin = 0
        for match in INLINE_VALUE.finditer(cell.source):
            place = f"`{match[1].strip()}` in {_section(cell.source[: match.start()], section)}"
            inline = new_code_cell(match[1].strip(), metadata={"inline": True, "place": place})
            parts += [cell.source[begin : match.start()], inline]
            begin = match.end()
        parts += [cell.source[begin:], "\n\n"]
        section = _section(cell.source, section)

    cells = [part for part in parts if isinstance(part, NotebookNode)]
    if cells:
        _run(report, new_notebook(cells=cells), environment)
    shown = (part if isinstance(part, str) else _shown(report, part, defaults) for part in parts)
    return header[0] + "\n" + "".join(shown)


def _section(text: str, before: str) -> str:
    headings = HEADING.findall(text)
    return f"section “{headings[-1]}”" if headings else before


def _cell(source: str, section: str) -> NotebookNode:
    lines = source.split("\n")
    head = next((i for i, line in enumerate(lines) if not line.startswith("#|")), len(lines))
    options = yaml.safe_load("\n".join(line[2:] for line in lines[:head])) or {}
    first = next((line.strip() for line in lines[head:] if line.strip()), "")
    place = f"cell “{options.get('label', first)}” in {section}"
    return new_code_cell("\n".join(lines[head:]), metadata={"options": options, "place": place})


def _run(report: Path, notebook: NotebookNode, environment: dict[str, str]) -> None:
    """Execute `notebook` in place, with the report's folder as the current one."""
    place = ""

    def remember(cell: NotebookNode, **_: Any) -> None:
        nonlocal place
        place = cell.metadata.place

    client = NotebookClient(
        notebook,
        timeout=None,
        coalesce_streams=True,  # the kernel cuts long output into messages at any character
        kernel_manager_class=own_kernel(),
        resources={"metadata": {"path": str(report.parent)}},
        on_cell_start=remember,
    )
    try:
        client.execute(env={**os.environ, **environment})
    except (CellControlSignal, DeadKernelError) as error:
        reason = f"{error.ename}: {error.evalue}" if hasattr(error, "ename") else str(error)
        raise PreviewError(f"{report.name}, {place}: {one_line(reason)}") from None


def _shown(report: Path, cell: NotebookNode, defaults: dict[str, bool]) -> str:
    """What an executed cell or inline value adds to the text."""
    place = f"{report.name}, {cell.metadata.place}"
    if cell.metadata.get("inline"):
        shown = [output.data for output in cell.outputs if output.output_type == "execute_result"]
        if len(shown) != 1 or shown[0].keys() - {"text/plain", "text/markdown"}:
            raise PreviewError(f"{place}: an inline value must be text, a number or Markdown.")
        if "text/markdown" in shown[0]:
            return shown[0]["text/markdown"]
        plain = shown[0]["text/plain"]
        return escape(ast.literal_eval(plain) if plain.startswith(("'", '"')) else plain)

    options = defaults | cell.metadata.options
    if not options.get("include", True):
        return ""
    parts = []
    if options["echo"]:
        summary = options.get("code-summary", "Code").replace('"', "&quot;")
        info = f'{{.python code-summary="{summary}"}}' if options.get("code-fold") else "python"
        parts.append(_fenced(cell.source, info))
    for output in cell.outputs:
        data = output.get("data", {})
        if output.get("name") == "stderr":
            parts += [_fenced(output.text, "{.cell-output}")] * options["warning"]
        elif "text/markdown" in data or (output.get("name") == "stdout" and options.get("output") == "asis"):
            parts.append(data.get("text/markdown") or output.get("text", ""))
            if problems := unsupported_constructs(parts[-1]):
                raise PreviewError(f"{place} prints what needs Quarto: {'; '.join(problems)}.")
        elif not data.keys() - {"text/plain"}:
            parts.append(_fenced(data.get("text/plain") or output.text, "{.cell-output}"))
        else:
            kinds = ", ".join(sorted(data.keys() - {"text/plain"}))
            raise PreviewError(f"{place} displays {kinds}: print Markdown with `output: asis` instead.")
    return "\n\n".join(parts)


def _fenced(text: str, info: str) -> str:
    fence = max(["``", *re.findall(r"`+", text)], key=len) + "`"
    return f"{fence} {info}\n{text.rstrip()}\n{fence}"


# Writing the pages


_PAGE = {
    "to": "html5",
    "template": "preview.html",
    "css": "preview.css",
    "html-math-method": {"method": "mathml"},
    "embed-resources": True,
    "toc": True,
    "toc-depth": 3,
}


def _html(source: str, report: Path, variables: dict[str, Any]) -> str:
    return _pandoc(
        source,
        report,
        variables=variables,
        metadata={"link-citations": True} | _date(source),
        **_PAGE | {"from": MARKDOWN, "number-sections": True, "citeproc": True, "fail-if-warnings": True},
    )


def _pdf(source: str, report: Path) -> bytes:
    document = _pandoc(
        source,
        report,
        metadata={"link-citations": True} | _date(source),
        # Without typst's own citations: Pandoc's are the ones that the HTML page has.
        **{"from": MARKDOWN, "to": "typst-citations", "template": "preview.typ"},
        **{"syntax-highlighting": "idiomatic", "citeproc": True, "fail-if-warnings": True},
        # Typst counts from level 1: without one, sections would be numbered 0.1, 0.2, …
        **{"shift-heading-level-by": 1 - top_heading_level(source)},
    )
    try:
        return typst.compile(document.encode(), root=report.parent, format="pdf", ignore_system_fonts=True)
    except typst.TypstError as error:
        raise PreviewError(f"{report.name}: typst: {one_line(error.message)}") from None


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


def _notebook_html(title: str, path: Path, pages: list[tuple[str, Path, str]]) -> str:
    notebook = nbformat.read(path, as_version=4)
    make_harmless(notebook)
    links = [{"title": html.escape(t), "href": n, "current": p == path} for t, p, n in pages]
    return _pandoc(
        nbformat.writes(notebook),
        path,
        variables={"home": "../index.html", "notebooks": links},
        metadata={"title": title},
        **_PAGE | {"from": "ipynb", "shift-heading-level-by": 1},
    )


def _pandoc(source: str, origin: Path, citeproc: bool = False, **options: Any) -> str:
    with tempfile.TemporaryDirectory() as folder:
        # Pandoc takes such a path for an address, and would read a `%20` in that of the checkout.
        assets = shutil.copytree(ASSETS, Path(folder, "assets"))
        for name in ("template", "css"):
            if name in options:
                options[name] = str(assets / options[name])
        filters = [{"type": "lua", "path": str(assets / "preview.lua")}] + [{"type": "citeproc"}] * citeproc
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
