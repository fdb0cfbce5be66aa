"""The layers of a network of one's own: what they are called, give, learn and see, found by showing it images."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import pandas as pd

from normstudy.config import Config
from normstudy.report.markup import escape

if TYPE_CHECKING:
    from torch import nn

WITH_PRODUCTS = ("Conv1d", "Conv2d", "Conv3d", "ConvTranspose2d", "Linear")
"""Layers whose multiply-adds are counted: products with weights alone."""

CALLED = {"num_groups": "groups", "p": "probability"}
"""What settings of layers are called, where it is not by their names."""


def own_layers_table(config: Config) -> pd.DataFrame:
    """A row per layer of the network of `config`, resolved, in the order in which images meet them."""
    import torchinfo

    from normstudy.training.networks import make_net
    from normstudy.training.own_model import shape_of

    net = _plain(make_net(config))
    summary = torchinfo.summary(net, input_size=(1, *shape_of(config)), verbose=0, device="cpu")
    fields, rows, products = receptive_fields(config), [], 0
    names = {id(layer): name for name, layer in net.named_modules()}
    for layer in summary.summary_list:
        if not layer.is_leaf_layer or layer.depth == 0:
            continue
        own = _products(layer)
        products += own
        name, size = names.get(id(layer.module), ""), fields.get(names.get(id(layer.module), ""))
        rows.append(
            {
                "layer": escape(f"{name}: {_described(layer.module)}"),
                "output (C, H, W)": " × ".join(map(str, layer.output_size[1:])),
                "receptive field": f"{size[0]} × {size[1]}" if size else "–",
                "parameters": f"{layer.num_params:,}" if layer.num_params else "–",
                "multiply-adds": f"{own:,}" if own else "–",
            }
        )
    total = {"layer": "**total**", "output (C, H, W)": "", "receptive field": "–"}
    total |= {"parameters": f"**{summary.total_params:,}**", "multiply-adds": f"**{products:,}**"}
    return pd.DataFrame([*rows, total])


def receptive_fields(config: Config) -> dict[str, tuple[int, int]]:
    """By name, how many rows and columns of an image the middle one of a layer's outputs sees, at most.

    A row (or column) is seen if what is no number there makes the output no number. In evaluation, and of a network
    that normalizes nothing, for a normalization may bring in more. Nothing where the network cannot be shown such
    images.
    """
    import torch

    from normstudy.training.networks import make_net
    from normstudy.training.own_model import shape_of

    channels, height, width = shape_of(config)
    images = torch.zeros(height + width, channels, height, width, dtype=torch.float64)
    for row in range(height):
        images[row, :, row] = torch.nan
    for column in range(width):
        images[height + column, :, :, column] = torch.nan
    net = _plain(make_net(config.model_copy(update={"norm": "none"}))).double().eval()
    found: dict[str, tuple[int, int]] = {}

    def look(name: str) -> Any:
        def hook(_layer: nn.Module, _given: object, made: Any) -> None:
            if isinstance(made, torch.Tensor) and made.dim() == 4 and len(made) == len(images):
                seen = made[:, :, made.shape[2] // 2, made.shape[3] // 2].isnan().any(dim=1)
                found[name] = int(seen[:height].sum()), int(seen[height:].sum())

        return hook

    handles = [
        layer.register_forward_hook(look(name)) for name, layer in net.named_modules() if not any(layer.children())
    ]
    try:
        with torch.no_grad():
            net(images)
    except Exception:  # it is somebody else's code, and such images are no usual ones
        return {}
    finally:
        for handle in handles:
            handle.remove()
    return found


def _products(layer: Any) -> int:
    """Multiply-adds with the weights of a layer as torchinfo has it, for one image."""
    name = type(layer.module).__name__
    if name not in WITH_PRODUCTS:
        return 0
    positions = {"Linear": layer.output_size[1:-1], "ConvTranspose2d": layer.input_size[2:]}
    return layer.module.weight.numel() * prod(positions.get(name, layer.output_size[2:]))


def _plain(net: Any) -> nn.Module:
    return net.net


def _described(module: nn.Module) -> str:
    """`Conv2d, 3 × 3, stride 2, 16 groups`."""
    name = type(module).__name__
    kernel = getattr(module, "kernel_size", None)
    parts = [name]
    if kernel is not None:
        parts.append(" × ".join(map(str, kernel if isinstance(kernel, tuple) else (kernel, kernel))))
    for setting, usual in (("stride", 1), ("dilation", 1), ("groups", 1), ("num_groups", 0), ("p", 0)):
        value = getattr(module, setting, usual)
        value = value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value
        if value != usual and not (setting == "stride" and "Pool" in name):
            parts.append(f"{CALLED.get(setting, setting)} {value}")
    return ", ".join(parts)
