"""Batch, Layer, Group and Instance Normalization by hand: three images of four channels of 2x2 values.

Every normalization is y = γ (x - μ) / sqrt(σ² + ε) + β; only the set of values that share one μ and
one σ² differs. `NORMALIZATIONS` holds these sets as axes of x, `normalize` is the one definition, and
`shared_sets` gives the same sets with exact numbers (fractions) that can be checked with a pencil.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from normstudy.by_hand.exact import exact_root, root_text
from normstudy.model import l1_norm, make_norm

IMAGES = torch.tensor(
    [
        [[[3, 11], [11, 3]], [[8, 12], [8, 12]], [[9, 0], [12, 9]], [[0, 1], [1, 4]]],
        [[[5, 6], [6, 5]], [[9, 5], [8, 8]], [[3, 0], [0, 3]], [[3, 3], [4, 4]]],
        [[[0, 11], [0, 11]], [[10, 7], [11, 10]], [[3, 12], [0, 3]], [[2, 1], [5, 2]]],
    ]
)
"""Shape (N, C, H, W) = (3, 4, 2, 2). Found by a search over 0..12, so that the means and standard
deviations of all 25 sets (BN 4, LN 3, GN with two groups 6, IN 12) are multiples of 1/2."""

GROUPS = 2
EPSILON = 1e-5
"""ε of the `torch.nn` layers."""

GAMMA = (Fraction(2), Fraction(1), Fraction(3), Fraction(1, 2))
BETA = (Fraction(1), Fraction(0), Fraction(-1), Fraction(2))
"""One γ and one β per channel; arbitrary here, learned in a network, where they start at 1 and 0."""

MOMENTUM = Fraction(1, 10)
"""Share of the new batch in BN's running statistics, as in `nn.BatchNorm2d`."""

WEIGHTS = (Fraction(4, 5), Fraction(-1, 2), Fraction(1, 8), Fraction(0))
PENALTY = Fraction(1, 10)
RATE = Fraction(1, 2)
"""Weights, λ and learning rate of the example on L1."""


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


def normalize(x: Tensor, kind: str, groups=GROUPS, gamma=1.0, beta=0.0, eps=EPSILON):
    """y = γ (x - μ) / sqrt(σ² + ε) + β for x (N, C, H, W); γ, β numbers or (C,)."""
    split = split_channels(x, kind, groups)  # (N, G, K, H, W)
    axes = [AXES.index(axis) for axis in NORMALIZATIONS[kind].shared]
    mean = split.mean(axes, keepdim=True)
    variance = (split - mean).square().mean(axes, keepdim=True)
    x_hat = (split - mean) / (variance + eps).sqrt()
    return scale_and_shift(x_hat.reshape(x.shape), gamma, beta)


def split_channels(x: Tensor, kind: str, groups: int = GROUPS) -> Tensor:
    """x (N, C, H, W) as (N, G, K, H, W). Raises `ValueError` if the number of groups does not divide C."""
    n, channels, height, width = x.shape
    count = group_count(kind, channels, groups)
    if count < 1 or channels % count:
        raise ValueError(f"groups = {count}: must divide the {channels} channels")
    return x.reshape(n, count, channels // count, height, width)


def group_count(kind: str, channels: int, groups: int = GROUPS) -> int:
    """G: the channels for bn and in, 1 for ln, `groups` for gn."""
    fixed = NORMALIZATIONS[kind].groups
    return channels if fixed is None else fixed or groups


def scale_and_shift(x_hat: Tensor, gamma, beta) -> Tensor:
    """γ x̂ + β, where γ and β are numbers or have shape (C,)."""
    gamma, beta = (torch.as_tensor(value, dtype=x_hat.dtype).reshape(-1, 1, 1) for value in (gamma, beta))
    return gamma * x_hat + beta


# --- the same sets, exactly -------------------------------------------------------------------------


@dataclass(frozen=True)
class SharedSet:
    """Values that share one mean and one variance. `positions`: their (image, channel, row, column), from 0."""

    name: str
    positions: tuple[tuple[int, int, int, int], ...]
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
    shared = NORMALIZATIONS[kind].shared
    separate = [AXES.index(axis) for axis in AXES if axis not in shared]
    together = [AXES.index(axis) for axis in AXES if axis in shared]
    rows = number.permute(separate + together).reshape(prod(number.shape[axis] for axis in separate), -1)

    sets = []
    for row in rows.tolist():
        positions = tuple(tuple(int(i) for i in np.unravel_index(flat, tuple(x.shape))) for flat in row)
        channels = sorted({channel + 1 for _, channel, _, _ in positions})
        names = [] if "N" in shared else [f"image {positions[0][0] + 1}"]
        if NORMALIZATIONS[kind].groups != 1:
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


def block_means(kind: str) -> np.ndarray:
    """The mean of x̂ in each (image, channel) block, exactly: 0 where the normalization removed the block's level."""
    return exact_normalized(kind).mean(axis=(2, 3))


def set_of(kind: str, position: tuple[int, int, int, int], groups: int = GROUPS) -> SharedSet:
    """The set of the example that the value at `position` belongs to."""
    return next(shared for shared in shared_sets(kind, groups) if position in shared.positions)


# --- running statistics and test time: batch normalization alone ------------------------------------


class RunningStatistics(NamedTuple):
    """One mean and one variance per channel: tensors of shape (C,), or lists of fractions."""

    mean: Tensor | list[Fraction]
    variance: Tensor | list[Fraction]


def moving_average(old, new, momentum):
    """What BN keeps after a batch: (1 - momentum) · old + momentum · new."""
    return (1 - momentum) * old + momentum * new


def running_statistics(x: Tensor, before: RunningStatistics, momentum: float = float(MOMENTUM)) -> RunningStatistics:
    """The running statistics after a batch x (N, C, H, W), with the unbiased variance of the paper's Section 3.1."""
    variance, mean = torch.var_mean(x, dim=(0, 2, 3), correction=1)
    return RunningStatistics(
        moving_average(before.mean, mean, momentum), moving_average(before.variance, variance, momentum)
    )


def normalize_at_test(x: Tensor, running: RunningStatistics, gamma=1.0, beta=0.0, eps: float = EPSILON) -> Tensor:
    """BN at test time: the running statistics stand in for those of the batch, so that x may be a single image."""
    mean, variance = (values.reshape(-1, 1, 1) for values in running)
    return scale_and_shift((x - mean) / (variance + eps).sqrt(), gamma, beta)


def exact_running_statistics(batches: int = 1) -> RunningStatistics:
    """After `batches` times the example's batch, from the mean 0 and variance 1 that BN starts with."""
    sets = shared_sets("bn")
    mean, variance = [Fraction(0)] * len(sets), [Fraction(1)] * len(sets)
    for _ in range(batches):
        mean = [moving_average(old, new.mean, MOMENTUM) for old, new in zip(mean, sets, strict=True)]
        variance = [
            moving_average(old, new.unbiased_variance, MOMENTUM) for old, new in zip(variance, sets, strict=True)
        ]
    return RunningStatistics(mean, variance)


# --- checks against torch.nn ------------------------------------------------------------------------


def check_against_torch(dtype: torch.dtype = torch.float64) -> pd.DataFrame:
    """Largest absolute difference between this module and the network's layers of `torch.nn`, on the example.

    Columns: normalization (kind), layer, compared, difference.
    """
    x = IMAGES.to(dtype)
    gamma, beta = (torch.tensor([float(value) for value in values], dtype=dtype) for values in (GAMMA, BETA))
    channels = x.shape[1]
    rows = []

    def compare(kind: str, layer: str, ours: Tensor, theirs: Tensor, compared: str = "output") -> None:
        rows.append((kind, layer, compared, (ours - theirs).abs().max().item()))

    def ours(kind: str) -> Tensor:
        return normalize(x, kind, gamma=gamma, beta=beta)

    layers = {kind: make_norm(kind, channels, GROUPS).to(dtype) for kind in NORMALIZATIONS}
    for layer in layers.values():
        layer.load_state_dict({"weight": gamma, "bias": beta}, strict=False)

    with torch.no_grad():
        bn = layers["bn"]
        compare("bn", "BatchNorm2d, training", ours("bn"), bn(x))
        start = RunningStatistics(torch.zeros(channels, dtype=dtype), torch.ones(channels, dtype=dtype))
        running = running_statistics(x, start)
        compare("bn", "BatchNorm2d, training", running.mean, bn.running_mean, "running mean")
        compare("bn", "BatchNorm2d, training", running.variance, bn.running_var, "running variance")
        compare("bn", "BatchNorm2d, test", normalize_at_test(x, running, gamma, beta), bn.eval()(x))
        compare("ln", "GroupNorm, 1 group", ours("ln"), layers["ln"](x))
        plain = nn.LayerNorm(tuple(x.shape[1:]), dtype=dtype)
        compare("ln", "LayerNorm over (C, H, W)", normalize(x, "ln"), plain(x), "γ = 1, β = 0")
        compare("gn", f"GroupNorm, {GROUPS} groups", ours("gn"), layers["gn"](x))
        compare("in", "InstanceNorm2d", ours("in"), layers["in"](x))
    return pd.DataFrame(rows, columns=["normalization", "layer", "compared", "difference"])


def properties() -> pd.DataFrame:
    """What the `torch.nn` layers of the example show when asked, a row per kind.

    Columns: normalization; sets and members (their number, and values in each); batch_change: the
    largest change of image 1's x̂ in training when the other images are left out; test_change: the
    largest difference between training and test on the same batch, after that batch; parameters
    (learned numbers); buffers (kept numbers that are not learned, without the count of batches).
    """
    x = IMAGES.double()
    rows = []
    for kind in NORMALIZATIONS:
        layer = make_norm(kind, x.shape[1], GROUPS).double()
        with torch.no_grad():
            together = layer(x)
            at_test = layer.eval()(x)
            alone = layer.train()(x[:1])
        sets = shared_sets(kind)
        rows.append(
            {
                "normalization": kind,
                "sets": len(sets),
                "members": len(sets[0].members),
                "batch_change": (together[:1] - alone).abs().max().item(),
                "test_change": (together - at_test).abs().max().item(),
                "parameters": sum(parameter.numel() for parameter in layer.parameters()),
                "buffers": sum(buffer.numel() for buffer in layer.buffers() if buffer.dim()),
            }
        )
    return pd.DataFrame(rows)


# --- L1 ---------------------------------------------------------------------------------------------


def sign(value) -> int:
    """1, 0 or -1."""
    return (value > 0) - (value < 0)


def l1_penalty(weights=WEIGHTS, strength: Fraction = PENALTY) -> Fraction:
    """λ Σ|w|."""
    return strength * sum(abs(weight) for weight in weights)


def l1_gradient(weights=WEIGHTS, strength: Fraction = PENALTY) -> list[Fraction]:
    """λ sign(w) of every weight: its size is λ however small the weight, and 0 at exactly 0."""
    return [strength * sign(weight) for weight in weights]


def l1_autograd(weights=WEIGHTS, strength: Fraction = PENALTY) -> tuple[float, list[float]]:
    """The penalty and its gradient by autograd, from the function that training uses."""
    tensor = torch.tensor([float(weight) for weight in weights], dtype=torch.float64, requires_grad=True)
    penalty = float(strength) * l1_norm([tensor])
    penalty.backward()
    return penalty.item(), tensor.grad.tolist()


def descend(weights=WEIGHTS, steps: int = 1, rate: Fraction = RATE, power: int = 1) -> list[list[Fraction]]:
    """The weights after 0, 1, … `steps` steps of gradient descent on λ Σ|w| (`power` 1) or λ/2 Σw² (2) alone."""
    path = [list(weights)]
    for _ in range(steps):
        path.append([w - rate * PENALTY * (sign(w) if power == 1 else w) for w in path[-1]])
    return path
