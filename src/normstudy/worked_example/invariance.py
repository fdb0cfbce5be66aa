"""What each normalization makes no difference of: scales and shifts of weights, of images, of one channel; measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from normstudy.model import make_norm
from normstudy.report import markup
from normstudy.report.wording import rounded, scientific
from normstudy.worked_example.definition import DEFINITIONS, GROUPS, IMAGES

FACTOR, SHIFT = 3.0, 5.0

ROUNDING = 1e-9
"""What is less than that is no change."""

EPSILON = 1e-20
"""As good as none; `nn.BatchNorm2d` takes no 0."""

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
    """The example's images, put beside each other in pairs to 4 x 4, and small integers as weights."""
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


def section() -> str:
    """Prose and `@tbl-by-hand-invariance`."""
    return (
        "What shifts or stretches a whole set $S$ is undone by the normalization. @tbl-by-hand-invariance tries what "
        "may happen to a convolution and to its images, in 64-bit numbers and with next to no $\\varepsilon$ "
        f"({scientific(EPSILON)}), on the integers of the example (pieced together to images of "
        f"{' × '.join(map(str, example().images.shape[2:]))}, with small integers as weights). The filters scaled one "
        "by one make no difference to BN and IN alone, the images scaled one by one to all but BN, and a brightness of "
        "its own for each image only to IN. Without padding, that is: at a padded edge a brighter image is no shift of "
        "the output. Nothing of it holds of BN at test time, whose constants stay as they are when the layer before "
        "them changes.\n\n"
        f"{markup.table('by-hand-invariance', invariance_table(), _caption())}\n\n{_of_gradients()}"
    )


def _caption() -> str:
    return (
        "What a change before the normalization makes of $\\hat{x}$: “same”, or by how much it differs at most. “One” "
        f"is the first. Less than {scientific(ROUNDING)} counts as rounding."
    )


def invariance_table() -> pd.DataFrame:
    """A row per change, a column per normalization: `same`, or the largest difference."""
    found = changes()
    return pd.DataFrame(
        {"what is changed": name}
        | {COLUMNS[kind]: "same" if most < ROUNDING else rounded(most, 2) for kind, most in by_kind.items()}
        for name, by_kind in found.items()
    )


def changes() -> dict[str, dict[str, float]]:
    """By change and key of `COLUMNS`, the largest absolute difference that it makes of the normalized output."""
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
    """The layer of `kind` with next to no ε; that of test time has met the output of `before` alone."""
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
    """For a loss behind the normalization: the cosine of weights and gradient, and what `FACTOR` makes of its length.

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


def _of_gradients() -> str:
    kinds = list(DEFINITIONS)
    found = [scale_effect(kind) for kind in kinds]
    steepest = max(abs(cosine) for cosine, _ in found)
    ratios = sorted({rounded(ratio) for _, ratio in found})
    return (
        "A loss that does not change with the scale of the weights has a gradient at right angles to them, and one "
        f"that is the smaller the larger they are: with all weights × {FACTOR:g} its length here is "
        f"{' or '.join(ratios)} of what it was, and the cosine of weights and gradient is {scientific(steepest)} at "
        f"most, over the {len(kinds)} normalizations, by autograd. A step of the same rate then turns them by the "
        "square of the factor less. Only the direction of such weights matters, and their length sets how fast it "
        "changes: the effective learning rate is the rate over the squared length [@vanlaarhoven2017]. That is what "
        "weight decay acts on in front of a normalization."
    )
