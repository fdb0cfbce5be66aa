"""Executed notebooks as pages: text and pictures of them, and nothing that a browser or Quarto would carry out.

A published one also says where a reader can run it: in Google's Colab, once the repository is on GitHub.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import quote

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


def invitation(notebook: PurePosixPath, environ: Mapping[str, str] = os.environ) -> str:
    """Markdown with a link that opens `notebook`, its path in the repository, and what has to be installed there.

    Nothing where it is not known which repository and commit this is: GitHub's workflows know it
    (https://docs.github.com/actions/reference/workflows-and-actions/variables).
    """
    repository, commit = environ.get("GITHUB_REPOSITORY", ""), environ.get("GITHUB_SHA", "")
    if not (re.fullmatch(r"[\w.-]+/[\w.-]+", repository) and re.fullmatch(r"[0-9a-f]{40,64}", commit)):
        return ""
    address = f"https://colab.research.google.com/github/{repository}/blob/{commit}/{quote(str(notebook))}"
    install = f"%pip install git+https://github.com/{repository}@{commit}"
    return (
        f"[Open this notebook in Colab]({address}) to run it there. A new first cell has to install the project:\n\n"
        f"```\n{install}\n```\n"
    )
