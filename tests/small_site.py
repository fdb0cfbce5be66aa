"""The small site of the preview's tests, and a notebook as a training leaves it."""

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

FIXTURES = Path(__file__).parent / "preview/fixtures/site"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def executed_notebook(path: Path) -> None:
    cell = new_code_cell("show(curves)")
    cell.outputs = [
        new_output("stream", name="stdout", text="epoch 1: 12.5 %\n"),
        new_output("display_data", data={"image/png": PIXEL, "text/plain": "<Figure>"}),
        new_output("display_data", data={"text/html": '<script src="https://cdn.example.org/a.js"></script>'}),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=[new_markdown_cell("# A run\n\nWith $x^2$."), cell]), path)
