"""What a study may want to know of a trained network, measured from its run folder.

weights          how far each layer's weights are shrunk, whatever their scale
batch_norm       BN's answers with other statistics than its running averages
first_gradients  gradients and weights before the first step
inside           activations before and after each normalization, and what its parameters became (`runs/activations.py`)
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from normstudy.config import Config
from normstudy.data.loading import Data, load_once
from normstudy.model import Net, l1_norm, penalised_weights
from normstudy.runs.activations import inside
from normstudy.runs.folder import FinishedRun
from normstudy.runs.networks import first_net, trained_net
from normstudy.training.batches import Batches
from normstudy.training.evaluation import evaluate

FRACTIONS = (0.01, 0.1)
"""Of a layer's root mean square: the weights below them are counted."""

TOGETHER = 500
"""Images that share statistics when these are estimated again: many, as they should be those of all."""

Measures = dict[str, Any]


def measure(name: str, run: FinishedRun) -> Measures:
    """The measures called `name` of `run`, which has not diverged; numbers by name, of layers as lists."""
    return MEASURES[name](run)


def weights(run: FinishedRun) -> Measures:
    """Of each layer's n weights w: ‖w‖₁/‖w‖₂ over its largest value √n, and the fractions of tiny ones.

    A normalization undoes what scales all weights before it, so that ‖w‖ alone says nothing of shrinkage. The first
    is 1 where all weights are equally large, 1/√n where one is all there is, and None where there is none; the others
    are by `FRACTIONS`.
    """
    found = [weight.detach().double().flatten() for weight in penalised_weights(trained_net(run))]
    spread = [_finite(float(w.norm(1) / w.norm() / len(w) ** 0.5)) for w in found]
    tiny = {
        f"{part:g}": [float((w.abs() < part * w.norm() / len(w) ** 0.5).float().mean()) for w in found]
        for part in FRACTIONS
    }
    return {"spread": spread, "tiny": tiny}


def batch_norm(run: FinishedRun) -> Measures:
    """Loss (nats) and accuracy (a fraction) of BN with each kind of statistics; nothing of other normalizations.

    `running`: with the running averages, as the run was evaluated; `precise`: with the mean over the training images
    of the statistics of many together, estimated after training (Wu & Johnson 2021, arXiv:2105.07576, section 3);
    `batch`: with those of the batch at hand, of as many images as in training.
    """
    if run.config.norm != "bn":
        return {}
    data = load_once(run.config.dataset, run.config.evaluate_on)
    net = trained_net(run)
    return {
        "running": _score(net, data),
        "precise": _score(with_precise_statistics(run, data), data),
        "batch": _score_by_batch(net, data, run.config.batch_size),
    }


@torch.no_grad()
def with_precise_statistics(run: FinishedRun, data: Data) -> Net:
    """The network of `run` with the mean statistics of the training images, `TOGETHER` at a time."""
    net = trained_net(run, statistics_batch=None).train()
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.momentum = None  # the mean of all batches
    whole = len(data.train) - len(data.train) % TOGETHER or len(data.train)
    for images in data.train.images[:whole].split(TOGETHER):
        net(data.standardise_(images.float().div_(255)))
    return net.eval()


@torch.no_grad()
def _score_by_batch(net: Net, data: Data, size: int) -> Measures:
    """In training mode, in batches of `size` in the order of the images."""
    net = copy.deepcopy(net).train()
    losses, right = [], []
    for images, labels in zip(data.evaluation.images.split(size), data.evaluation.labels.split(size), strict=True):
        scores = net(data.standardise_(images.float().div_(255)))
        losses.append(F.cross_entropy(scores, labels, reduction="none"))
        right.append(scores.argmax(dim=1) == labels)
    return {"loss": _mean(losses), "accuracy": _mean(right)}


def _score(net: nn.Module, data: Data) -> Measures:
    said = evaluate(net, data, data.evaluation)
    return {"loss": _finite(said.mean_loss), "accuracy": said.accuracy}


def _mean(parts: list[Tensor]) -> float | None:
    return _finite(torch.cat(parts).double().mean().item())


def _finite(value: float) -> float | None:
    """None in the place of what a file of numbers cannot hold."""
    return value if math.isfinite(value) else None


def first_gradients(run: FinishedRun) -> Measures:
    """‖w‖₂ of each layer's weights, and of the objective's gradient for them on the first batch, before any step."""
    return at_first(run.config)


def at_first(config: Config) -> Measures:
    """As `first_gradients`, of a run that need not have been trained."""
    data = load_once(config.dataset, config.evaluate_on)
    net = first_net(config)
    images, labels = next(Batches(config, data, torch.device("cpu")).of(1))
    found = penalised_weights(net)
    (F.cross_entropy(net(images), labels) + config.l1 * l1_norm(found)).backward()
    return {
        "weight_norms": [_finite(float(weight.detach().norm())) for weight in found],
        "gradient_norms": [_finite(float(weight.grad.norm())) for weight in found],
    }


MEASURES: dict[str, Callable[[FinishedRun], Measures]] = {
    "weights": weights,
    "batch_norm": batch_norm,
    "first_gradients": first_gradients,
    "inside": inside,
}
