"""Penalties on γ and β: which parameters they act on, and what shrinking which of them does to a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import torch
from torch import Tensor, nn

from normstudy.model import Net, count_parameters, penalised_weights
from normstudy.report import markup
from normstudy.report.markup import escape
from normstudy.report.wording import counted, rounded, scientific
from normstudy.runs.folder import FinishedRun
from normstudy.runs.networks import trained_net
from normstudy.training.networks import make_net, normalizations_of
from normstudy.worked_example.networks import kept_images, with_network

SHARE = 0.5
"""What is left of a parameter that is shrunk."""


def _weights(net: Net) -> list[Tensor]:
    return [layer.weight for layer in net.features if isinstance(layer, nn.Conv2d)]


def _affine(net: Net, *names: str, last: bool = False) -> list[Tensor]:
    layers = normalizations_of(net)
    chosen = layers if last else layers[:-1]
    return [getattr(layer, name) for layer in chosen for name in names]


SHRUNK: dict[str, Callable[[Net], list[Tensor]]] = {
    "the convolutions’ weights": _weights,
    "γ and β, all but the last layer’s": lambda net: _affine(net, "weight", "bias"),
    "γ alone, all but the last layer’s": lambda net: _affine(net, "weight"),
    "γ and β of every layer": lambda net: _affine(net, "weight", "bias", last=True),
}


def in_words(runs: Sequence[FinishedRun]) -> str:
    """The rule, counted, and what shrinking shows."""
    known = {name: run for name, run in with_network(runs, ours_alone=True).items() if run.config.norm != "none"}
    decayed, spared = rule(runs[0])
    told = (
        "Here they are spared: of the numbers that are learned, the optimizer decays and L1 pulls the "
        f"{decayed:,} weights of convolutions and of the linear layer, and not the {spared:,} others."
    )
    if not known:
        return told
    return (
        f"{told} @tbl-by-hand-decayed shows what such a pull would be about: it multiplies parameters of the trained "
        f"networks by {SHARE:g}, as weight decay alone would in the end. Shrinking the weights of a convolution before "
        "a normalization changes next to nothing (ε and rounding are left), for the normalization divides by them. Nor "
        "does shrinking γ and β *together*, where another convolution and normalization follow: ReLU(cy) = c ReLU(y) "
        "for c > 0, and the next normalization divides by c. Shrinking γ alone moves the balance of γ and β, and with "
        "that the place at which the ReLU cuts: that does change the function. L1, too, which takes the same amount "
        "off each, changes it, and where it takes γ to 0 the channel is off: it says β of every image."
    )


def rule(run: FinishedRun) -> tuple[int, int]:
    """How many learned numbers of the network of `run` penalties act on, and how many not."""
    net = make_net(run.config)
    decayed = sum(values.numel() for values in penalised_weights(net))
    return decayed, count_parameters(net) - decayed


def table(runs: Sequence[FinishedRun]) -> str:
    """`@tbl-by-hand-decayed`; nothing without a network that has normalizations."""
    known = {name: run for name, run in with_network(runs, ours_alone=True).items() if run.config.norm != "none"}
    if not known:
        return ""
    images = kept_images(known.values())
    caption = (
        f"Parameters of trained networks times {SHARE:g}: by how much class scores of {counted(len(images), 'image')} "
        "that one of them misclassified move at most, and in brackets how many answers change. BN "
        "is in training mode, with all of the images as its batch."
    )
    return markup.table("by-hand-decayed", shrunk_table(known, images), caption)


def shrunk_table(runs: Mapping[str, FinishedRun], images: Tensor) -> pd.DataFrame:
    """A row per group of parameters, a column per network."""
    columns: dict[str, list[str]] = {f"times {SHARE:g}": list(SHRUNK)}
    for name, run in runs.items():
        columns[escape(name)] = [_shown(*moved(trained_net(run), images, chosen)) for chosen in SHRUNK.values()]
    return pd.DataFrame(columns)


@torch.no_grad()
def moved(net: Net, images: Tensor, chosen: Callable[[Net], list[Tensor]]) -> tuple[float, int]:
    """The largest change of a class score, and the answers that change, when what is `chosen` of `net` is shrunk."""
    before = net.train()(images)
    for values in chosen(net):
        values.mul_(SHARE)
    after = net(images)
    answers = int((before.argmax(dim=1) != after.argmax(dim=1)).sum())
    return (before - after).abs().max().item(), answers


def _shown(change: float, answers: int) -> str:
    return f"{rounded(change, 1) if change >= 0.1 else scientific(change)} ({answers})"
