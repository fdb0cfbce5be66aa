"""The style of all figures: palette, fonts, light and dark.

A figure is drawn by a function, once in the light and once in the dark style: `for name, picture in both(draw)`.
Colours come from `colour(norm)` and `INK`-like names of the current style, so that the function knows neither.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator

import matplotlib
import matplotlib.style
from IPython.display import display
from matplotlib.figure import Figure

WIDTH = 7.2
"""Inches: the width of a figure in the text."""

BASE = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same picture on every machine
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.linewidth": 0.6,
    "image.interpolation": "none",  # pixels can be counted
    "svg.hashsalt": "normstudy",  # the same figure is the same file
    "image.composite_image": False,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}


def _theme(ground: str, ink: str, grid: str) -> dict[str, str]:
    names = ["text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color", "axes.titlecolor"]
    return dict.fromkeys(names, ink) | {
        "figure.facecolor": ground,
        "axes.facecolor": ground,
        "savefig.facecolor": ground,
        "grid.color": grid,
    }


THEMES = {
    "light": ["default", BASE, _theme("#ffffff", "#212529", "#dddddd")],
    "dark": ["default", BASE, _theme("#1c1c1c", "#e4e6e8", "#3a3a3a")],
}
"""For `matplotlib.style.context`. They begin with matplotlib's own defaults: a user's matplotlibrc does not count.

The grounds are those of the pages (theme/*.scss)."""

# Okabe and Ito's palette, safe for colour-blind readers. In the light style letters are darkened, in the dark style
# the blue and the grey are lightened, so that text in each colour has a contrast of at least 4.5 with its ground.
COLOURS = {
    "light": {
        "bn": "#0072B2",
        "gn": "#C15500",
        "ln": "#008662",
        "in": "#A36186",
        "ln2d": "#3C7DA2",
        "none": "#595959",
    },
    "dark": {"bn": "#0094E5", "gn": "#E07020", "ln": "#00A87B", "in": "#CC79A7", "ln2d": "#56B4E9", "none": "#A6A6A6"},
}

NOTES = {
    "light": {"note": "#595959", "faint": "#8c8c8c", "shade": "#f2f2f2", "accent": "#1d6a96", "band": "#d9eefa"},
    "dark": {"note": "#b0b0b0", "faint": "#7a7a7a", "shade": "#272727", "accent": "#8fcbf0", "band": "#173244"},
}
"""Colours of what is no model: remarks, lines in the background, shaded ranges, a highlight and its band."""

MARKERS = {"bn": "o", "gn": "s", "ln": "^", "in": "D", "ln2d": "v", "none": "P"}
LINE_STYLES = ("-", "--", ":", "-.")


def is_dark() -> bool:
    """Whether the current style is the dark one."""
    return matplotlib.rcParams["figure.facecolor"] == THEMES["dark"][2]["figure.facecolor"]


def colour(name: str) -> str:
    """The colour of a normalization (`bn`) or of a `note`, `faint`, `shade`, `accent` or `band`, in this style."""
    theme = "dark" if is_dark() else "light"
    return (COLOURS[theme] | NOTES[theme])[name]


def norm_of(model: str) -> str:
    """The normalization in a study's name of a model: `bn` of `bn_l1`, `gn` of `gn_wd` or of `gn4`."""
    known = COLOURS["light"]
    start = model.lower().replace("+", "_").replace(" ", "_").split("_")[0]
    return next((norm for norm in sorted(known, key=len, reverse=True) if start.startswith(norm)), "none")


def both(draw: Callable[[], Figure]) -> Iterator[tuple[str, Figure]]:
    """(`light`, figure) and (`dark`, figure), each drawn by `draw` in its style."""
    for name, styles in THEMES.items():
        with matplotlib.style.context(styles):
            yield name, draw()


def svg(picture: Figure) -> str:
    """`picture` as SVG; the same text for the same figure and libraries."""
    data = io.StringIO()
    with matplotlib.style.context(BASE):
        picture.savefig(data, format="svg", bbox_inches="tight", metadata={"Date": None})
    return data.getvalue()


def png(draw: Callable[[], Figure], dpi: int = 200) -> bytes:
    """What `draw` returns, in light, as PNG: the same bytes for the same figure and libraries."""
    data = io.BytesIO()
    with matplotlib.style.context(THEMES["light"]):
        draw().savefig(data, format="png", bbox_inches="tight", dpi=dpi, metadata={"Software": None})
    return data.getvalue()


def show(draw: Callable[[], Figure]) -> None:
    """Display what `draw` returns, in light and in dark: the two outputs of a cell with `renderings: [light, dark]`."""
    for _, picture in both(draw):
        display({"image/svg+xml": svg(picture), "text/plain": "<Figure>"}, raw=True)
        _close(picture)


def _close(picture: Figure) -> None:
    """Forget `picture` if pyplot made it: the kernel would display it once more."""
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close(picture)
