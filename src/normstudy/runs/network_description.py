"""A trained network as plain data, from which another program can compute what it says."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from normstudy.layers import LayerNorm2d
from normstudy.model import Net

Layer = dict[str, Any]


def describe(net: Net) -> dict[str, Any]:
    """`layers` of `net` in the order in which images meet them, and the `weights` of all, float32 in base64.

    A layer has its `kind` and what it needs; the name of a tensor of it has the places in `weights` from which and up
    to which its numbers stand, row by row: `[0, 400]`. Between the features and the linear layer is the `mean` over
    positions.
    """
    weights: list[np.ndarray] = []
    layers = [_described(layer, weights) for layer in net.features]
    layers += [{"kind": "mean"}, _described(net.head, weights)]
    numbers = np.concatenate(weights).astype("<f4")
    return {"layers": layers, "weights": base64.b64encode(numbers.tobytes()).decode()}


def _described(layer: nn.Module, weights: list[np.ndarray]) -> Layer:
    tensors = {
        "weight": getattr(layer, "weight", None),
        "bias": getattr(layer, "bias", None),
        "running_mean": getattr(layer, "running_mean", None),
        "running_var": getattr(layer, "running_var", None),
    }
    return _kind(layer) | {name: _put(tensor, weights) for name, tensor in tensors.items() if tensor is not None}


def _kind(layer: nn.Module) -> Layer:
    match layer:
        case nn.Conv2d():
            size = {"channels": layer.out_channels, "kernel": layer.kernel_size[0]}
            return {"kind": "convolution", **size, "stride": layer.stride[0], "padding": layer.padding[0]}
        case nn.BatchNorm2d():
            together = getattr(layer, "statistics_batch", None)
            return {"kind": "normalization", "norm": "bn", "eps": layer.eps, "statistics_batch": together}
        case nn.GroupNorm():
            norm = "ln" if layer.num_groups == 1 else "gn"
            return {"kind": "normalization", "norm": norm, "eps": layer.eps, "groups": layer.num_groups}
        case nn.InstanceNorm2d():
            return {"kind": "normalization", "norm": "in", "eps": layer.eps}
        case LayerNorm2d():
            return {"kind": "normalization", "norm": "ln2d", "eps": layer.eps}
        case nn.Identity():
            return {"kind": "normalization", "norm": "none"}
        case nn.ReLU():
            return {"kind": "relu"}
        case nn.MaxPool2d():
            return {"kind": "pool", "size": layer.kernel_size}
        case nn.Linear():
            return {"kind": "linear", "outputs": layer.out_features}
    raise TypeError(f"{type(layer).__name__} is no layer of these networks")


def _put(tensor: Tensor, weights: list[np.ndarray]) -> tuple[int, int]:
    start = sum(map(len, weights))
    weights.append(tensor.detach().to(torch.float32).flatten().numpy())
    return start, start + len(weights[-1])
