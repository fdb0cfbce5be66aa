"""Which values share a mean: a picture of the sets, the definition, and for each normalization its sets in numbers."""

from __future__ import annotations

import inspect

import matplotlib.style
import pandas as pd
from matplotlib.figure import Figure

from normstudy.report import markup
from normstudy.report.drawing import PLAIN
from normstudy.report.labels import FULL_NAMES
from normstudy.report.wording import counted
from normstudy.worked_example.definition import IMAGES, NORMALIZATIONS, exact_normalized, normalize, shared_sets
from normstudy.worked_example.exact import root_text, text, together
from normstudy.worked_example.layout import laid_out
from normstudy.worked_example.panels import draw_cell, finish, heading, outline, panels, set_colours

IN_WORDS = {
    "bn": "Batch Normalization [@ioffe2015, Algorithm 1 and Section 3.2] takes a channel over all images and positions "
    "of the batch. What an image becomes depends on the images beside it.",
    "ln": "Layer Normalization [@ba2016, Equation 3] takes an image over all its channels and positions. Differences "
    "between the channels of an image stay.",
    "gn": "Group Normalization [@wu2018, Equation 7] takes an image and a group of neighbouring channels. Differences "
    "between the channels of a group stay, those between groups go.",
    "in": "Instance Normalization [@ulyanov2016, Equation 3] takes one channel of one image. Every block ends with "
    "mean 0 and variance 1: how strong a channel was in an image can no longer be seen.",
}


def figure() -> str:
    """`@fig-by-hand-sets`."""
    sets = {kind: shared_sets(kind) for kind in NORMALIZATIONS}
    counts = ", ".join(f"{kind.upper()} {len(own)} sets of {len(own[0].members)}" for kind, own in sets.items())
    caption = (
        f"The same {IMAGES.numel()} integers four times. Values inside one outline share one mean and one variance: "
        f"{counts}. Only in BN does an outline cross from one image to another."
    )
    return markup.figure("by-hand-sets", index_sets_figure(), index_sets_alt(), caption)


def definition() -> str:
    """The source of `normalize`, as a block of code."""
    return f"```python\n{inspect.getsource(normalize)}```"


def tabs() -> str:
    """A tab per normalization: its sets in words, `@tbl-by-hand-<kind>`, and `@tbl-by-hand-<kind>-normalized`.

    On paper, where nothing can be chosen, they follow each other below headings that have no number, as tabs have none.
    """
    parts = {kind: "\n".join(_of_kind(kind, sentences)) for kind, sentences in IN_WORDS.items()}
    in_tabs = "\n".join(f"#### {kind.upper()}\n\n{part}" for kind, part in parts.items())
    in_turn = "\n".join(f"#### {kind.upper()} {{.unnumbered .unlisted}}\n\n{part}" for kind, part in parts.items())
    return "\n".join(
        [
            f'::::: {{.content-visible when-format="html"}}\n\n:::: {{.panel-tabset}}\n\n{in_tabs}\n::::\n\n:::::\n',
            f'::::: {{.content-hidden when-format="html"}}\n\n{in_turn}\n:::::',
        ]
    )


def _of_kind(kind: str, sentences: str) -> list[str]:
    """What is said of one normalization, and its two tables."""
    sets, x_hat = shared_sets(kind), exact_normalized(kind)
    of_sets = (
        f"{FULL_NAMES[kind]}: mean μ, variance σ² and standard deviation σ of {len(sets)} sets of "
        f"{len(sets[0].members)} values."
    )
    of_values = (
        f"{FULL_NAMES[kind]}: the normalized values $\\hat{{x}}$, exactly. They lie between {text(x_hat.min())} "
        f"and {text(x_hat.max())}."
    )
    return [
        f"{sentences}\n",
        markup.table(f"by-hand-{kind}", sets_table(kind), of_sets),
        markup.table(f"by-hand-{kind}-normalized", normalized_table(kind), of_values),
    ]


@matplotlib.style.context(PLAIN)
def index_sets_figure(kinds: tuple[str, ...] = tuple(NORMALIZATIONS)) -> Figure:
    """One panel per kind: the images' values, an outline and a colour for each set that shares μ and σ²."""
    figure = panels(kinds)
    for axes, kind in zip(figure.axes, kinds, strict=True):
        for shared, colour in zip(shared_sets(kind), set_colours(kind), strict=True):
            for position, value in zip(shared.positions, shared.members, strict=True):
                draw_cell(axes, position, str(value), colour)
            outline(axes, shared)
        finish(axes, kind)
    return figure


def index_sets_alt(kinds: tuple[str, ...] = tuple(NORMALIZATIONS)) -> str:
    """What `index_sets_figure` shows, for readers who do not see it."""
    images, channels, height, width = IMAGES.shape
    shown = [f"{heading(kind)}, each one {_shape(kind)}" for kind in kinds]
    return (
        f"A grid of {images} rows (images) and {channels} columns (channels) of blocks of {height} × {width} integers, "
        f"drawn once per normalization, with an outline around the values that share a mean. {'; '.join(shown)}."
    )


def sets_table(kind: str) -> pd.DataFrame:
    """Every set with its values, block by block, and its statistics as sums to follow."""
    rows = []
    for shared in shared_sets(kind):
        blocks = (", ".join(str(int(value)) for value in IMAGES[block].flatten()) for block in shared.blocks)
        size = len(shared.members)
        rows.append(
            {
                "one mean for": together(shared.name),
                "values": "; ".join(map(together, blocks)),
                "μ": together(f"{sum(shared.members)}/{size} = {text(shared.mean)}"),
                "σ²": together(f"{text(shared.squares)}/{size} = {text(shared.variance)}"),
                "σ": root_text(shared.variance),
            }
        )
    return pd.DataFrame(rows)


def normalized_table(kind: str) -> pd.DataFrame:
    """x̂ with ε = 0: a column per channel, and for each image as many rows as it has."""
    return laid_out(exact_normalized(kind), text)


def _shape(kind: str) -> str:
    first = shared_sets(kind)[0]
    images, channels = (len({block[axis] for block in first.blocks}) for axis in (0, 1))
    return f"{counted(images, 'image')} × {counted(channels, 'channel')}"
