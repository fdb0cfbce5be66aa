"""Three layers that are called layer normalization of images: calls, sets, learned numbers."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor, nn

from normstudy.config import Config, image_facts
from normstudy.layers import LayerNorm2d
from normstudy.training.networks import make_net, normalizations_of
from normstudy.worked_example.definition import IMAGES, shared_sets
from normstudy.worked_example.exact import unbroken

Shape = tuple[int, int, int]
"""(C, H, W)."""


@dataclass(frozen=True)
class Variant:
    """A layer normalization: its call, the axes of one mean, and the kind that has its sets."""

    call: str
    axes: str
    kind: str
    any_size: bool  # whether it takes images of any size

    def made(self, shape: Shape) -> nn.Module:
        """The layer for inputs of `shape`."""
        if self.kind == "ln2d":
            return LayerNorm2d(shape[0])
        return nn.GroupNorm(1, shape[0]) if self.any_size else nn.LayerNorm(shape)

    def parameters(self, shape: Shape) -> int:
        """Learned numbers of the layer for inputs of `shape`."""
        return sum(values.numel() for values in self.made(shape).parameters())


WHOLE = Variant("`nn.LayerNorm([C,\u00a0H,\u00a0W])`", "C, H, W", "ln", any_size=False)
OURS = Variant("`nn.GroupNorm(1, C)`", "C, H, W", "ln", any_size=True)
POSITION = Variant("`nn.LayerNorm(C)`, channels last", "C", "ln2d", any_size=True)
VARIANTS = (WHOLE, OURS, POSITION)


@torch.no_grad()
def gap(variant: Variant, x: Tensor | None = None) -> float:
    """How far the output of `variant`, before anything is learned, is from ours at most; x (N, C, H, W)."""
    x = IMAGES.double() if x is None else x
    ours, other = (each.made(tuple(x.shape[1:])).to(x.dtype)(x) for each in (OURS, variant))
    return (ours - other).abs().max().item()


def variants_table(config: Config) -> pd.DataFrame:
    """A row per variant: its sets on the example, and learned numbers of the network that `config` describes."""
    network = shapes_of_network(config)
    return pd.DataFrame(
        {
            "layer": each.call,
            "one mean over": unbroken(f"({each.axes})"),
            "sets": unbroken(f"{len(shared_sets(each.kind))} of {len(shared_sets(each.kind)[0].members)}"),
            "γ, β: first layer": f"{each.parameters(network[0]):,}",
            "network": f"{sum(map(each.parameters, network)):,}",
            "here": {OURS: "LN", POSITION: "LN2d"}.get(each, "–"),
        }
        for each in VARIANTS
    )


def shapes_of_network(config: Config) -> list[Shape]:
    """What goes into each normalization of the network that `config`, resolved, describes, in order."""
    shapes: list[Shape] = []
    network = make_net(config.model_copy(update={"norm": "ln"}))
    for layer in normalizations_of(network):
        layer.register_forward_hook(lambda _layer, inputs, _output: shapes.append(tuple(inputs[0].shape[1:])))
    with torch.no_grad():
        network.eval()(torch.zeros(1, *image_facts(config).shape))
    return shapes
