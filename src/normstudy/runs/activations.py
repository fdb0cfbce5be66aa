"""What normalization does inside one network: activations before and after it, and what its parameters became."""

from __future__ import annotations

import copy
import math
from typing import Any

import torch
from torch import Tensor, nn

from normstudy.data.loading import load_once
from normstudy.model import Net
from normstudy.runs.folder import FinishedRun
from normstudy.runs.networks import first_net, net_after_an_epoch, trained_net
from normstudy.training.networks import normalizations_of

IMAGES = 500
"""The first so many of the evaluation are shown to the network, as one batch."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

DIGITS = 5
"""That are kept of each number."""

Numbers = dict[str, Any]


def inside(run: FinishedRun) -> Numbers:
    """Distributions of activations, layer by layer, at three times of `run`; γ and β, and BN's running statistics.

    `start`, `first_epoch` (None if that diverges when it is trained again) and `end`: for each normalization, `before`
    and `after` it, as `distribution` has them, with the statistics with which the network is trained. For BN these
    are of the images at hand, and `end_running` is with its running averages. `gamma`, `beta`, `running_mean` and
    `running_var` are of the end: for each normalization that has them, a list over the channels.
    """
    data = load_once(run.config.dataset, run.config.evaluate_on)
    images = data.standardise_(data.evaluation.images[:IMAGES].float().div_(255))
    after_an_epoch, trained = net_after_an_epoch(run.config, data), trained_net(run)
    normalizations = normalizations_of(trained)
    found: Numbers = {
        "start": activations(first_net(run.config), images),
        "first_epoch": after_an_epoch and activations(after_an_epoch, images),
        "end": activations(copy.deepcopy(trained).train(), images),
    }
    if any(isinstance(each, nn.BatchNorm2d) for each in normalizations):
        found["end_running"] = activations(trained, images)
    for name, attribute in (
        ("gamma", "weight"),
        ("beta", "bias"),
        ("running_mean", "running_mean"),
        ("running_var", "running_var"),
    ):
        values = [getattr(each, attribute, None) for each in normalizations]
        found[name] = [_kept(value) for value in values if value is not None]
    return found


@torch.no_grad()
def activations(net: Net, images: Tensor) -> list[dict[str, Numbers]]:
    """What goes into each normalization of `net`, in the mode that it is in, and what comes out, of `images`."""
    found: list[dict[str, Numbers]] = []

    def look(_: nn.Module, given: tuple[Tensor], made: Tensor) -> None:
        # At once, for the ReLU behind it works in place.
        found.append({"before": distribution(given[0]), "after": distribution(made)})

    handles = [layer.register_forward_hook(look) for layer in normalizations_of(net)]
    net(images)
    for handle in handles:
        handle.remove()
    return found


def distribution(x: Tensor) -> Numbers:
    """Of `x` (n, c, h, w), over all values: `quantiles` (`QUANTILES`), `mean`, `sd`; the latter two by channel, too."""
    values = x.detach().float()
    flat = values.flatten()
    return {
        "quantiles": _kept(flat.quantile(torch.tensor(QUANTILES))),
        "mean": _number(flat.mean().item()),
        "sd": _number(flat.std(correction=0).item()),
        "channel_means": _kept(values.mean(dim=(0, 2, 3))),
        "channel_sds": _kept(values.std(dim=(0, 2, 3), correction=0)),
    }


def _kept(values: Tensor) -> list[float | None]:
    return [_number(value) for value in values.detach().tolist()]


def _number(value: float) -> float | None:
    """None in the place of what a file of numbers cannot hold."""
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
