"""Which values share a mean, and what becomes of them: pictures of the batch and tables of its sets."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from itertools import zip_longest

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from normstudy.report.core import markup, style
from normstudy.worked_example.definition import (
    BETA,
    DEFINITIONS,
    GAMMA,
    IMAGES,
    NORMALIZATIONS,
    Position,
    SharedSet,
    exact_normalized,
    normalize,
    set_of,
    shared_sets,
)
from normstudy.worked_example.exact import root_text, rounded, text, unbroken

NAMES = {kind: {"ln2d": "LN2d"}.get(kind, kind.upper()) for kind in DEFINITIONS}
FULL_NAMES = {
    "bn": "Batch normalization",
    "ln": "Layer normalization",
    "gn": "Group normalization",
    "in": "Instance normalization",
    "ln2d": "Layer normalization of each position",
}
FIRST: Position = (0, 0, 0, 0)
"""The value that tables and figures follow: the first of image 1, channel 1."""

# Okabe and Ito's hues; outlines and numbers say the same for readers who see no colours.
HUES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7")
BELOW, ABOVE = "#0072B2", "#D55E00"
WEAKEST, STRONGEST = 0.12, 0.55
"""Opacity of a cell's colour: numbers can be read on it on a light and on a dark page."""

LINE = 1.95
"""Inches from one line of panels to the next."""
GAP = 0.35
"""Between two blocks, in cells."""


# --- pictures ---------------------------------------------------------------------------------------


def figure(label: str = "sets", kinds: Sequence[str] = tuple(NORMALIZATIONS)) -> str:
    """`@fig-sets`: the batch once per normalization, with a frame and a colour for each set."""
    counts = ", ".join(f"{NAMES[kind]} {_sizes(kind)}" for kind in kinds)
    caption = (
        f"The same {IMAGES.numel()} integers, {len(kinds)} times: rows are images, columns are channels. Values in one "
        f"frame share one mean and one variance: {counts}. Only in BN does a frame cross from one image to another."
    )
    alt = (
        f"{_grid_in_words()}, once per normalization, with a frame around the values that share a mean: "
        f"{'; '.join(f'{NAMES[kind]} {_sizes(kind)}, each of {_extent(kind)}' for kind in kinds)}."
    )
    return markup.figure(label, lambda: draw_panels(kinds, draw_sets), alt, caption)


def before_and_after(label: str, kinds: Sequence[str], caption: str) -> str:
    """`@fig-<label>`: a row per normalization, x with its sets on the left, x̂ on the right."""
    ranges = [
        f"{NAMES[kind]}: {_sizes(kind)}, each of {_extent(kind)}; normalized from {rounded(values.min(), 2)} to "
        f"{rounded(values.max(), 2)}"
        for kind in kinds
        for values in [exact_normalized(kind)]
    ]
    alt = f"{_grid_in_words()}, on the left with frames around the sets, on the right normalized. {'. '.join(ranges)}."
    return markup.figure(label, lambda: draw_before_and_after(kinds), alt, caption)


def draw_panels(kinds: Sequence[str], draw: Callable[[Axes, str], None]) -> Figure:
    """A panel per kind, two in a row."""
    columns = min(2, len(kinds))
    lines = -(-len(kinds) // columns)
    picture, panels = _panels(columns, lines)
    for axes, kind in zip_longest(panels.flat, kinds):
        if kind:
            draw(axes, kind)
        else:
            axes.remove()
    return picture


def draw_before_and_after(kinds: Sequence[str]) -> Figure:
    """A row per kind: x with its sets, and x̂."""
    picture, panels = _panels(2, len(kinds))
    for (left, right), kind in zip(panels, kinds, strict=True):
        draw_sets(left, kind)
        draw_normalized(right, kind)
    return picture


def _panels(columns: int, lines: int) -> tuple[Figure, np.ndarray]:
    """A figure with empty axes in lines and columns. They are placed here, which is quicker than by a layout engine."""
    picture = Figure(figsize=(style.WIDTH * columns / 2, LINE * lines), layout="none")
    picture.subplots_adjust(left=0.09, right=1, bottom=0, top=1 - 0.4 / LINE / lines, hspace=0.35, wspace=0.25)
    return picture, picture.subplots(lines, columns, squeeze=False)


def draw_sets(axes: Axes, kind: str) -> None:
    """x, with a colour and a frame for each set."""
    for shared, colour in zip(shared_sets(kind), set_colours(kind), strict=True):
        for position, value in zip(shared.positions, shared.members, strict=True):
            draw_cell(axes, position, str(value), colour)
        frame(axes, shared)
    finish(axes, f"{NAMES[kind]}: {_sizes(kind)}")


def draw_normalized(axes: Axes, kind: str) -> None:
    """x̂ with γ = 1, β = 0 and ε = 0, rounded to one decimal."""
    values = exact_normalized(kind).astype(float)
    for position, value in np.ndenumerate(values):
        strength = STRONGEST * min(1.0, abs(value) / 2)
        draw_cell(axes, position, rounded(value, 1), to_rgba(ABOVE if value > 0 else BELOW, strength), size=7.5)
    for shared in shared_sets(kind):
        frame(axes, shared)
    finish(axes, f"{NAMES[kind]}: normalized")


def draw_cell(axes: Axes, position: Sequence[int], label: str, colour: tuple[float, ...], size: float = 9) -> None:
    """One value of the batch: `label` on `colour` at its (image, channel, row, column)."""
    image, channel, row, column = position
    left, top = _corner(image, channel)
    axes.add_patch(Rectangle((left + column + 0.03, top + row + 0.03), 0.94, 0.94, facecolor=colour, linewidth=0))
    axes.text(left + column + 0.5, top + row + 0.52, label, ha="center", va="center", fontsize=size)


def frame(axes: Axes, shared: SharedSet) -> None:
    """A frame around the blocks of a set, which lie side by side or one below the other."""
    (left, top), (right, bottom) = _corner(*shared.blocks[0]), _corner(*shared.blocks[-1])
    _, _, height, width = IMAGES.shape
    pad = GAP / 4
    axes.add_patch(
        Rectangle(
            (left - pad, top - pad), right - left + width + 2 * pad, bottom - top + height + 2 * pad,
            fill=False, edgecolor=mpl.rcParams["text.color"], linewidth=1.6, label=shared.name,
        )
    )  # fmt: skip


def finish(axes: Axes, title: str) -> None:
    """Limits, ticks and the title of a panel whose cells are drawn."""
    images, channels, height, width = IMAGES.shape
    axes.set(
        xlim=(-GAP / 2, _corner(0, channels)[0] - GAP / 2), ylim=(_corner(images, 0)[1] - GAP / 2, -GAP / 2),
        aspect=0.75,  # cells are wider than high: more fits on a page
        xticks=[_corner(0, c)[0] + width / 2 for c in range(channels)],
        yticks=[_corner(n, 0)[1] + height / 2 for n in range(images)],
        xticklabels=[f"channel {c + 1}" for c in range(channels)],
        yticklabels=[f"image {n + 1}" for n in range(images)],
    )  # fmt: skip
    axes.set_title(title, fontsize=9.5, fontweight="bold")
    axes.tick_params(length=0, labelsize=8, top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.grid(False)
    axes.spines[:].set_visible(False)


def set_colours(kind: str) -> list[tuple[float, ...]]:
    """A colour per set, with its opacity: the hue is the image's (in BN the channel's), the opacity the set's in it."""
    sets = shared_sets(kind)
    firsts = [shared.positions[0] for shared in sets]
    owners = [channel if "N" in DEFINITIONS[kind].shared else image for image, channel, *_ in firsts]
    strengths = np.linspace(WEAKEST, STRONGEST, max(map(owners.count, owners)) + 2)[1:-1]
    seen = [owners[:number].count(owner) for number, owner in enumerate(owners)]
    return [to_rgba(HUES[owner], strengths[number]) for owner, number in zip(owners, seen, strict=True)]


def _corner(image: int, channel: int) -> tuple[float, float]:
    """Upper left corner of a block; y grows downwards."""
    _, _, height, width = IMAGES.shape
    return channel * (width + GAP), image * (height + GAP)


# --- tables -----------------------------------------------------------------------------------------


def sets_table(kind: str) -> pd.DataFrame:
    """Every set with its mean and its variance as sums to follow, and its standard deviation."""
    return pd.DataFrame(
        {
            "one mean for": unbroken(shared.name),
            "μ": unbroken(f"{sum(shared.members)}/{len(shared.members)} = {text(shared.mean)}"),
            "σ²": unbroken(f"{text(shared.squares)}/{len(shared.members)} = {text(shared.variance)}"),
            "σ": root_text(shared.variance),
        }
        for shared in shared_sets(kind)
    )


def one_value_table(kinds: Sequence[str] = tuple(NORMALIZATIONS), position: Position = FIRST) -> pd.DataFrame:
    """One value of the example, at (image, channel, row, column), through each normalization, to x̂ and y."""
    rows, value, channel = [], int(IMAGES[position]), position[1]
    for kind in kinds:
        shared, x_hat = set_of(kind, position), exact_normalized(kind)[position]
        rows.append(
            {
                "norm": NAMES[kind],
                "its set": unbroken(shared.name),
                "x̂ = (x − μ)/σ": unbroken(
                    f"({value} − {text(shared.mean)})/{root_text(shared.variance)} = {text(x_hat)}"
                ),
                "y": text(GAMMA[channel] * x_hat + BETA[channel]),
            }
        )
    return pd.DataFrame(rows)


def block_means(kind: str) -> np.ndarray:
    """The mean of x̂ in each (image, channel) block, exactly: 0 where the normalization removed the block's level."""
    return exact_normalized(kind).mean(axis=(2, 3))


def _sizes(kind: str) -> str:
    sets = shared_sets(kind)
    return f"{len(sets)} sets of {len(sets[0].members)}"


def _extent(kind: str) -> str:
    blocks = shared_sets(kind)[0].blocks
    images, channels = (len({block[axis] for block in blocks}) for axis in (0, 1))
    return f"{images} image{'s' * (images > 1)} × {channels} channel{'s' * (channels > 1)}"


def _grid_in_words() -> str:
    images, channels, height, width = IMAGES.shape
    return f"A grid of {images} rows (images) and {channels} columns (channels) of blocks of {height} × {width} values"


def definition() -> str:
    """The source of `normalize`, as a block of code."""
    return f"```python\n{inspect.getsource(normalize)}```\n"
