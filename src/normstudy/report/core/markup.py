"""Figures and tables as Quarto Markdown, for captions and alternative texts that are computed.

A figure with fixed texts is a native cell that calls `style.show`; a table with a fixed caption is a native cell that
ends with `rows(frame)`.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.display import Markdown
from matplotlib.figure import Figure

from normstudy.paths import write_whole
from normstudy.report.core import style
from normstudy.text import one_line, visible

if TYPE_CHECKING:
    import pandas as pd

FIGURES = Path("_figures")
"""Where pictures and CSV files are written, relative to the project."""

PAGE = 88
"""Characters of a table's row that fit on a page of paper."""

COLUMNS = 1000
"""Characters of a table's line from which the preview takes the widths of its columns from the dashes."""

NUMBER = re.compile(r"(?:\*\*)?(?:<\u00a0)?[-+−±\[(]?\d[\d.,]*(?![\w.,])|^–$")
"""A cell that begins with a number."""

_UNSEEN = str.maketrans("", "", "\\*{}$^_\u200b\u2068\u2069")
_GUTTER = 3
"""The space between two columns, in characters."""


def figures_folder() -> Path:
    """`FIGURES`, or in it the folder of the study or the runs that a render names in its environment.

    So two reports that are rendered at one time do not mix.
    """
    place = os.environ.get("NORMSTUDY_STUDY") or os.environ.get("NORMSTUDY_RESULTS")
    if not place:
        return FIGURES
    digest = hashlib.sha256(str(Path(place).resolve()).encode()).hexdigest()[:8]
    return FIGURES / f"runs-{digest}"  # not by its own name, which may hold anything


def figure(label: str, draw: Callable[[], Figure] | str | Path, alt: str, caption: str) -> str:
    """A numbered figure `@fig-<label>`, in light and in dark, with its alternative text and its caption (Markdown).

    `draw` returns a figure, and is called in both styles; or it is the path of a picture, which is copied and shown in
    both. Raises `DiskError`.
    """
    if isinstance(draw, str | Path):
        path = figures_folder() / f"{label}{Path(draw).suffix}"
        _write(path, Path(draw).read_bytes())  # runs may lie outside the project: Quarto takes no picture there
        content = _picture(path, alt)
    else:
        shown = []
        for name, picture in style.both(draw):
            path = figures_folder() / f"{label}{'-dark' if name == 'dark' else ''}.svg"
            _write(path, style.svg(picture))
            shown.append(f"::: {{.cell-output .cell-output-display}}\n{_picture(path, alt)}\n:::")
        content = "\n".join(['::: {.cell renderings=\'["light","dark"]\'}', *shown, ":::"])
    return f":::: {{#fig-{label}}}\n{content}\n\n{_capitalized(caption)}\n::::\n"


def table(label: str, frame: pd.DataFrame, caption: str) -> str:
    """A numbered table `@tbl-<label>`; cells and headings of `frame` are Markdown, its index is not shown."""
    return f":::: {{#tbl-{label}}}\n\n{pipe_table(frame)}\n\n{_capitalized(caption)}\n::::\n"


def rows(frame: pd.DataFrame) -> Markdown:
    """`pipe_table` as the last value of a cell with `#| label: tbl-…`. A named index becomes the first column."""
    return Markdown(pipe_table(frame.reset_index() if any(frame.index.names) else frame))


def pipe_table(frame: pd.DataFrame) -> str:
    """A Markdown table without its index; columns whose cells all start with a number are set to the right."""
    frame = frame.map(str)
    numeric = [frame[name].map(lambda cell: bool(NUMBER.match(cell))).all() for name in frame]
    alignment = ["right" if right else "left" for right in numeric]
    lines = frame.to_markdown(index=False, tablefmt="pipe", colalign=alignment, disable_numparse=True).split("\n")
    if widths := _widths(frame):
        rules = ["-" * width for width in widths]
        rules = [f"{rule}:" if right else f":{rule}" for rule, right in zip(rules, numeric, strict=True)]
        lines[1] = f"|{'|'.join(rules)}|"
    return "\n".join(lines)


def csv(frame: pd.DataFrame, label: str) -> Markdown:
    """A link to `<label>.csv`, written next to the figures: every number behind a figure, for an inline value.

    Units stand in the names of columns.
    """
    path = figures_folder() / f"{label}.csv"
    _write(path, frame.to_csv(index=False, lineterminator="\n"))
    return Markdown(f'[{path.name}]({_from_page(path)}){{download="{path.name}"}}')


def _picture(path: Path, alt: str) -> str:
    text = visible(one_line(alt), keep="").replace("\\", "\\\\").replace('"', '\\"')
    text = text.replace("{{<", "{ {<")  # Quarto's shortcodes work in attributes, too
    return f'![]({_from_page(path)}){{fig-alt="{text}"}}'


def _from_page(path: Path) -> str:
    """`path`, relative to the project, as the page that is being rendered has to write it: pages lie in folders."""
    folder = os.environ.get("QUARTO_DOCUMENT_PATH", ".")
    return Path(os.path.relpath(path, folder)).as_posix()


def _write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)


def _capitalized(caption: str) -> str:
    """With a large first letter whatever name it begins with; a Greek letter is a symbol and stays small."""
    first = caption[:1]
    return (first if "α" <= first <= "ω" else first.upper()) + caption[1:]


def _widths(frame: pd.DataFrame) -> list[int]:
    """Numbers of dashes, from which Pandoc takes relative widths of columns; none where every cell fits on a line.

    No column is narrower than what cannot be broken in it: a page of paper would print it over the next column.
    """
    columns = [[str(name), *frame[name]] for name in frame]
    whole = [_GUTTER + max(map(_shown_length, column)) for column in columns]
    if sum(whole) <= PAGE:
        return []
    least = [
        _GUTTER + max(_shown_length(piece) for cell in column for piece in re.split(r"[ \u200b]", cell))
        for column in columns
    ]
    spare, wanted = max(0, PAGE - sum(least)), max(1, sum(whole) - sum(least))
    widths = [low + spare * (high - low) / wanted for low, high in zip(least, whole, strict=True)]
    return [round(width * COLUMNS / sum(widths)) + 1 for width in widths]


def _shown_length(markdown: str) -> int:
    """About how many characters a reader sees of `markdown`."""
    return len(re.sub(r"\\[a-zA-Z]+", "x", markdown).translate(_UNSEEN))
