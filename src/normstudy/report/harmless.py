"""Executed notebooks as pages: text and pictures of them, and nothing that a browser or Quarto would carry out."""

from __future__ import annotations

import re

from nbformat import NotebookNode

SHOWN = {"text/plain", "image/png", "image/jpeg"}
"""Even of a plain table, HTML makes Quarto's page load scripts from another host."""


def make_harmless(notebook: NotebookNode) -> None:
    """Take out of `notebook`, in place, all but text and pictures."""
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type in ("markdown", "code")]
    for cell in notebook.cells:
        cell.pop("attachments", None)
        cell.source = _inert(cell.source)
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", cell.source).replace("{=", "{ =")
        for output in cell.get("outputs", ()):
            if "text" in output:
                output.text = _inert(output.text)
            if "data" in output:
                output.data = _harmless(output.data)


def _harmless(data: NotebookNode) -> NotebookNode:
    shown = NotebookNode({kind: content for kind, content in data.items() if kind in SHOWN})
    if not shown:
        shown["text/plain"] = f"(not shown: {', '.join(sorted(data))})"
    if "text/plain" in shown:
        shown["text/plain"] = _inert(shown["text/plain"])
    return shown


def _inert(text: str) -> str:
    return text.replace("{{<", "{{\u200b<")  # Quarto carries out shortcodes, even in code and output
