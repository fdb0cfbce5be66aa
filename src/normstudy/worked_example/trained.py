"""The published networks: what training mode, folding and shrunk parameters do to their answers.

They answer the images that one of them misclassified, which are stored with the runs: no data set is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor, nn

from normstudy.model import Net, count_parameters, penalised_weights
from normstudy.report.core.models import models_of
from normstudy.report.core.text import called
from normstudy.runs.class_maps import tensor_of
from normstudy.runs.folder import FinishedRun
from normstudy.runs.networks import trained_net
from normstudy.training.networks import make_net, normalizations_of
from normstudy.worked_example.exact import rounded, scientific
from normstudy.worked_example.folding import folded_net

SHARE = 0.5
"""What is left of a parameter that is shrunk."""


def by_name(runs: Sequence[FinishedRun]) -> dict[str, FinishedRun]:
    """The first run of each model, by the model's name."""
    return {model.name: model.runs[0] for model in models_of(runs)}


def kept_images(runs: Sequence[FinishedRun]) -> Tensor:
    """The images that `runs`, all of one data set, misclassified, each once: (n, c, h, w), standardised."""
    images = torch.cat([torch.from_numpy(run.misclassified["images"]) for run in runs])
    return tensor_of(runs[0].config, torch.unique(images, dim=0).numpy())


@dataclass(frozen=True)
class Change:
    """Between two ways to answer the same images: the largest change of a class score, and how many answers differ."""

    score: float
    answers: int

    def __str__(self) -> str:
        return f"{rounded(self.score, 1) if self.score >= 0.1 else scientific(self.score)} ({self.answers})"


def change(before: Tensor, after: Tensor) -> Change:
    """From class scores (n, classes) to others."""
    answers = int((before.argmax(dim=1) != after.argmax(dim=1)).sum())
    return Change((before - after).abs().max().item(), answers)


@torch.no_grad()
def alone(run: FinishedRun, images: Tensor) -> Change:
    """In training mode, from all `images` in one batch to each image in a batch of its own."""
    net = trained_net(run).train()
    return change(net(images), torch.cat([net(image) for image in images.split(1)]))


@torch.no_grad()
def folding(run: FinishedRun, images: Tensor) -> Change:
    """In eval mode, from the network of `run` to the same with its normalizations folded."""
    net = trained_net(run)
    return change(net(images), folded_net(net)(images))


@torch.no_grad()
def negative(run: FinishedRun, images: Tensor) -> list[float]:
    """The share of negative values in the output of each normalization: what the ReLU sets to 0."""
    shares: list[float] = []

    def look(_: nn.Module, __: tuple[Tensor], output: Tensor) -> None:
        shares.append((output < 0).float().mean().item())  # at once: the ReLU that follows works in place

    net = trained_net(run)
    for layer in normalizations_of(net):
        layer.register_forward_hook(look)
    net(images)
    return shares


def decayed(run: FinishedRun) -> tuple[int, int]:
    """How many learned numbers of the network of `run` penalties act on, and how many not."""
    net = make_net(run.config)
    count = sum(values.numel() for values in penalised_weights(net))
    return count, count_parameters(net) - count


def _affine(net: Net, *names: str, last: bool = False) -> list[Tensor]:
    layers = normalizations_of(net)
    return [getattr(layer, name) for layer in (layers if last else layers[:-1]) for name in names]


SHRUNK: dict[str, Callable[[Net], list[Tensor]]] = {
    "the convolutions’ weights": lambda net: [layer.weight for layer in net.features if isinstance(layer, nn.Conv2d)],
    "γ and β, all but the last layer’s": lambda net: _affine(net, "weight", "bias"),
    "γ alone, all but the last layer’s": lambda net: _affine(net, "weight"),
    "γ and β of every layer": lambda net: _affine(net, "weight", "bias", last=True),
}


@torch.no_grad()
def shrunk(net: Net, images: Tensor, chosen: Callable[[Net], list[Tensor]]) -> Change:
    """In training mode, from `net` to the same with the `chosen` parameters times `SHARE`; `net` is changed."""
    before = net.train()(images)
    for values in chosen(net):
        values.mul_(SHARE)
    return change(before, net(images))


def shrunk_table(runs: Mapping[str, FinishedRun], images: Tensor) -> pd.DataFrame:
    """A row per group of parameters, a column per network."""
    columns: dict[str, list[str]] = {f"times {SHARE:g}": list(SHRUNK)}
    for name, run in runs.items():
        columns[called(name)] = [str(shrunk(trained_net(run), images, chosen)) for chosen in SHRUNK.values()]
    return pd.DataFrame(columns)
