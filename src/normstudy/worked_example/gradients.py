"""The way back through a normalization: formulas, one gradient in numbers, all of them, and who depends on whom."""

from __future__ import annotations

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from normstudy.report import markup
from normstudy.report.drawing import PLAIN
from normstudy.report.labels import FULL_NAMES
from normstudy.report.wording import join_words, rounded, scientific
from normstudy.worked_example.backward import (
    UPSTREAM,
    Position,
    autograd,
    by_hand,
    input_gradients,
    scale_gradients,
    shift_gradients,
    slopes,
)
from normstudy.worked_example.definition import DEFINITIONS, GAMMA, IMAGES, NORMALIZATIONS, shared_sets
from normstudy.worked_example.exact import root_text, text, together
from normstudy.worked_example.layout import laid_out
from normstudy.worked_example.panels import HUES, draw_cell, finish, outline, panels

FIRST: Position = (0, 0, 0, 0)
NAMES = {kind: {"ln2d": "LN2d"}.get(kind, kind.upper()) for kind in DEFINITIONS}

FORMULA = r"""
$$
\frac{\partial L}{\partial x_i} = \frac{1}{\sqrt{\sigma^2 + \varepsilon}}
\Bigl( g_i - \frac{1}{m} \sum_{k \in S} g_k - \hat{x}_i \, \frac{1}{m} \sum_{k \in S} g_k \hat{x}_k \Bigr),
\qquad g = \gamma \, \frac{\partial L}{\partial y} .
$$
"""


def section() -> str:
    """Prose, `@tbl-by-hand-upstream`, `@tbl-by-hand-backward`, `@tbl-by-hand-affine`, `@fig-by-hand-slopes`, and,
    folded, a table of every gradient for each normalization."""
    upstream = UPSTREAM.numpy()
    return "\n\n".join(
        [
            _before_the_formula(),
            FORMULA.strip(),
            _behind_the_formula(),
            markup.table(
                "by-hand-upstream",
                laid_out(upstream, text),
                "$\\partial L / \\partial y$: integers of our own, laid out like the images.",
            ),
            markup.table("by-hand-backward", one_gradient_table(), _one_caption()),
            markup.table("by-hand-affine", affine_table(), _affine_caption()),
            markup.figure("by-hand-slopes", slopes_figure(), slopes_alt(), _slopes_caption()),
            markup.folded("Every gradient for x, exactly", _every_gradient()),
        ]
    )


def _before_the_formula() -> str:
    return (
        "Training sends the gradient of the loss $L$ the other way. It arrives as $\\partial L / \\partial y$, a "
        "number for each value, and the layer makes of it the gradients for what it was given and for what it has "
        "learned. $\\beta$ is added to every value of its channel and $\\gamma$ multiplies every $\\hat{x}$ of it, so "
        "that $\\partial L / \\partial \\beta = \\sum \\partial L / \\partial y$ and $\\partial L / \\partial \\gamma "
        "= \\sum \\hat{x}\\, \\partial L / \\partial y$, over all values of the channel. For $x$ the chain rule has "
        "three ways to follow, for every value also moves the mean and the variance of its set. What Ioffe and Szegedy "
        "write down for BN in three steps [@ioffe2015, Section 3] makes one formula, which holds for any $S$:"
    )


def _behind_the_formula() -> str:
    most = largest_difference()
    return (
        "The gradient for a value thus depends on those of all values of its set, and of no others: in BN on other "
        "images, in the rest on other places of its own image alone (@fig-by-hand-slopes). What is taken away is the "
        "part of $g$ that would shift the whole set, and the part that would stretch it; over a set, $\\sum \\partial "
        "L / \\partial x_i = 0$ and $\\sum \\hat{x}_i\\, \\partial L / \\partial x_i = 0$, up to $\\varepsilon$. At "
        "test time nothing of this is left of BN: its running statistics are constants, and $\\partial L / \\partial x "
        "= g / \\sqrt{\\sigma^2_{\\text{run}} + \\varepsilon}$. @tbl-by-hand-backward works one value out of the "
        "upstream gradients of @tbl-by-hand-upstream. In $\\hat{x}_i \\sum g_k \\hat{x}_k$ the root of the variance "
        "appears twice, so that only the last division can leave one. It does in LN2d, which takes its means over the "
        "channels at each position (@sec-by-hand-layer-norms). Autograd in 64-bit numbers finds the same gradients for "
        f"$x$, $\\gamma$ and $\\beta$, with a difference of {scientific(most)} at most over all of "
        f"{join_words(list(NAMES.values()))}."
    )


def largest_difference() -> float:
    """Between the gradients by hand and by autograd, of all normalizations."""
    return max(
        float(np.abs(ours - theirs.numpy()).max())
        for kind in DEFINITIONS
        for ours, theirs in zip(by_hand(kind), autograd(kind), strict=True)
    )


def one_gradient_table(position: Position = FIRST) -> pd.DataFrame:
    """The parts of ∂L/∂x at `position`, a row per normalization."""
    rows = []
    for kind, name in NAMES.items():
        found = input_gradients(kind)[position]
        along = found.deviation * found.slope
        std = root_text(found.variance).split(" ")[0]
        terms = [text(found.scaled), *(f"({text(each)})" if each < 0 else text(each) for each in (found.mean, along))]
        rows.append(
            {
                "kind": name,
                "mean of g": text(found.mean),
                "x̂ · mean of g x̂": text(along),
                "∂L/∂x": together(f"({' − '.join(terms)})/{std} = {found}") + f" ≈ {rounded(float(found))}",
            }
        )
    return pd.DataFrame(rows)


def _one_caption() -> str:
    image, channel = (at + 1 for at in FIRST[:2])
    scaled = GAMMA[FIRST[1]] * int(UPSTREAM[FIRST])
    return (
        f"$\\partial L / \\partial x$ for the first value of image {image}, channel {channel}, with "
        f"$g$ = {text(GAMMA[FIRST[1]])} · {text(int(UPSTREAM[FIRST]))} = {text(scaled)} and $\\varepsilon = 0$."
    )


def affine_table() -> pd.DataFrame:
    """∂L/∂γ of every normalization, and ∂L/∂β, by channel."""
    rows = {f"∂L/∂γ, {name}": scale_gradients(kind) for kind, name in NAMES.items()}
    rows["∂L/∂β, all"] = shift_gradients()
    return pd.DataFrame(
        {"gradient": together(name)}
        | {
            f"channel {channel}": f"≈ {rounded(value)}" if isinstance(value, float) else text(value)
            for channel, value in enumerate(values, start=1)
        }
        for name, values in rows.items()
    )


def _affine_caption() -> str:
    size = IMAGES[:, 0].numel()
    return (
        f"The gradients for $\\gamma$ and $\\beta$, each a sum over the {size} values of a channel, of all images, "
        "whatever set its means are taken over. With roots of several kinds in a sum (LN2d): rounded."
    )


@matplotlib.style.context(PLAIN)
def slopes_figure(kinds: tuple[str, ...] = tuple(NORMALIZATIONS)) -> Figure:
    """A panel per kind with ∂x̂/∂x for the first value of image 1 and every x̂ that it moves."""
    figure = panels(kinds)
    for axes, kind in zip(figure.axes, kinds, strict=True):
        found = slopes(kind, FIRST)
        for position in np.ndindex(*IMAGES.shape):
            told = rounded(found[position], 2).replace("0.", ".") if position in found else ""
            draw_cell(axes, position, told, _fill(position, found), size=7.5)
        for shared in shared_sets(kind):
            if FIRST in shared.positions:
                outline(axes, shared)
        finish(axes, kind)
        axes.set_title(f"{NAMES[kind]}: moves {len(found)} values", fontsize=9.5, fontweight="bold")
    return figure


def _fill(position: Position, found: dict[Position, float]) -> tuple[float, float, float]:
    if position == FIRST:
        return to_rgb(HUES[1])
    return to_rgb("#d6e6f2" if position in found else "#f2f2f2")


def slopes_alt() -> str:
    """What `slopes_figure` shows, for readers who do not see it."""
    told = []
    for kind in NORMALIZATIONS:
        found = slopes(kind, FIRST)
        others = [value for at, value in found.items() if at != FIRST]
        images = len({at[0] for at in found})
        told.append(
            f"{NAMES[kind]}: {len(found)} values in {images} image{'s' * (images > 1)}, its own "
            f"{rounded(found[FIRST])}, the others from {rounded(min(others))} to {rounded(max(others))}"
        )
    return (
        "Grids of images by channels. The first value of image 1 is marked, and the values of its set hold what their "
        f"x̂ changes by. {'; '.join(told)}."
    )


def _slopes_caption() -> str:
    return (
        "What becomes of $\\hat{x}$ when the marked value grows: $\\partial \\hat{x}_k / \\partial x_i = (\\delta_{ik} "
        "- 1/m - \\hat{x}_i \\hat{x}_k / m)/\\sigma$. The same numbers say how much of each $g_k$ comes back to it. "
        "Where there is none, nothing does."
    )


def _every_gradient() -> str:
    tables = []
    for kind in DEFINITIONS:
        found = input_gradients(kind)
        values = np.empty(tuple(IMAGES.shape), object)
        for position, gradient in found.items():
            values[position] = gradient
        caption = f"{FULL_NAMES[kind]}: $\\partial L / \\partial x$, with $\\varepsilon = 0$."
        tables.append(markup.table(f"by-hand-{kind}-backward", laid_out(values, str), caption))
    return "\n".join(tables)
