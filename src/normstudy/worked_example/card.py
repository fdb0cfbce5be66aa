"""The picture next to a link to the report: its title, and which values share a mean in each normalization.

`python -m normstudy.worked_example.card` draws `theme/card.png` again.
"""

from __future__ import annotations

import io

import matplotlib.style
from matplotlib.figure import Figure

from normstudy.paths import project_root, write_whole
from normstudy.report.core import style
from normstudy.worked_example.definition import NORMALIZATIONS, shared_sets
from normstudy.worked_example.sets import draw_cell, finish, frame, set_colours

PIXELS = (1200, 630)
TITLE = "Which normalization,\nand how do we know?"


def draw() -> Figure:
    """The title above a panel per normalization, at 100 dots per inch."""
    picture = Figure(figsize=(PIXELS[0] / 100, PIXELS[1] / 100), dpi=100, layout="none")
    picture.text(0.05, 0.93, TITLE, fontsize=38, fontweight="bold", va="top", linespacing=1.15)
    edges = {"left": 0.04, "right": 0.98, "bottom": 0.06, "top": 0.5}
    panels = picture.subplots(1, len(NORMALIZATIONS), gridspec_kw=edges)
    for axes, kind in zip(panels, NORMALIZATIONS, strict=True):
        for shared, colour in zip(shared_sets(kind), set_colours(kind), strict=True):
            for position in shared.positions:
                draw_cell(axes, position, "", colour)
            frame(axes, shared)
        finish(axes, "")
        axes.set_title(kind.upper(), fontsize=24, fontweight="bold")
        axes.set(xticks=[], yticks=[], aspect=1)
    return picture


def main() -> None:
    data = io.BytesIO()
    with matplotlib.style.context(style.THEMES["light"]):
        draw().savefig(data, format="png", dpi=100, metadata={"Software": None})
    write_whole(project_root() / "theme/card.png", data.getvalue())


if __name__ == "__main__":
    main()
