"""Batch, layer, group and instance normalization of an example: three images of four channels of 2x2 values.

Every normalization is y = γ (x - μ) / sqrt(σ² + ε) + β; only the set of values that share one μ and
one σ² differs. `NORMALIZATIONS` holds these sets as axes of x, `normalize` is the one definition, and
`shared_sets` gives the same sets with exact numbers (fractions) that can be checked with a pencil.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import prod

import numpy as np
import torch
from torch import Tensor

from normstudy.worked_example.exact import exact_root, root_text

IMAGES = torch.tensor(
    [
        [[[3, 11], [11, 3]], [[8, 12], [8, 12]], [[9, 0], [12, 9]], [[0, 1], [1, 4]]],
        [[[5, 6], [6, 5]], [[9, 5], [8, 8]], [[3, 0], [0, 3]], [[3, 3], [4, 4]]],
        [[[0, 11], [0, 11]], [[10, 7], [11, 10]], [[3, 12], [0, 3]], [[2, 1], [5, 2]]],
    ]
)
"""Shape (N, C, H, W) = (3, 4, 2, 2). Found by a search over 0..12, so that the means and standard
deviations of all 25 sets (BN 4, LN 3, GN with two groups 6, IN 12) are multiples of 1/2."""

Position = tuple[int, int, int, int]
"""(image, channel, row, column), from 0."""

GROUPS = 2
EPSILON = 1e-5
"""ε of the `torch.nn` layers."""

GAMMA = (Fraction(2), Fraction(1), Fraction(3), Fraction(1, 2))
BETA = (Fraction(1), Fraction(0), Fraction(-1), Fraction(2))
"""One γ and one β per channel; arbitrary here, learned in a network, where they start at 1 and 0."""


# --- the definition ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Normalization:
    """Which values share a mean; x (N, C, H, W) is seen as `AXES`: G groups of K = C/G channels each."""

    shared: str  # the axes that one mean runs over
    groups: int | None  # None: one group per channel; 0: as many as the caller says


AXES = "NGKHW"

NORMALIZATIONS = {
    # Ioffe & Szegedy 2015, arXiv:1502.03167, Algorithm 1, for convolutions Section 3.2
    "bn": Normalization(shared="NKHW", groups=None),
    # Ba, Kiros & Hinton 2016, arXiv:1607.06450, Equation 3; for images Wu & He 2018, Equation 4
    "ln": Normalization(shared="KHW", groups=1),
    # Wu & He 2018, arXiv:1803.08494, Equation 7
    "gn": Normalization(shared="KHW", groups=0),
    # Ulyanov, Vedaldi & Lempitsky 2016, arXiv:1607.08022, Equation 3
    "in": Normalization(shared="KHW", groups=None),
}
"""The four of the example; their means and deviations are short decimals."""

DEFINITIONS = NORMALIZATIONS | {
    # Liu et al. 2022, arXiv:2201.03545, as in Transformers; its deviations on the example have roots
    "ln2d": Normalization(shared="K", groups=1),
}
"""All that `normalize` knows."""


def normalize(x: Tensor, kind: str, groups=GROUPS, gamma=1.0, beta=0.0, eps=EPSILON):
    """y = γ (x - μ) / sqrt(σ² + ε) + β for x (N, C, H, W); γ, β numbers or (C,)."""
    split = split_channels(x, kind, groups)  # (N, G, K, H, W)
    axes = [AXES.index(axis) for axis in DEFINITIONS[kind].shared]
    mean = split.mean(axes, keepdim=True)  # μ
    variance = (split - mean).square().mean(axes, keepdim=True)  # σ²
    x_hat = (split - mean) / (variance + eps).sqrt()  # x̂
    return scale_and_shift(x_hat.reshape(x.shape), gamma, beta)


def split_channels(x: Tensor, kind: str, groups: int = GROUPS) -> Tensor:
    """x (N, C, H, W) as (N, G, K, H, W). Raises `ValueError` if the number of groups does not divide C."""
    n, channels, height, width = x.shape
    count = group_count(kind, channels, groups)
    if count < 1 or channels % count:
        raise ValueError(f"groups = {count}: must divide the {channels} channels")
    return x.reshape(n, count, channels // count, height, width)


def group_count(kind: str, channels: int, groups: int = GROUPS) -> int:
    """G: the channels for bn and in, 1 for ln and ln2d, `groups` for gn."""
    fixed = DEFINITIONS[kind].groups
    return channels if fixed is None else fixed or groups


def scale_and_shift(x_hat: Tensor, gamma, beta) -> Tensor:
    """γ x̂ + β, where γ and β are numbers or have shape (C,)."""
    gamma, beta = (torch.as_tensor(value, dtype=x_hat.dtype).reshape(-1, 1, 1) for value in (gamma, beta))
    return gamma * x_hat + beta


# --- the same sets, exactly -------------------------------------------------------------------------


@dataclass(frozen=True)
class SharedSet:
    """Values that share one mean and one variance, and where they are."""

    name: str
    positions: tuple[Position, ...]
    members: tuple[int, ...]

    @property
    def mean(self) -> Fraction:
        return Fraction(sum(self.members), len(self.members))

    @property
    def squares(self) -> Fraction:
        """Σ(x - μ)²."""
        return sum((value - self.mean) ** 2 for value in self.members)

    @property
    def variance(self) -> Fraction:
        """σ² = Σ(x - μ)² / m: the one that normalizes."""
        return self.squares / len(self.members)

    @property
    def unbiased_variance(self) -> Fraction:
        """Σ(x - μ)² / (m - 1): the one that BN's running variance averages."""
        return self.squares / (len(self.members) - 1)

    @property
    def blocks(self) -> list[tuple[int, int]]:
        """The (image, channel) pairs that the set covers, in order."""
        return sorted({position[:2] for position in self.positions})


def shared_sets(kind: str, groups: int = GROUPS, x: Tensor = IMAGES) -> list[SharedSet]:
    """The sets of `kind` in x, a tensor of integers of shape (N, C, H, W), in order of image, then channel."""
    number = split_channels(torch.arange(x.numel()).reshape(x.shape), kind, groups)
    shared = DEFINITIONS[kind].shared
    separate = [AXES.index(axis) for axis in AXES if axis not in shared]
    joined = [AXES.index(axis) for axis in AXES if axis in shared]
    rows = number.permute(separate + joined).reshape(prod(number.shape[axis] for axis in separate), -1)

    sets = []
    for row in rows.tolist():
        positions = tuple(tuple(int(i) for i in np.unravel_index(flat, tuple(x.shape))) for flat in row)
        channels = sorted({channel + 1 for _, channel, _, _ in positions})
        names = [] if "N" in shared else [f"image {positions[0][0] + 1}"]
        if "H" not in shared:
            names.append("row {}, column {}".format(*(at + 1 for at in positions[0][2:])))
        if DEFINITIONS[kind].groups != 1:
            names.append(f"channel {channels[0]}" if len(channels) == 1 else f"channels {channels[0]}–{channels[-1]}")
        sets.append(SharedSet(", ".join(names), positions, tuple(int(x[position]) for position in positions)))
    return sets


def exact_normalized(kind: str, groups: int = GROUPS, x: Tensor = IMAGES) -> np.ndarray:
    """x̂ = (x - μ) / σ with ε = 0: an array of fractions in the shape of x. Every σ must be rational."""
    x_hat = np.empty(tuple(x.shape), dtype=object)
    for shared in shared_sets(kind, groups, x):
        std = exact_root(shared.variance)
        if not std:
            raise ValueError(f"{kind}, {shared.name}: σ = {root_text(shared.variance)} is 0 or not rational")
        for position, value in zip(shared.positions, shared.members, strict=True):
            x_hat[position] = (value - shared.mean) / std
    return x_hat


def set_of(kind: str, position: Position, groups: int = GROUPS) -> SharedSet:
    """The set of the example that the value at `position` belongs to."""
    return next(shared for shared in shared_sets(kind, groups) if position in shared.positions)
