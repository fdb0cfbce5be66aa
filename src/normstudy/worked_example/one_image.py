"""What the layers do where a set has few values: one image, or one position."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

from normstudy.model import make_norm
from normstudy.report import markup
from normstudy.report.wording import rounded
from normstudy.worked_example.definition import DEFINITIONS, GROUPS, IMAGES
from normstudy.worked_example.exact import together


@dataclass(frozen=True)
class Answer:
    """What a layer in training makes of a batch: its output, or why it refuses."""

    output: Tensor | None
    refusal: str

    def __str__(self) -> str:
        if self.output is None:
            return "refused"
        sizes = sorted({rounded(abs(value), 2) for value in self.output.flatten().tolist()})
        if len(sizes) == 1:
            return sizes[0] if not float(sizes[0]) else f"only ±{sizes[0]}"
        return together(f"{rounded(self.output.min().item(), 2)} to {rounded(self.output.max().item(), 2)}")


def batches() -> dict[str, Tensor]:
    """The example's first images, whole and with the mean of each channel in the place of its positions."""
    x = IMAGES.double()
    flat = x.mean(dim=(2, 3), keepdim=True)
    _, _, height, width = x.shape
    return {
        f"1 image, {height} × {width}": x[:1],
        "1 image, 1 × 1": flat[:1],
        "2 images, 1 × 1": flat[:2],
        "3 images, 1 × 1": flat,
    }


@torch.no_grad()
def asked(kind: str, x: Tensor) -> Answer:
    """The layer of `kind`, in training, given x (N, C, H, W)."""
    try:
        return Answer(make_norm(kind, x.shape[1], GROUPS).double()(x), "")
    except ValueError as error:
        return Answer(None, str(error))


def in_words() -> str:
    """What becomes of BN."""
    whole, one, two, _ = (asked("bn", x) for x in batches().values())
    instance = asked("in", batches()[next(iter(batches()))])
    gap = (whole.output - instance.output).abs().max().item()
    refusal = one.refusal.partition(",")[0].rstrip(".")
    return (
        "With one image its sets are those of IN (@sec-by-hand-test), and so is its output, with a difference of "
        f"{gap:g}. Where the image has one position left, as behind a mean over positions, a set has one value, which "
        f"is its own mean: {f'`nn.BatchNorm2d` refuses (“{refusal}”)' if one.refusal else 'the output is β'}. With two "
        f"images there the output says which of two values is the larger and nothing else: {two}, whatever they are "
        "(@tbl-by-hand-one-image). The same befalls any normalization whose sets are that small."
    )


def table() -> str:
    """`@tbl-by-hand-one-image`."""
    caption = (
        f"$\\hat{{x}}$ in training, of batches made of the example’s images; GN with {GROUPS} groups. At 1 × 1 each "
        "channel has its mean over the positions."
    )
    return markup.table("by-hand-one-image", one_image_table(), caption)


def one_image_table() -> pd.DataFrame:
    """A row per normalization, a column per batch."""
    return pd.DataFrame(
        {"kind": {"ln2d": "LN2d"}.get(kind, kind.upper())}
        | {name: str(asked(kind, x)) for name, x in batches().items()}
        for kind in DEFINITIONS
    )
