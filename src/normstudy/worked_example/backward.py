"""The backward pass: from the gradient of a loss for y to those for x, γ and β, exactly.

With g = γ ∂L/∂y and the means over the set S that x_i belongs to,

    ∂L/∂x_i = (g_i - mean(g) - x̂_i mean(g x̂)) / sqrt(σ² + ε)
    ∂L/∂γ_c = Σ x̂ ∂L/∂y  and  ∂L/∂β_c = Σ ∂L/∂y   over the values of channel c.

For BN this is Ioffe & Szegedy 2015, arXiv:1502.03167, Section 3, with their three steps put into one.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from torch import Tensor

from normstudy.report.core import markup
from normstudy.worked_example.definition import (
    BETA,
    DEFINITIONS,
    GAMMA,
    GROUPS,
    IMAGES,
    NORMALIZATIONS,
    Position,
    SharedSet,
    normalize,
    set_of,
    shared_sets,
)
from normstudy.worked_example.exact import exact_root, over_root, root_text, rounded, text, unbroken
from normstudy.worked_example.sets import ABOVE, BELOW, FIRST, NAMES, draw_cell, draw_panels, finish, frame

UPSTREAM = torch.tensor(
    [
        [[[-2, 0], [0, 1]], [[2, 0], [-2, 0]], [[-1, 2], [0, 0]], [[-2, 0], [0, 0]]],
        [[[2, -1], [1, 0]], [[0, 2], [1, -2]], [[-1, 1], [-2, 0]], [[-1, -1], [0, 0]]],
        [[[1, 1], [1, 0]], [[-1, -2], [-2, 0]], [[-1, -2], [0, 0]], [[1, -1], [1, 0]]],
    ]
)
"""∂L/∂y of the example, as from the layers behind. Found by a search for short fractions."""


@dataclass(frozen=True)
class Gradient:
    """∂L/∂x of one value, with ε = 0, and what it is made of: all fractions, with σ alone under a root.

    `scaled`: g, γ ∂L/∂y of the value; `mean`: of g over the set; `deviation`: x - μ; `slope`: mean(g (x - μ)) / σ²;
    `variance`: σ².
    """

    scaled: Fraction
    mean: Fraction
    deviation: Fraction
    slope: Fraction
    variance: Fraction

    @property
    def times_std(self) -> Fraction:
        """∂L/∂x · σ = g - mean(g) - x̂ mean(g x̂), in which the two roots of x̂ · x̂ make a fraction."""
        return self.scaled - self.mean - self.deviation * self.slope

    def __float__(self) -> float:
        return float(self.times_std) / float(self.variance) ** 0.5

    def __str__(self) -> str:
        return over_root(self.times_std, self.variance)


def input_gradients(kind: str, upstream: Tensor = UPSTREAM, groups: int = GROUPS) -> dict[Position, Gradient]:
    """∂L/∂x by position, with the γ of the example. Raises `ZeroDivisionError` where all values of a set are equal."""
    found = {}
    for shared in shared_sets(kind, groups):
        scaled = [GAMMA[at[1]] * int(upstream[at]) for at in shared.positions]
        deviations = [value - shared.mean for value in shared.members]
        size = len(scaled)
        slope = sum(g * d for g, d in zip(scaled, deviations, strict=True)) / (size * shared.variance)
        for at, g, deviation in zip(shared.positions, scaled, deviations, strict=True):
            found[at] = Gradient(g, sum(scaled, Fraction(0)) / size, deviation, slope, shared.variance)
    return found


def scale_gradients(kind: str, upstream: Tensor = UPSTREAM) -> list[Fraction | float]:
    """∂L/∂γ by channel: exact where every σ of the channel's sets is rational."""
    found: list[Fraction | float] = [Fraction(0)] * IMAGES.shape[1]
    for shared in shared_sets(kind):
        root = exact_root(shared.variance)
        std = float(shared.variance) ** 0.5 if root is None else root
        for at, value in zip(shared.positions, shared.members, strict=True):
            found[at[1]] += (value - shared.mean) / std * int(upstream[at])
    return found


def shift_gradients(upstream: Tensor = UPSTREAM) -> list[Fraction]:
    """∂L/∂β by channel, the same for every normalization."""
    return [Fraction(int(total)) for total in upstream.sum(dim=(0, 2, 3))]


def slopes(kind: str, position: Position) -> dict[Position, float]:
    """∂x̂_k/∂x_i = (δ_ik - 1/m - x̂_i x̂_k / m) / σ for the value x_i at `position` and every x_k that it moves."""
    shared: SharedSet = set_of(kind, position)
    size, std = len(shared.members), float(shared.variance) ** 0.5
    x_hat = dict(zip(shared.positions, (float(value - shared.mean) / std for value in shared.members), strict=True))
    own = x_hat[position]
    return {at: ((at == position) - 1 / size - own * value / size) / std for at, value in x_hat.items()}


def autograd(kind: str, upstream: Tensor = UPSTREAM) -> tuple[Tensor, Tensor, Tensor]:
    """∂L/∂x (N, C, H, W), ∂L/∂γ and ∂L/∂β (C,) of Σ y ∂L/∂y by autograd, in double precision, with ε = 0."""
    x = IMAGES.double().requires_grad_()
    gamma, beta = (
        torch.tensor([float(each) for each in values], dtype=x.dtype, requires_grad=True) for values in (GAMMA, BETA)
    )
    (normalize(x, kind, gamma=gamma, beta=beta, eps=0.0) * upstream).sum().backward()
    return x.grad, gamma.grad, beta.grad


def by_hand(kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The exact gradients of `kind` as floating-point numbers, in the shapes of `autograd`'s."""
    gradient = np.empty(tuple(IMAGES.shape))
    for position, value in input_gradients(kind).items():
        gradient[position] = float(value)
    return gradient, np.array(scale_gradients(kind), float), np.array(shift_gradients(), float)


def largest_difference() -> float:
    """Between the gradients by hand and by autograd, of all normalizations."""
    return max(
        float(np.abs(ours - theirs.numpy()).max())
        for kind in DEFINITIONS
        for ours, theirs in zip(by_hand(kind), autograd(kind), strict=True)
    )


# --- tables and a picture ---------------------------------------------------------------------------


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
                "norm": name,
                "mean of g": text(found.mean),
                "x̂ · mean of g x̂": text(along),
                "∂L/∂x": unbroken(f"({' − '.join(terms)})/{std} = {found}") + f" ≈ {rounded(float(found))}",
            }
        )
    return pd.DataFrame(rows)


def affine_table() -> pd.DataFrame:
    """∂L/∂γ of every normalization (of LN2d, a sum of different roots, rounded), and ∂L/∂β, by channel."""
    rows = {f"∂L/∂γ, {name}": scale_gradients(kind) for kind, name in NAMES.items()}
    rows["∂L/∂β, all"] = shift_gradients()
    return pd.DataFrame(
        {"gradient": unbroken(name)}
        | {
            f"channel {channel}": rounded(value) if isinstance(value, float) else text(value)
            for channel, value in enumerate(values, start=1)
        }
        for name, values in rows.items()
    )


def gradients_array(kind: str) -> np.ndarray:
    """∂L/∂x of every value, exactly: an array of `Gradient` in the shape of x."""
    values = np.empty(tuple(IMAGES.shape), object)
    for position, gradient in input_gradients(kind).items():
        values[position] = gradient
    return values


def slopes_figure() -> str:
    """`@fig-slopes`: ∂x̂/∂x for the first value of image 1 and every x̂ that it moves."""
    caption = (
        "How each $\\hat{x}$ responds to the first value of image 1, in hundredths: "
        "$\\partial \\hat{x}_k / \\partial x_i = (\\delta_{ik} - 1/m - \\hat{x}_i \\hat{x}_k / m)/\\sigma$. "
        "The same numbers weigh the $g_k$ in the gradient of this value. Empty cells do not depend on it."
    )
    found = {kind: slopes(kind, FIRST) for kind in NORMALIZATIONS}
    moved = [
        f"{NAMES[kind]}: {len(each)} values in {len({at[0] for at in each})} image(s), itself {rounded(each[FIRST])}"
        for kind, each in found.items()
    ]
    alt = (
        "Grids of images by channels. The values of the first value's set hold what their normalized value changes by; "
        f"all other cells are empty. {'; '.join(moved)}."
    )
    return markup.figure("slopes", lambda: draw_panels(tuple(NORMALIZATIONS), draw_slopes), alt, caption)


def draw_slopes(axes: Axes, kind: str) -> None:
    """The numbers of `slopes` for the first value, in hundredths, in its set; every other cell is empty."""
    found = slopes(kind, FIRST)
    for position in np.ndindex(*IMAGES.shape):
        value = found.get(position)
        label = "" if value is None else rounded(100 * value, 1)
        own = to_rgba(ABOVE if position == FIRST else BELOW, 0.5 if position == FIRST else 0.2)
        draw_cell(axes, position, label, to_rgba("grey", 0.1) if value is None else own, size=7.5)
    for shared in shared_sets(kind):
        if FIRST in shared.positions:
            frame(axes, shared)
    finish(axes, f"{NAMES[kind]}: moves {len(found)} values")
