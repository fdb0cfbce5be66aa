"""After the normalization: the values of the batch as each normalization leaves them, and one of them step by step."""

from __future__ import annotations

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize, to_rgb
from matplotlib.figure import Figure

from normstudy.report import markup
from normstudy.report.drawing import PLAIN
from normstudy.report.wording import rounded
from normstudy.worked_example.definition import (
    BETA,
    GAMMA,
    IMAGES,
    NORMALIZATIONS,
    exact_normalized,
    set_of,
    shared_sets,
)
from normstudy.worked_example.exact import root_text, text, together
from normstudy.worked_example.panels import draw_cell, finish, outline, panels

DIVERGING = ListedColormap(colormaps["RdBu_r"](np.linspace(0.21, 0.77, 256)), "RdBu_r without its ends")
"""So pale that numbers can be read on every colour of it, and on the colour's variant for a dark page."""


def figure() -> str:
    """`@fig-by-hand-normalized`."""
    of_instances, of_layers = block_means("in"), block_means("ln")
    caption = (
        f"The normalized values, rounded. After IN the mean of every block is {text(of_instances.max())}; after LN the "
        f"block means still run from {rounded(of_layers.min(), 2)} to {rounded(of_layers.max(), 2)}."
    )
    return markup.figure("by-hand-normalized", normalized_values_figure(), normalized_values_alt(), caption)


def one_value() -> str:
    """`@tbl-by-hand-one`: the first value of image 1."""
    caption = f"The value {int(IMAGES[0, 0, 0, 0])} of image 1, channel 1, with $\\varepsilon = 0$."
    return markup.table("by-hand-one", one_value_table(), caption)


@matplotlib.style.context(PLAIN)
def normalized_values_figure(kinds: tuple[str, ...] = tuple(NORMALIZATIONS)) -> Figure:
    """A panel per kind with the normalized values x̂ (γ = 1, β = 0, ε = 0), rounded to one decimal."""
    figure = panels(kinds, extra=0.5)
    values = {kind: exact_normalized(kind).astype(float) for kind in kinds}
    limit = max(np.abs(array).max() for array in values.values())
    scale = Normalize(-limit, limit)
    drawn = figure.axes[:]
    for axes, kind in zip(drawn, kinds, strict=True):
        for position, value in np.ndenumerate(values[kind]):
            draw_cell(axes, position, rounded(value, 1), to_rgb(DIVERGING(scale(value))), size=7.5)
        for shared in shared_sets(kind):
            outline(axes, shared)
        finish(axes, kind)
    bar = figure.colorbar(ScalarMappable(scale, DIVERGING), ax=drawn, location="bottom", fraction=0.04, aspect=50)
    bar.set_label("x̂: distance from the mean of the set, in standard deviations of the set", fontsize=8.5)
    bar.ax.tick_params(labelsize=8)
    return figure


def normalized_values_alt(kinds: tuple[str, ...] = tuple(NORMALIZATIONS)) -> str:
    """What `normalized_values_figure` shows, for readers who do not see it."""
    ranges = []
    for kind in kinds:
        x_hat = exact_normalized(kind)
        ranges.append(f"{kind.upper()} from {rounded(x_hat.min(), 2)} to {rounded(x_hat.max(), 2)}")
    return (
        "Grids of images by channels with the normalized values, red above and blue below the mean of their set: "
        f"{', '.join(ranges)}."
    )


def block_means(kind: str) -> np.ndarray:
    """The mean of x̂ in each (image, channel) block, exactly: 0 where the normalization removed the block's level."""
    return exact_normalized(kind).mean(axis=(2, 3))


def one_value_table(position: tuple[int, int, int, int] = (0, 0, 0, 0)) -> pd.DataFrame:
    """One value of the example, at (image, channel, row, column), through all four normalizations, to x̂ and y."""
    rows, value, channel = [], int(IMAGES[position]), position[1]
    for kind in NORMALIZATIONS:
        shared, x_hat = set_of(kind, position), exact_normalized(kind)[position]
        rows.append(
            {
                "kind": kind.upper(),
                "set": together(shared.name),
                "μ": text(shared.mean),
                "σ": root_text(shared.variance),
                "x̂": together(f"({value} − {text(shared.mean)})/{root_text(shared.variance)} = {text(x_hat)}"),
                "y": text(GAMMA[channel] * x_hat + BETA[channel]),
            }
        )
    return pd.DataFrame(rows)
