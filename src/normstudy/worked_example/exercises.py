"""The answers to the exercises, computed, and the buttons that set the explorer to an exercise."""

from __future__ import annotations

import html
from fractions import Fraction

import torch
from torch import Tensor
from torch.nn import functional

from normstudy.worked_example import explorer
from normstudy.worked_example.backward import UPSTREAM
from normstudy.worked_example.definition import (
    DEFINITIONS,
    GAMMA,
    IMAGES,
    NORMALIZATIONS,
    SharedSet,
    normalize,
    shared_sets,
)
from normstudy.worked_example.exact import exact_root
from normstudy.worked_example.sets import NAMES
from normstudy.worked_example.test_time import exact_running_statistics

ADDED = 5
"""To every value of the second channel."""

NEAR = Fraction(1, 100)
RMS = "RMSNorm"


def _shifted() -> Tensor:
    x = IMAGES.clone()
    x[:, 1] += ADDED
    return x


def bias_changes() -> dict[str, float]:
    """By name, the largest change of x̂ when `ADDED` is added to the second channel."""
    before, after = IMAGES.double(), _shifted().double()
    return {
        NAMES[kind]: (normalize(after, kind, eps=0.0) - normalize(before, kind, eps=0.0)).abs().max().item()
        for kind in DEFINITIONS
    }


def mean_square() -> Fraction:
    """Of image 1."""
    values = IMAGES[0].flatten().tolist()
    return Fraction(sum(value**2 for value in values), len(values))


def rms_normalized(x: Tensor) -> Tensor:
    """x (N, C, H, W) over the root mean square of its image, with ε = 0 (Zhang & Sennrich 2019, Equation 4)."""
    return x / x.square().mean((1, 2, 3), keepdim=True).sqrt()


def rms_gaps() -> tuple[float, float]:
    """Between the formula and PyTorch's; and between LN and RMSNorm of images whose mean is 0."""
    x = IMAGES.double()
    theirs = functional.rms_norm(x, tuple(x.shape[1:]), eps=1e-300)
    centred = x - x.mean((1, 2, 3), keepdim=True)
    return (
        (rms_normalized(x) - theirs).abs().max().item(),
        (rms_normalized(centred) - normalize(x, "ln", eps=0.0)).abs().max().item(),
    )


def all_ones() -> dict[str, tuple[Tensor, Tensor]]:
    """By name ∂L/∂x (N, C, H, W) and ∂L/∂γ (C,) of the sum of all y with γ = 1, by autograd; also of RMSNorm."""
    found = {}
    for kind, name in [*NAMES.items(), (RMS, RMS)]:
        x = IMAGES.double().requires_grad_()
        gamma = torch.ones(x.shape[1], dtype=x.dtype, requires_grad=True)
        x_hat = rms_normalized(x) if kind == RMS else normalize(x, kind, eps=0.0)
        (gamma[:, None, None] * x_hat).sum().backward()
        found[name] = x.grad, gamma.grad
    return found


def constant_sums() -> tuple[Fraction, Fraction]:
    """The sums of ∂L/∂x over the values of channel 1 in BN: with constant statistics, and by the closed form."""
    shared = shared_sets("bn")[0]
    std, size = exact_root(shared.variance), len(shared.members)
    g = [GAMMA[0] * int(UPSTREAM[at]) for at in shared.positions]
    x_hat = [(value - shared.mean) / std for value in shared.members]
    slope = sum(each * other for each, other in zip(g, x_hat, strict=True)) / size
    right = [(each - sum(g) / size - other * slope) / std for each, other in zip(g, x_hat, strict=True)]
    return sum(g) / std, sum(right)


def batches_until_near() -> tuple[int, int]:
    """Batches until the running mean and the running variance of channel 1 are within `NEAR` of the batch's."""
    shared = shared_sets("bn")[0]
    wanted, found = (shared.mean, shared.unbiased_variance), [0, 0]
    count = 0
    while not all(found):
        count += 1
        running = exact_running_statistics(count)
        for at, kept in enumerate((running.mean[0], running.variance[0])):
            if not found[at] and abs(kept - wanted[at]) <= NEAR * wanted[at]:
                found[at] = count
    return found[0], found[1]


def extreme_sets() -> tuple[SharedSet, SharedSet]:
    """The sets of the smallest and of the largest variance."""
    every = sorted((shared for kind in NORMALIZATIONS for shared in shared_sets(kind)), key=lambda own: own.variance)
    return every[0], every[-1]


def _start_of(shared: SharedSet) -> int:
    image, channel, *_ = shared.positions[0]
    return (image * IMAGES.shape[1] + channel) * IMAGES.shape[2] * IMAGES.shape[3]


LINKS = {
    "bias": explorer.link(method="bn", x=_shifted().flatten().tolist(), at=4),
    "rms": explorer.link(method="rms", shows="xhat"),
    "ones": explorer.link(shows="dx", g=[1] * IMAGES.numel(), gamma=[1] * len(GAMMA)),
    "constants": explorer.link(shows="dx", g=[int(value) for value in UPSTREAM.flatten()]),
    "memory": explorer.link(shows="xhat", time="test"),
    "epsilon": explorer.link(method="in", shows="xhat", eps=1, at=_start_of(extreme_sets()[0])),
}
"""The state of the explorer that belongs to an exercise."""


def button(exercise: str) -> str:
    """A button that sets the explorer to an exercise; the explorer's script shows it."""
    number = list(LINKS).index(exercise) + 1
    return (
        "\n```{=html}\n"
        f'<p><button type="button" class="explorer-try" data-explorer="{html.escape(LINKS[exercise])}" '
        f'aria-label="Show in the explorer: exercise {number}" hidden>Show in the explorer</button></p>\n```\n'
    )
