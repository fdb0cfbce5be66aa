"""The picture beside a link to the report: its title, and which values share a mean in each normalization.

`python -m normstudy.worked_example.card` draws `theme/card.png` again.
"""

from __future__ import annotations

import io

import matplotlib.style
from matplotlib.figure import Figure

from normstudy.paths import project_root, write_whole
from normstudy.report.drawing import PLAIN
from normstudy.worked_example.definition import NORMALIZATIONS, shared_sets
from normstudy.worked_example.panels import draw_cell, finish, outline, set_colours

PIXELS = (1200, 630)
TITLE = "Which normalization,\nand how do we know?"


@matplotlib.style.context(PLAIN)
def card_figure() -> Figure:
    """The title above a panel per normalization, at 100 dots per inch."""
    figure = Figure(figsize=(PIXELS[0] / 100, PIXELS[1] / 100), dpi=100)
    figure.text(0.05, 0.93, TITLE, fontsize=38, fontweight="bold", va="top", linespacing=1.15)
    panels = figure.subplots(
        1, len(NORMALIZATIONS), gridspec_kw={"left": 0.04, "right": 0.98, "bottom": 0.06, "top": 0.5}
    )
    for axes, kind in zip(panels, NORMALIZATIONS, strict=True):
        for shared, colour in zip(shared_sets(kind), set_colours(kind), strict=True):
            for position in shared.positions:
                draw_cell(axes, position, "", colour)
            outline(axes, shared)
        finish(axes, kind)
        axes.set_title(kind.upper(), fontsize=24, fontweight="bold")
        axes.set(xticks=[], yticks=[])
    return figure


def main() -> None:
    data = io.BytesIO()
    card_figure().savefig(data, format="png", dpi=100, metadata={"Software": None})
    write_whole(project_root() / "theme/card.png", data.getvalue())


if __name__ == "__main__":
    main()
