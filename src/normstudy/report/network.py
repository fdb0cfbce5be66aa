"""Model: the layers of the network that all models share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from normstudy.arithmetic import counts
from normstudy.config import Config, image_facts
from normstudy.model_code import module_of
from normstudy.report import markup, own_code
from normstudy.report.labels import model_names
from normstudy.report.markup import escape
from normstudy.report.own_network import own_layers_table
from normstudy.report.wording import counted, join_words
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedRun
from normstudy.skeleton import Block, deepened, parse_skeleton

if TYPE_CHECKING:
    from torch import nn


COUNTED = ("Conv2d", "MaxPool2d", "Linear")
"""Layers with a receptive field of their own."""


def blocks(runs: Sequence[FinishedRun]) -> tuple[Block, ...]:
    """The convolutions of the first of `runs`."""
    config = runs[0].config
    return deepened(parse_skeleton(config.skeleton), config.depth)


def in_words(runs: Sequence[FinishedRun]) -> str:
    """What the networks of `runs` are, and how their weights start."""
    told, first = [], blocks(_ours(runs)) if _ours(runs) else ()
    if first:
        which = "The network" if len(_ours(runs)) == len(runs) else "The network of this project"
        told.append(
            f"{which} has {counted(len(first), 'convolution')}, each followed by the normalization and then by the "
            f"ReLU (@tbl-layers). The first moves in steps of {counted(first[0].stride, 'pixel')}: what a step of "
            "training costs is mostly the number of positions that the convolutions have to visit."
        )
    for place, run in enumerate(_one_of_each_own(runs), start=1):
        which = "The network" if not first and place == 1 else "Another"
        told.append(
            f"{which} is one’s own, {escape(run.config.model)}, with its layers in @tbl-layers-{place} and its "
            f"code beside each of its runs ({escape(f'code-{module_of(run.config.model)}.py')}, fingerprint "
            f"{run.config.code})."
        )
        if free := _unplaced(run):
            told.append(
                f"No penalty and no decay acts on its {join_words([escape(each) for each in free])}, which are no "
                "weights of a convolution or linear layer and start as its code makes them."
            )
    told.append("Weights of convolutions and of linear layers start as He et al. propose [@he2015], γ at 1 and β at 0.")
    return " ".join(told)


def _ours(runs: Sequence[FinishedRun]) -> list[FinishedRun]:
    return [run for run in runs if not run.config.model]


def _one_of_each_own(runs: Sequence[FinishedRun]) -> list[FinishedRun]:
    """The first of `runs` with each network of one's own that has its code with it."""
    found: dict[tuple[str, str], FinishedRun] = {}
    for run in runs:
        if run.config.model and not isinstance(run, RecordedRun):
            found.setdefault((run.config.model, run.config.code), run)
    return list(found.values())


def _unplaced(run: FinishedRun) -> list[str]:
    from normstudy.training.networks import make_net, unplaced

    return unplaced(make_net(run.config))


def layers(runs: Sequence[FinishedRun]) -> str:
    """`@tbl-layers` of our own network, and `@tbl-layers-1`, … of those of one's own that `runs` have."""
    tables = [our_layers(_ours(runs))] if _ours(runs) else []
    for place, run in enumerate(_one_of_each_own(runs), start=1):
        name = model_names(runs)[list(runs).index(run)]
        caption = (
            f"The layers of {escape(run.config.model)}, as in {escape(name)}, in the order in which data meet "
            "them, with trainable parameters. The receptive field is what the middle one of a layer’s outputs sees of "
            "the image, rows by columns, whatever a normalization brings in. Multiply-adds are the products with "
            "weights, for one image."
        )
        tables.append(markup.table(f"layers-{place}", own_layers_table(run.config), caption))
        tables.append(own_code.listings([run]))
    return "\n".join(tables)


def our_layers(runs: Sequence[FinishedRun]) -> str:
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
    of_layers = iter(counts(config))
    rows = []
    for layer in summary.summary_list:
        if not layer.is_leaf_layer:
            continue
        own = next(of_layers) if type(layer.module).__name__ in COUNTED else None
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
