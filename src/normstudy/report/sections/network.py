"""The layers of the networks: shapes, receptive fields, parameters, multiply-adds; the code of custom networks."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import pandas as pd

from normstudy.arithmetic import LayerCount, counts
from normstudy.config import Config, image_facts
from normstudy.model_code import file_of, in_folder
from normstudy.report.core import markup
from normstudy.report.core.literal import code_block, escape
from normstudy.report.core.models import Model
from normstudy.report.core.text import count, join
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedRun
from normstudy.skeleton import deepened, parse_skeleton
from normstudy.text import visible

if TYPE_CHECKING:
    from torch import nn

NORMALIZATIONS = {
    "bn": "batch normalization",
    "gn": "group normalization, {}",
    "ln": "layer normalization",
    "in": "instance normalization",
    "ln2d": "layer normalization of each position",
    "none": "no normalization",
}
"""What stands behind a convolution of our network."""

WITH_PRODUCTS = ("Conv1d", "Conv2d", "Conv3d", "ConvTranspose2d", "Linear")
"""Layers of custom networks whose multiply-adds are counted: products with weights alone."""

SETTINGS = {"stride": ("stride", 1), "dilation": ("dilation", 1), "groups": ("groups", 1)}
SETTINGS |= {"num_groups": ("groups", 0), "p": ("probability", 0)}
"""Of layers: what each is called, and the value that is not worth saying."""

MOST_LINES = 120
"""Of code that is shown; longer code is in the run's folder."""


def in_words(models: Sequence[Model]) -> str:
    """What the networks are and how their weights start."""
    ours, custom = _ours(models), _custom(models)
    text = []
    if ours:
        layers = deepened(parse_skeleton(ours[0].config.skeleton), ours[0].config.depth)
        text.append(
            f"The network has {count(len(layers), 'convolution')}, each followed by the normalization and a ReLU, and "
            "a linear layer on the means over positions (@tbl-layers)."
        )
    if custom:
        tables = join(f"@tbl-layers-{place}" for place in range(1, len(custom) + 1))
        named = join(escape(run.config.model) for run in custom)
        text.append(f"{tables} {'has' if len(custom) == 1 else 'have'} the layers of {named}, with the code.")
    for run in custom:
        if free := _unregularized(run):
            text.append(
                f"No penalty and no decay acts on {join(map(escape, free))} of {escape(run.config.model)}, which are "
                "no weights of a convolution or linear layer."
            )
    text.append("Weights of convolutions and linear layers start as He et al. propose [@he2015], γ at 1 and β at 0.")
    return " ".join(text)


def layers(models: Sequence[Model]) -> str:
    """`@tbl-layers` of our network, and `@tbl-layers-1`, … of custom ones with their code."""
    blocks = []
    if ours := _ours(models):
        same = len({tuple(counts(model.config)) for model in ours}) == 1
        others = "; other models differ in the normalization alone" if same and len(ours) > 1 else ""
        caption = (
            f"The layers of {escape(ours[0].name)}{others}. "
            "Receptive field: pixels along an edge of what one output sees, leaving out what a normalization brings "
            "in. Multiply-adds: products with weights, for one image."
        )
        blocks.append(markup.table("layers", our_layers(ours[0].config), caption))
    for place, run in enumerate(_custom(models), start=1):
        caption = (
            f"The layers of {escape(run.config.model)}. Receptive field: rows by columns of what the middle output "
            "sees, leaving out what a normalization brings in. Multiply-adds: products with weights, for one image."
        )
        blocks.append(markup.table(f"layers-{place}", custom_layers(run.config), caption))
        blocks.append(_listing(run))
    return "\n".join(blocks)


def our_layers(config: Config) -> pd.DataFrame:
    """One row per layer of the network of `config`, in order."""
    channels, inputs, size = config.channels, image_facts(config).shape[0], image_facts(config).shape[1]
    bias, learned = (channels, 0) if config.norm == "none" else (0, 2 * channels)
    of_layers, rows, total = iter(counts(config)), [], 0
    for block in deepened(parse_skeleton(config.skeleton), config.depth):
        convolution = f"convolution {block.kernel}×{block.kernel}, stride {block.stride}"
        weights = channels * inputs * block.kernel**2 + bias
        size = (size + 2 * block.padding - block.kernel) // block.stride + 1
        shape, found = f"{channels} × {size} × {size}", next(of_layers)
        name = f"{NORMALIZATIONS[config.norm]}, ReLU"
        rows.append(_row(f"{convolution}{', padded' if block.padding else ''}", shape, found, weights))
        rows.append(_row(name.format(count(config.groups or 0, "group")), shape, None, learned))
        if block.pool > 1:
            size //= block.pool
            rows.append(
                _row(f"max-pool {block.pool}×{block.pool}", f"{channels} × {size} × {size}", next(of_layers), 0)
            )
        inputs, total = channels, total + weights + learned
    classes = len(image_facts(config).classes)
    last, weights = next(of_layers), (channels + 1) * classes
    rows.append(_row("mean over positions, linear", f"{classes}", last, weights))
    return pd.DataFrame([*rows, _total(total + weights, sum(each.multiply_adds for each in counts(config)))])


def custom_layers(config: Config) -> pd.DataFrame:
    """One row per layer of the custom network of `config`, resolved, in the order in which images meet them."""
    import torchinfo

    from normstudy.training.networks import make_net

    net = make_net(config).net
    summary = torchinfo.summary(net, input_size=(1, *image_facts(config).shape), verbose=0, device="cpu")
    fields = receptive_fields(config)
    names = {id(layer): name for name, layer in net.named_modules()}
    rows, products = [], 0
    for layer in summary.summary_list:
        if not layer.is_leaf_layer or layer.depth == 0:
            continue
        name = names.get(id(layer.module), "")
        size, added = fields.get(name), _products(layer)
        products += added
        row = _row(escape(f"{name}: {_of_custom(layer.module)}"), "", None, layer.num_params)
        row |= {"output": " × ".join(map(str, layer.output_size[1:])), "multiply-adds": _number(added)}
        rows.append(row | {"receptive field": f"{size[0]} × {size[1]}" if size else "–"})
    return pd.DataFrame([*rows, _total(summary.total_params, products)])


def receptive_fields(config: Config) -> dict[str, tuple[int, int]]:
    """By name, how many rows and columns of an image the middle one of a layer's outputs sees, at most.

    A row (or column) is seen if NaN there makes the output NaN. In evaluation, and of a network that normalizes
    nothing, for a normalization may bring in more. Empty where the network cannot process such images.
    """
    import torch

    from normstudy.training.networks import make_net

    channels, height, width = image_facts(config).shape
    images = torch.zeros(height + width, channels, height, width, dtype=torch.float64)
    for row in range(height):
        images[row, :, row] = torch.nan
    for column in range(width):
        images[height + column, :, :, column] = torch.nan
    net = make_net(config.model_copy(update={"norm": "none"})).net.double().eval()
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
    except Exception:  # it is somebody else's code, and such images are unusual
        return {}
    finally:
        for handle in handles:
            handle.remove()
    return found


def _ours(models: Sequence[Model]) -> list[Model]:
    return [model for model in models if not model.config.model]


def _custom(models: Sequence[Model]) -> list[FinishedRun]:
    """A run of each custom network whose code is in a folder."""
    found: dict[tuple[str, str], FinishedRun] = {}
    for model in models:
        if model.config.model and not isinstance(model.shown, RecordedRun):
            found.setdefault((model.config.model, model.config.code), model.shown)
    return list(found.values())


def _unregularized(run: FinishedRun) -> list[str]:
    from normstudy.training.networks import make_net, unplaced

    return unplaced(make_net(run.config))


def _listing(run: FinishedRun) -> str:
    """The code of a custom network as it was trained."""
    code = in_folder(run.config.model, run.folder)
    blocks, left = [], MOST_LINES
    for name, text in (code.modules if code else {}).items():
        if not text.strip():
            continue
        left -= text.count("\n") + 1
        file = escape(file_of(name.removesuffix(".__init__")))
        shown = code_block(visible(text.rstrip(), keep="\n\t"), "python")
        blocks.append(f"{file}, as it was trained:\n\n{shown}" if left >= 0 else f"{file}: see the run’s folder.")
    return "\n\n".join(blocks)


def _row(name: str, output: str, found: LayerCount | None, parameters: int) -> dict[str, str]:
    """Of one layer; `found`: what it sees and multiplies, where it is one that does."""
    return {
        "layer": name,
        "output": output,
        "receptive field": f"{found.field} × {found.field}" if found else "–",
        "parameters": _number(parameters),
        "multiply-adds": _number(found.multiply_adds if found else 0),
    }


def _total(parameters: int, products: int) -> dict[str, str]:
    total = {"layer": "**total**", "output": "", "receptive field": ""}
    return total | {"parameters": f"**{parameters:,}**", "multiply-adds": f"**{products:,}**"}


def _number(value: int) -> str:
    return f"{value:,}" if value else "–"


def _products(layer: Any) -> int:
    """Multiply-adds with the weights of a layer as torchinfo has it, for one image."""
    name = type(layer.module).__name__
    if name not in WITH_PRODUCTS:
        return 0
    positions = {"Linear": layer.output_size[1:-1], "ConvTranspose2d": layer.input_size[2:]}
    return layer.module.weight.numel() * prod(positions.get(name, layer.output_size[2:]))


def _of_custom(module: nn.Module) -> str:
    """`Conv2d, 3 × 3, stride 2, groups 16`."""
    name, kernel = type(module).__name__, getattr(module, "kernel_size", None)
    parts = [name]
    if kernel is not None:
        parts.append(" × ".join(map(str, kernel if isinstance(kernel, tuple) else (kernel, kernel))))
    for setting, (word, usual) in SETTINGS.items():
        value = getattr(module, setting, usual)
        value = value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value
        if value != usual and not (setting == "stride" and "Pool" in name):
            parts.append(f"{word} {value}")
    return ", ".join(parts)
