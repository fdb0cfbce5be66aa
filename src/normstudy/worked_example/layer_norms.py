"""Three things that are called layer normalization of images: calls, sets, learned numbers, and which is ours."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor, nn

from normstudy.config import Config, image_facts
from normstudy.layers import LayerNorm2d
from normstudy.model import make_norm
from normstudy.report import markup
from normstudy.report.wording import rounded, scientific
from normstudy.training.networks import make_net, normalizations_of
from normstudy.worked_example.definition import IMAGES, shared_sets

Shape = tuple[int, int, int]
"""(C, H, W)."""


@dataclass(frozen=True)
class Variant:
    """A way to normalize layers: how it is called, made for inputs of a shape, and the kind with its sets."""

    call: str
    axes: str
    kind: str
    any_size: bool  # fits images of

    def made(self, shape: Shape) -> nn.Module:
        """The layer for inputs of `shape`."""
        if self.kind == "ln2d":
            return LayerNorm2d(shape[0])
        return nn.GroupNorm(1, shape[0]) if self.any_size else nn.LayerNorm(shape)


WHOLE = Variant("`nn.LayerNorm([C,\u00a0H,\u00a0W])`", "C, H, W", "ln", any_size=False)
OURS = Variant("`nn.GroupNorm(1, C)`", "C, H, W", "ln", any_size=True)
POSITION = Variant("`nn.LayerNorm(C)`, channels last", "C", "ln2d", any_size=True)
VARIANTS = (WHOLE, OURS, POSITION)


def section(config: Config) -> str:
    """Prose and `@tbl-by-hand-layer-norms`."""
    whole, ours, position = (normalized(each, IMAGES.double()) for each in VARIANTS)
    same, other = ((each - ours).abs().max().item() for each in (whole, position))
    sizes = [parameters(each, shapes_of_network(config)[0]) for each in VARIANTS]
    return (
        "The paper gives every neuron its own gain and bias [@ba2016], and was not about images. Three layers go by "
        "its name with them (@tbl-by-hand-layer-norms). The first follows the paper to the letter: a $\\gamma$ and a "
        "$\\beta$ for every channel *and position*, so that it fits images of one size alone. The second has the same "
        f"means and variances: before anything is learned, their outputs on the example differ by {scientific(same)}. "
        "The third, that of Transformers and of ConvNeXt [@liu2022], normalizes each position by itself, over its "
        "channels, as if it were a word in a sentence; on the example its output differs from theirs by up to "
        f"{rounded(other)}. `nn.LayerNorm(C)` is therefore not `nn.GroupNorm(1, C)`, and it wants the channels last, "
        "`x.permute(0, 2, 3, 1)`; given (N, C, H, W), it normalizes over the last axis, W, if that happens to be as "
        "long, and else refuses.\n\n"
        f"LN in this report is the second, as made by `make_norm`: {_made()}. With the first, the networks’ first "
        f"normalization would learn {sizes[0]:,} numbers instead of {sizes[1]}, and the models would differ in size "
        "and "
        "in what they can express.\n\n" + markup.table("by-hand-layer-norms", variants_table(config), _caption(config))
    )


def _made() -> str:
    layer = make_norm("ln", IMAGES.shape[1])
    return f"`{layer!r}` for the example"


def _caption(config: Config) -> str:
    first = shapes_of_network(config)[0]
    return (
        f"Sets, and learned numbers $\\gamma$ and $\\beta$: of the example, of the networks’ first normalization (with "
        f"outputs of {' × '.join(map(str, first))}), and of all their normalizations. Counted."
    )


def variants_table(config: Config) -> pd.DataFrame:
    """A row per variant."""
    example, network = tuple(IMAGES.shape[1:]), shapes_of_network(config)
    return pd.DataFrame(
        {
            "layer": each.call,
            "one mean over": f"({each.axes})",
            "sets": f"{len(shared_sets(each.kind))} of {len(shared_sets(each.kind)[0].members)}",
            "γ, β: example": str(parameters(each, example)),
            "first layer": f"{parameters(each, network[0]):,}",
            "network": f"{sum(parameters(each, shape) for shape in network):,}",
            "here": {OURS: "LN", POSITION: "LN2d"}.get(each, "–"),
        }
        for each in VARIANTS
    )


def parameters(variant: Variant, shape: Shape) -> int:
    """Learned numbers of the layer for inputs of `shape`."""
    return sum(values.numel() for values in variant.made(shape).parameters())


@torch.no_grad()
def normalized(variant: Variant, x: Tensor) -> Tensor:
    """What the layer makes of x (N, C, H, W) before it has learned anything."""
    return variant.made(tuple(x.shape[1:])).to(x.dtype)(x)


def shapes_of_network(config: Config) -> list[Shape]:
    """What goes into each normalization of the network that `config`, resolved, describes, in order."""
    shapes: list[Shape] = []
    network = make_net(config.model_copy(update={"norm": "ln"}))
    for layer in normalizations_of(network):
        layer.register_forward_hook(lambda _layer, inputs, _output: shapes.append(tuple(inputs[0].shape[1:])))
    with torch.no_grad():
        network.eval()(torch.zeros(1, *image_facts(config).shape))
    return shapes
