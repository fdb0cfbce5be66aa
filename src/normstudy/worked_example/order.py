"""Normalization before or after the ReLU: what its sets see, on the example and in trained networks."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import torch
from torch import Tensor, nn

from normstudy.model import Net
from normstudy.report import markup
from normstudy.report.markup import escape
from normstudy.report.wording import counted, join_words, rounded
from normstudy.runs.folder import FinishedRun
from normstudy.runs.networks import trained_net
from normstudy.training.networks import normalizations_of
from normstudy.worked_example.definition import IMAGES, normalize
from normstudy.worked_example.exact import together
from normstudy.worked_example.networks import kept_images, with_network

LEVEL = 3
"""Taken off the example's values, so that some are negative, as those of a convolution are."""


def in_words(runs: Sequence[FinishedRun]) -> str:
    """What differs on the example, and what the ReLUs of the networks of `runs` cut off."""
    before, after = orders()
    zeros = {name: 100 * (values == 0).double().mean().item() for name, values in (before | after).items()}
    return (
        "Both are found; the order here, normalization first, is that of the paper, which argues that the shape of "
        "what a ReLU makes changes in training, so that to hold its mean and variance would not hold it still "
        f"[@ioffe2015, Section 3.2]. On the example’s values less {LEVEL} (@tbl-by-hand-order), BN before the ReLU "
        f"sees all that the convolution has made, and the layer behind gets {zeros['out, norm first']:.0f} % zeros. "
        f"After the ReLU it sees {zeros['in, ReLU first']:.0f} % zeros, which behind it share one value below 0 in "
        f"each channel, and the next layer gets mean 0, variance 1 and {zeros['out, ReLU first']:.0f} % zeros. "
        f"{_cut(runs)}"
    ).strip()


def orders() -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """What goes into BN and what leaves both layers, in either order, of the example less `LEVEL`."""
    x = IMAGES.double() - LEVEL
    cut = x.relu()
    return (
        {"in, norm first": x, "out, norm first": normalize(x, "bn").relu()},
        {"in, ReLU first": cut, "out, ReLU first": normalize(cut, "bn")},
    )


def table() -> str:
    """`@tbl-by-hand-order`."""
    caption = (
        f"BN and ReLU in both orders, of the example’s values less {LEVEL}, with $\\gamma = 1$ and $\\beta = 0$: what "
        "BN is given, and what leaves the second of both layers."
    )
    return markup.table("by-hand-order", order_table(), caption)


def order_table() -> pd.DataFrame:
    """A row per place: range, mean, standard deviation and share of zeros."""
    names = ("BN, then ReLU: into BN", "… and out", "ReLU, then BN: into BN", "… and out")
    values = [each for order in orders() for each in order.values()]
    return pd.DataFrame(
        {
            "place": name,
            "values": together(f"{rounded(each.min().item(), 2)} to {rounded(each.max().item(), 2)}"),
            "mean": rounded(each.mean().item(), 2),
            "sd": rounded(each.std(correction=0).item(), 2),
            "zeros (%)": rounded(100 * (each == 0).double().mean().item(), 0),
        }
        for name, each in zip(names, values, strict=True)
    )


def _cut(runs: Sequence[FinishedRun]) -> str:
    known = with_network(runs, ours_alone=True)
    if not known:
        return ""
    images = kept_images(known.values())
    told = [
        f"{escape(name)} {join_words([f'{100 * share:.0f}' for share in negative(trained_net(run), images)])}"
        for name, run in known.items()
    ]
    return (
        f"In the trained networks the ReLUs cut off, of {counted(len(images), 'image')} that one of them "
        f"misclassified, layer by layer, so many percent of the values: {'; '.join(told)}."
    )


@torch.no_grad()
def negative(net: Net, images: Tensor) -> list[float]:
    """The share of negative values that leave each normalization of `net`."""
    shares: list[float] = []

    def look(_: nn.Module, __: tuple[Tensor], made: Tensor) -> None:
        shares.append((made < 0).float().mean().item())  # at once, for the ReLU behind it works in place

    handles = [layer.register_forward_hook(look) for layer in normalizations_of(net)]
    net(images)
    for handle in handles:
        handle.remove()
    return shares
