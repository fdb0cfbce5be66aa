"""What people get wrong about normalization, on the example: small sets, order of layers, the two variances."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

from normstudy.model import make_norm
from normstudy.worked_example.definition import DEFINITIONS, GROUPS, IMAGES, normalize
from normstudy.worked_example.exact import rounded, unbroken
from normstudy.worked_example.sets import NAMES

LEVEL = 3
"""Subtracted from the example's values, so that some are negative, as the outputs of a convolution are."""


@dataclass(frozen=True)
class Answer:
    """The output of a layer in training, or its error message."""

    output: Tensor | None
    error: str

    def __str__(self) -> str:
        if self.output is None:
            return "error"
        sizes = sorted({rounded(abs(value), 2) for value in self.output.flatten().tolist()})
        if len(sizes) == 1:
            return f"only ±{sizes[0]}" if float(sizes[0]) else sizes[0]
        return unbroken(f"{rounded(self.output.min().item(), 2)} to {rounded(self.output.max().item(), 2)}")


@torch.no_grad()
def answer(kind: str, x: Tensor) -> Answer:
    """What the layer of `kind`, in training, makes of x (N, C, H, W)."""
    try:
        return Answer(make_norm(kind, x.shape[1], GROUPS).double()(x), "")
    except ValueError as error:
        return Answer(None, str(error))


def small_batches() -> dict[str, Tensor]:
    """The example's first images, and the same with each channel replaced by its mean over positions."""
    x = IMAGES.double()
    flat = x.mean(dim=(2, 3), keepdim=True)
    _, _, height, width = x.shape
    return {
        f"1 image, {height} × {width}": x[:1],
        "1 image, 1 × 1": flat[:1],
        "2 images, 1 × 1": flat[:2],
        "3 images, 1 × 1": flat,
    }


def small_batches_table() -> pd.DataFrame:
    """x̂ in training: a row per normalization, a column per batch."""
    return pd.DataFrame(
        {"norm": NAMES[kind]} | {name: str(answer(kind, x)) for name, x in small_batches().items()}
        for kind in DEFINITIONS
    )


def orders() -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """What goes into BN and what leaves both layers, in either order, of the example less `LEVEL`."""
    x = IMAGES.double() - LEVEL
    cut = x.relu()
    return (
        {"BN, then ReLU: into BN": x, "BN, then ReLU: out": normalize(x, "bn").relu()},
        {"ReLU, then BN: into BN": cut, "ReLU, then BN: out": normalize(cut, "bn")},
    )


def order_table() -> pd.DataFrame:
    """A row per place: range, mean, standard deviation and share of zeros."""
    return pd.DataFrame(
        {
            "place": name,
            "values": unbroken(f"{rounded(each.min().item(), 2)} to {rounded(each.max().item(), 2)}"),
            "mean": rounded(each.mean().item(), 2),
            "std": rounded(each.std(correction=0).item(), 2),
            "zeros (%)": rounded(100 * (each == 0).double().mean().item(), 0),
        }
        for order in orders()
        for name, each in order.items()
    )


def unbiased_factor(size: int) -> float:
    """√((m − 1)/m): x̂ with the unbiased variance of a set of `size` values, divided by x̂."""
    return ((size - 1) / size) ** 0.5


def unbiased_gap() -> float:
    """How far a value of the example moves at most when BN uses the unbiased variance."""
    x = IMAGES.double()
    variance, mean = torch.var_mean(x, dim=(0, 2, 3), keepdim=True, correction=1)
    return (normalize(x, "bn", eps=0.0) - (x - mean) / variance.sqrt()).abs().max().item()
