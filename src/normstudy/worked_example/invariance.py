"""Which changes of weights and images a normalization removes: scales and shifts, measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from normstudy.model import make_norm
from normstudy.worked_example.definition import GROUPS, IMAGES
from normstudy.worked_example.exact import rounded

FACTOR, SHIFT = 3.0, 5.0

ROUNDING = 1e-9
"""A smaller difference counts as none."""

EPSILON = 1e-20
"""Next to none; `nn.BatchNorm2d` does not take 0."""

COLUMNS = {"bn": "BN", "test": "BN at test", "ln": "LN", "gn": "GN", "in": "IN", "ln2d": "LN2d", "none": "none"}


@dataclass(frozen=True)
class Layer:
    """A 2x2 convolution with bias, all in double precision: images (N, C, H, W), weights (K, C, 2, 2), bias (K,)."""

    images: Tensor
    weights: Tensor
    bias: Tensor

    def output(self) -> Tensor:
        return F.conv2d(self.images, self.weights, self.bias)


def example() -> Layer:
    """Images of 4 x 4, pieced together from the example's integers, and small integers as weights."""
    images = IMAGES.double()
    images = torch.cat([torch.cat([images, images.flip(3)], 3), torch.cat([images.flip(1), images.roll(1, 1)], 3)], 2)
    channels = images.shape[1]
    weights = torch.arange(channels * channels * 4, dtype=torch.float64).mul(7).remainder(5).sub(2)
    return Layer(images, weights.reshape(channels, channels, 2, 2), torch.arange(channels).double() - 1)


def _first(values: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
    changed = values.clone()
    changed[0] = change(values[0])
    return changed


def _kernel(weights: Tensor) -> Tensor:
    return torch.linspace(-1, 1, weights[0].numel(), dtype=weights.dtype).reshape(weights[0].shape)


CHANGES: dict[str, Callable[[Layer], Layer]] = {
    f"all weights and biases × {FACTOR:g}": lambda each: replace(
        each, weights=FACTOR * each.weights, bias=FACTOR * each.bias
    ),
    f"one filter’s weights and bias × {FACTOR:g}": lambda each: replace(
        each,
        weights=_first(each.weights, lambda values: FACTOR * values),
        bias=_first(each.bias, lambda value: FACTOR * value),
    ),
    f"all biases + {SHIFT:g}": lambda each: replace(each, bias=each.bias + SHIFT),
    f"one bias + {SHIFT:g}": lambda each: replace(each, bias=_first(each.bias, lambda value: value + SHIFT)),
    "one kernel added to all filters": lambda each: replace(each, weights=each.weights + _kernel(each.weights)),
    f"all images × {FACTOR:g}, without bias": lambda each: replace(each, images=FACTOR * each.images),
    f"one image × {FACTOR:g}, without bias": lambda each: replace(
        each, images=_first(each.images, lambda values: FACTOR * values)
    ),
    f"all images + {SHIFT:g}": lambda each: replace(each, images=each.images + SHIFT),
    f"one image + {SHIFT:g}": lambda each: replace(each, images=_first(each.images, lambda values: values + SHIFT)),
}


def invariance_table() -> pd.DataFrame:
    """A row per change, a column per normalization: `same`, or the largest difference."""
    found = changes()
    return pd.DataFrame(
        {"change": name}
        | {COLUMNS[kind]: "same" if most < ROUNDING else rounded(most, 2) for kind, most in by_kind.items()}
        for name, by_kind in found.items()
    )


def changes() -> dict[str, dict[str, float]]:
    """By change and key of `COLUMNS`, the largest absolute difference in the normalized output."""
    found = {}
    for name, change in CHANGES.items():
        before = example()
        if "without bias" in name:
            before = replace(before, bias=torch.zeros_like(before.bias))
        after = change(before)
        found[name] = {}
        for kind in COLUMNS:
            layer = _norm(kind, before)
            with torch.no_grad():
                difference = layer(after.output()) - layer(before.output())
            found[name][kind] = difference.abs().max().item()
    return found


def _norm(kind: str, before: Layer) -> nn.Module:
    """The layer of `kind` with next to no ε; at test time its statistics are those of the output of `before`."""
    output = before.output()
    layer = make_norm("bn" if kind == "test" else kind, output.shape[1], GROUPS).double()
    if kind != "none":
        layer.eps = EPSILON
    if kind == "test":
        layer.momentum = 1.0
        layer(output)
        layer.eval()
    return layer


def scale_effect(kind: str) -> tuple[float, float]:
    """For a loss after the normalization: the cosine of weights and gradient, and the ratio of the gradient's lengths
    with weights times `FACTOR` and without.

    The loss is half the sum of the squares of y - z, with z the output's positions in another order, so that it has a
    gradient; bias 0.
    """
    lengths, cosine = [], 0.0
    for factor in (1.0, FACTOR):
        start = example()
        weights = (factor * start.weights).requires_grad_()
        y = _norm(kind, start)(F.conv2d(start.images, weights))
        ((y - y.detach().flip(3).roll(1, 1)).square().sum() / 2).backward()
        lengths.append(weights.grad.norm().item())
        if factor == 1.0:
            cosine = F.cosine_similarity(weights.flatten(), weights.grad.flatten(), dim=0).item()
    return cosine, lengths[1] / lengths[0]
