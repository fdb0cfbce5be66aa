"""Executed notebooks as pages: text and pictures of them, and nothing that a browser or Quarto would carry out."""

from __future__ import annotations

import re

from nbformat import NotebookNode

SHOWN = {"text/plain", "text/html", "image/png", "image/jpeg"}
STYLE = re.compile(r"<style scoped>[^<]*</style>")
TABLE = re.compile(
    r"</?(?:div|table|caption|thead|tbody|tr|th|td|p|br|b|i|em|strong|code)"
    r"(?:\s+(?:class=\"[\w -]*\"|border=\"\d\"|style=\"text-align: \w+;\"))*\s*/?>"
)
"""The tags of a displayed data frame, which is all the HTML that is let through."""


def make_harmless(notebook: NotebookNode) -> None:
    """Take out of `notebook`, in place, all but text, tables and pictures."""
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type in ("markdown", "code")]
    for cell in notebook.cells:
        cell.pop("attachments", None)
        cell.source = _inert(cell.source)
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", cell.source).replace("{=", "{ =")
        for output in cell.get("outputs", ()):
            _make_output_harmless(output)


def _make_output_harmless(output: NotebookNode) -> None:
    if "text" in output:
        output.text = _inert(output.text)
    if "data" not in output:
        return
    kinds = output.data.keys() & SHOWN
    page = STYLE.sub("", output.data.get("text/html", ""))
    if "<" in TABLE.sub("", page):
        kinds -= {"text/html"}
    left_out = ", ".join(sorted(output.data.keys() - kinds))
    output.data = NotebookNode({kind: output.data[kind] for kind in kinds})
    if "text/html" in output.data:
        output.data["text/html"] = _inert(page)
    if "text/plain" in output.data:
        output.data["text/plain"] = _inert(output.data["text/plain"])
    elif not kinds:
        output.data["text/plain"] = f"(not shown: {left_out})"


def _inert(text: str) -> str:
    return text.replace("{{<", "{{\u200b<")  # Quarto carries out shortcodes, even in code and output
