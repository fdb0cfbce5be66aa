"""The article, executed: `report.qmd` as plain Markdown, from which every renderer makes every format.

Jupytext reads the file, and nbclient runs its cells, once. Only a handful of Quarto's constructs is known here;
every other one is named, so that the report cannot outgrow this module unseen.
"""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path
from typing import Any

import jupytext
import yaml
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from normstudy.errors import NormstudyError
from normstudy.own_kernel import own_kernel
from normstudy.preview.constructs import FRONT_MATTER, unsupported_constructs
from normstudy.report.markup import escape
from normstudy.text import one_line

INLINE_VALUE = re.compile(r"(?<!`)`\{python\}[ \t]+([^`]+)`")
HEADING = re.compile(r"^#+[ \t]+(.+?)[ \t]*(?:\{[^}]*\})?[ \t]*$", re.MULTILINE)


class PreviewError(NormstudyError):
    """The report needs Quarto, or is wrong; the message says where."""


class NeedsQuartoError(PreviewError):
    """The report has a construct that Quarto alone knows."""


def executed(report: Path, environment: dict[str, str] | None = None, metadata: dict[str, str] | None = None) -> str:
    """The text of `report` after a run of its cells, in its folder: cells are what they show, inline values their text.

    `environment` is added to the variables that the cells see, `metadata` (a subtitle, say) to the front matter.
    Raises `PreviewError` where a cell fails, and `NeedsQuartoError` where a construct is unknown: before any cell
    runs if that can be told, and with what the cells print otherwise.
    """
    text = report.read_text(encoding="utf-8")
    if not FRONT_MATTER.match(text):
        raise PreviewError(f"{report.name} does not begin with front matter (a title between two lines of ---).")
    if problems := unsupported_constructs(text):
        raise NeedsQuartoError(f"{report.name} needs Quarto: {'; '.join(problems)}.")
    if metadata:
        text = FRONT_MATTER.sub(lambda match: f"---\n{match[1]}{yaml.safe_dump(metadata)}---\n", text, count=1)
    return _execute(report, text, environment or {})


def _execute(report: Path, text: str, environment: dict[str, str]) -> str:
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
        shutdown_kernel="immediate",  # all is told: to take leave of torch takes a second
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
            raise NeedsQuartoError(f"{place}: an inline value must be text, a number or Markdown.")
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
                raise NeedsQuartoError(f"{place} prints what needs Quarto: {'; '.join(problems)}.")
        elif not data.keys() - {"text/plain"}:
            parts.append(_fenced(data.get("text/plain") or output.text, "{.cell-output}"))
        else:
            kinds = ", ".join(sorted(data.keys() - {"text/plain"}))
            raise NeedsQuartoError(f"{place} displays {kinds}: print Markdown with `output: asis` instead.")
    return "\n\n".join(parts)


def _fenced(text: str, info: str) -> str:
    fence = max(["``", *re.findall(r"`+", text)], key=len) + "`"
    return f"{fence} {info}\n{text.rstrip()}\n{fence}"
