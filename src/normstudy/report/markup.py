"""Figures and tables as Quarto Markdown: what a report cell with `output: asis` prints.

Captions with computed values are only possible this way: `fig-cap` takes no code with the Jupyter engine.
"""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
import matplotlib.style
from IPython.display import Image, Markdown

from normstudy.paths import write_whole
from normstudy.report.compact_svg import compact
from normstudy.report.dark import with_dark_colours
from normstudy.report.literal import escape as escape
from normstudy.report.literal import note_on_code_points as note_on_code_points
from normstudy.report.literal import plain as plain
from normstudy.report.literal import unbroken as unbroken
from normstudy.report.wording import capitalized
from normstudy.text import one_line, visible

if TYPE_CHECKING:  # every run's notebook imports this module, and none has tables; the renderers draw nothing
    import pandas as pd
    from matplotlib.figure import Figure

FIGURE_FOLDER = Path("_figures")
"""Where `figure` writes pictures, relative to the report; `keep_pictures_of` makes it a folder below."""


PAGE = 88
"""Characters of a table's text that fit beside each other on a page of paper."""

COLUMNS = 1000
"""Characters of a table's line from which the preview takes the widths of its columns from the dashes."""

NUMBER = re.compile(r"(?:\*\*)?(?:<\u00a0)?[-+−±\[(]?\d[\d.,]*(?![\w.,])|^–$")
"""A cell that begins with a number."""

SEVERAL = re.compile(r"\d, [-−\d]\S*$")
"""In a cell with several numbers, of which none stands below those of other rows."""

WITHIN = re.compile(
    r"(?<=[\d%]) (?=to[ \u00a0][<+−\d]|%)|(?<=\w) (?=×[ \u00a0]\d)"  # before the word or sign
    r"|(?<=\w[ \u00a0]×) (?=\d)|(?<=[\d%][ \u00a0]to) (?=[<+−\d])"  # and behind it
)
"""Spaces within a number, a size or an interval."""


def keep_pictures_of(runs_folder: Path) -> None:
    """Let `figure` write into a folder for these runs alone, so that reports rendered at one time do not mix."""
    global FIGURE_FOLDER
    digest = hashlib.sha256(str(runs_folder.resolve()).encode()).hexdigest()[:8]
    FIGURE_FOLDER = Path("_figures") / f"runs-{digest}"  # not by its own name, which may hold anything


def figure(label: str, picture: Figure | str | Path, alt: str, caption: str) -> str:
    """A numbered figure `@fig-<label>`: a div with the picture, its alternative text and its caption.

    `picture` is a drawn figure, saved as SVG, or the path of a PNG, which is copied. `alt` is plain text; `caption` is
    Markdown, and begins with a large letter whatever name it begins with.
    """
    FIGURE_FOLDER.mkdir(parents=True, exist_ok=True)
    if isinstance(picture, str | Path):
        path = FIGURE_FOLDER / f"{label}{Path(picture).suffix}"
        write_whole(path, Path(picture).read_bytes())  # runs may lie outside the project: Quarto takes no picture there
    else:
        path = FIGURE_FOLDER / f"{label}.svg"
        save_picture(picture, path)
    return (
        f'::: {{#fig-{label}}}\n![]({path.as_posix()}){{fig-alt="{_attribute(alt)}"}}\n\n{capitalized(caption)}\n:::\n'
    )


def table(label: str, frame: pd.DataFrame, caption: str) -> str:
    """A numbered table `@tbl-<label>`; cells and headings of `frame` are Markdown, its index is not shown."""
    return f"::: {{#tbl-{label}}}\n\n{rows(frame)}\n\n{capitalized(caption)}\n:::\n"


def rows(frame: pd.DataFrame) -> str:
    """A table without a number; columns whose cells all start with a number are set to the right."""
    frame = frame.map(lambda cell: _whole(str(cell)))
    numeric = [frame[name].map(_is_number).all() for name in frame]
    alignment = ["right" if right else "left" for right in numeric]
    lines = frame.to_markdown(index=False, tablefmt="pipe", colalign=alignment, disable_numparse=True).split("\n")
    if widths := _widths(frame):
        rules = ["-" * width for width in widths]
        rules = [f"{rule}:" if right else f":{rule}" for rule, right in zip(rules, numeric, strict=True)]
        lines[1] = f"|{'|'.join(rules)}|"
    return "\n".join(lines)


def inline(text: str) -> Markdown:
    """Markdown within a line of the article; where there is none, a space, for which Quarto does not print the code."""
    return Markdown(text or " ")


def folded(title: str, content: str) -> str:
    """`content`, a table or several, behind its `title`: opened by a click in HTML, in the appendix on paper.

    `preview/assets/folded.lua` is the filter for it, of both renderers. Nothing where there is no content.
    """
    return f'::: {{.folded title="{_attribute(title)}"}}\n\n{content}\n\n:::\n' if content.strip() else ""


def _is_number(cell: str) -> bool:
    return bool(NUMBER.match(cell)) and not SEVERAL.search(cell)


def _whole(cell: str) -> str:
    """`cell` with spaces at which no line breaks within a number, a size or an interval."""
    return WITHIN.sub("\u00a0", cell)


def _widths(frame: pd.DataFrame) -> list[int]:
    """Numbers of dashes, from which Pandoc takes relative widths of columns; none where every cell fits on a line.

    No column is narrower than what cannot be broken in it: a page of paper would print it over the next column.
    """
    columns = [[str(name), *map(str, frame[name])] for name in frame]
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


_UNSEEN = str.maketrans("", "", "\\*{}$^_\u200b\u2068\u2069")
_GUTTER = 3
"""The space between two columns, in characters."""


def display_picture(picture: Figure, alt: str) -> Image:
    """`picture` as the output of a notebook cell."""
    data = io.BytesIO()
    with matplotlib.style.context("default"):
        picture.savefig(data, format="png", dpi=144, bbox_inches="tight")
    return Image(data=data.getvalue(), alt=alt, width=600)


def save_picture(picture: Figure, path: Path) -> None:
    """Save as SVG or PNG, by the name's ending, byte for byte the same for the same picture and libraries.

    Raises `DiskError`, and an earlier picture stays.
    """
    data = io.BytesIO()
    if path.suffix == ".svg":
        # Each image of a sheet stays one of few pixels, beside vectors.
        with matplotlib.style.context(["default", {"svg.hashsalt": path.stem, "image.composite_image": False}]):
            picture.savefig(data, format="svg", bbox_inches="tight", metadata={"Date": None})
        write_whole(path, with_dark_colours(compact(data.getvalue().decode())))
    else:
        with matplotlib.style.context("default"):
            picture.savefig(data, format="png", bbox_inches="tight", dpi=200, metadata={"Software": None})
        write_whole(path, data.getvalue())


def _attribute(text: str) -> str:
    return visible(one_line(text), keep="").replace("\\", "\\\\").replace('"', '\\"')
