"""Model: the layers of the network that all models share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from normstudy.arithmetic import counts
from normstudy.config import Config, image_facts
from normstudy.report import markup
from normstudy.report.labels import model_names
from normstudy.report.markup import escape
from normstudy.runs.folder import FinishedRun
from normstudy.skeleton import Block, deepened, parse_skeleton

if TYPE_CHECKING:
    from torch import nn


COUNTED = ("Conv2d", "MaxPool2d", "Linear")
"""Layers with a receptive field of their own."""


def blocks(runs: Sequence[FinishedRun]) -> tuple[Block, ...]:
    """The convolutions of the first of `runs`."""
    config = runs[0].config
    return deepened(parse_skeleton(config.skeleton), config.depth)


def layers(runs: Sequence[FinishedRun]) -> str:
    """`@tbl-layers`: the layers of the first of `runs`, and what the others have in common with it."""
    sizes = dict.fromkeys(run.metrics["model"]["parameters"] for run in runs)
    listed = ", ".join(f"{size:,}" for size in sizes)
    alike = "every model has as many" if len(sizes) == 1 else f"the models have {listed}"
    shapes = {tuple(counts(run.config)) for run in runs}
    same = "The models have both in common." if len(shapes) == 1 else "They are not the same in all models."
    caption = (
        f"The layers of {model_names(runs)[0]} in the order in which data meet them, with trainable parameters; "
        f"{alike}. The receptive field is what one number of a layer’s output sees of the image: pixels along an edge, "
        "as far as convolutions and pools carry; the statistics of a normalization can bring in more. Multiply-adds "
        f"are the products with weights, for one image. {same}"
    )
    return markup.table("layers", layers_table(runs[0].config), caption)


def layers_table(config: Config) -> pd.DataFrame:
    """The layers of the network in the order data meets them: output shapes, parameters, and their `counts`."""
    import torchinfo

    from normstudy.networks import make_net

    size = (1, *image_facts(config).shape)
    summary = torchinfo.summary(make_net(config), input_size=size, verbose=0, device="cpu")
    counted = iter(counts(config))
    rows = []
    for layer in summary.summary_list:
        if not layer.is_leaf_layer:
            continue
        own = next(counted) if type(layer.module).__name__ in COUNTED else None
        rows.append(
            {
                "layer": escape(describe_layer(layer.module)),
                "output (C, H, W)": " × ".join(str(size) for size in layer.output_size[1:]),
                "receptive field": f"{own.field} × {own.field}" if own else "–",
                "parameters": f"{layer.num_params:,}",
                "multiply-adds": f"{own.multiply_adds:,}" if own else "–",
            }
        )
    total = {"layer": "**total**", "output (C, H, W)": "", "receptive field": "–"}
    total |= {"parameters": f"**{summary.total_params:,}**"}
    total |= {"multiply-adds": f"**{sum(each.multiply_adds for each in counts(config)):,}**"}
    return pd.DataFrame([*rows, total])


def describe_layer(module: nn.Module) -> str:
    """A layer in a few words, with the settings that matter: `convolution 5×5, stride 2`."""
    name = type(module).__name__
    if name == "Conv2d":
        padded = ", padded" if module.padding[0] else ""
        return f"convolution {module.kernel_size[0]}×{module.kernel_size[1]}, stride {module.stride[0]}{padded}"
    if name == "MaxPool2d":
        return f"max-pool {module.kernel_size}×{module.kernel_size}"
    if name == "GroupNorm":
        return f"normalization (GroupNorm, {module.num_groups} group{'s' * (module.num_groups > 1)})"
    if "Norm" in name:
        return f"normalization ({name})"
    return {"Linear": "mean over positions, linear", "Identity": "no normalization"}.get(name, name)
