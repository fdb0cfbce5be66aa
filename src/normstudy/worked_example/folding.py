"""BN at test time as part of the convolution before it: an identity, on a few integers and in a network."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from normstudy.model import Net
from normstudy.worked_example.exact import text, unbroken

IMAGE = ((3, 0, 2, 1), (1, 4, 0, 2), (5, 1, 3, 0), (2, 2, 1, 4))
"""Of one channel."""

POSITIONS = tuple((row, column) for row in range(len(IMAGE) - 1) for column in range(len(IMAGE[0]) - 1))


@dataclass(frozen=True)
class Filter:
    """A 2x2 convolution of one channel to one, with BN's running statistics of its output, and γ and β."""

    weights: tuple[tuple[Fraction, ...], ...]
    bias: Fraction
    mean: Fraction
    std: Fraction
    gamma: Fraction
    beta: Fraction

    def convolved(self, row: int, column: int) -> Fraction:
        """Σ w x + b at one position."""
        return self.bias + sum(
            weight * IMAGE[row + r][column + c] for r, line in enumerate(self.weights) for c, weight in enumerate(line)
        )

    def normalized(self, row: int, column: int) -> Fraction:
        """γ (Σ w x + b - μ) / σ + β."""
        return self.gamma * (self.convolved(row, column) - self.mean) / self.std + self.beta

    def folded(self) -> Filter:
        """The same with weights γ/σ · w and bias β + γ/σ · (b - μ), and nothing left to normalize."""
        scale = self.gamma / self.std
        weights = tuple(tuple(scale * weight for weight in line) for line in self.weights)
        bias = self.beta + scale * (self.bias - self.mean)
        return Filter(weights, bias, Fraction(0), Fraction(1), Fraction(1), Fraction(0))


def _filter(weights: tuple[tuple[int, ...], ...], *others: int | Fraction) -> Filter:
    return Filter(tuple(tuple(map(Fraction, line)) for line in weights), Fraction(0), *map(Fraction, others))


FILTERS = (_filter(((1, -1), (2, 0)), 3, 2, 4, 1), _filter(((0, 3), (-1, 1)), 2, 5, Fraction(1, 2), -1))
"""Weights, running mean, σ of the running variance, γ and β; no bias, as in the networks."""


def largest_gap() -> Fraction:
    """Between both sides of the identity, over all filters and positions of the example."""
    return max(abs(each.normalized(*at) - each.folded().convolved(*at)) for each in FILTERS for at in POSITIONS)


def folded_table() -> pd.DataFrame:
    """A column per filter: what it was, what it became, and its first output both ways."""
    columns = {}
    for number, each in enumerate(FILTERS, start=1):
        new = each.folded()
        columns[f"filter {number}"] = {
            "weights w": _weights(each),
            "μ, σ (running)": f"{text(each.mean)}, {text(each.std)}",
            "γ, β": f"{text(each.gamma)}, {text(each.beta)}",
            "γ/σ": text(each.gamma / each.std),
            "folded weights": _weights(new),
            "folded bias": text(new.bias),
            "w ∗ x, then BN": f"{text(each.convolved(0, 0))}, then {text(each.normalized(0, 0))}",
            "folded": text(new.convolved(0, 0)),
        }
    return pd.DataFrame(columns).rename_axis("quantity").reset_index().map(unbroken)


def folded_net(net: Net) -> Net:
    """A copy of `net`, which has BN and is in eval mode, with each normalization folded into its convolution."""
    found = copy.deepcopy(net).eval()
    layers = list(found.features)
    for at, layer in enumerate(layers):
        if isinstance(layer, nn.BatchNorm2d):
            layers[at - 1 : at + 1] = [fuse_conv_bn_eval(layers[at - 1], layer), nn.Identity()]
    found.features = nn.Sequential(*layers)
    return found


def size(net: nn.Module) -> int:
    """How many numbers a network keeps, without counts of batches."""
    kept: list[Tensor] = [*net.parameters(), *net.buffers()]
    return sum(values.numel() for values in kept if values.is_floating_point())


def _weights(each: Filter) -> str:
    return "; ".join(", ".join(map(text, line)) for line in each.weights)
