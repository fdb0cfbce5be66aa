"""The numbers that the prose of the worked example mentions."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import nn

from normstudy.by_hand.comparison import properties
from normstudy.by_hand.definition import BETA, GAMMA, GROUPS, IMAGES, set_of
from normstudy.by_hand.exact import text
from normstudy.by_hand.l1 import PENALTY, RATE, l1_autograd, l1_penalty
from normstudy.by_hand.running import MOMENTUM
from normstudy.model import Net, make_norm
from normstudy.report.wording import rounded


@dataclass(frozen=True)
class Numbers:
    """Counts as integers, all other numbers as text."""

    images: int
    channels: int
    height: int
    width: int
    groups: int
    step: str  # every mean and standard deviation is a multiple of it
    gamma: str  # of channel 1
    beta: str
    learned: int  # γ and β of one layer of the example
    learned_per_channel: int  # γ and β of the networks' first layer
    learned_per_position: int  # as many as nn.LayerNorm would have there
    momentum: str
    batch_values: int  # m of BN, in the example
    batch_change: str  # of image 1, when the other images are left out
    penalty: str  # λ
    rate: str
    l1_by_hand: str
    l1_by_autograd: str


def in_prose() -> Numbers:
    """All of them, computed."""
    images, channels, height, width = IMAGES.shape
    bn = properties().set_index("normalization").loc["bn"]
    per_channel, per_position = _layer_norm_parameters()
    return Numbers(
        images=images,
        channels=channels,
        height=height,
        width=width,
        groups=GROUPS,
        step=text(Fraction(1, 2)),
        gamma=text(GAMMA[0]),
        beta=text(BETA[0]),
        learned=int(bn["parameters"]),
        learned_per_channel=per_channel,
        learned_per_position=per_position,
        momentum=text(MOMENTUM),
        batch_values=len(set_of("bn", (0, 0, 0, 0)).members),
        batch_change=rounded(bn["batch_change"]),
        penalty=text(PENALTY),
        rate=text(RATE),
        l1_by_hand=text(l1_penalty()),
        l1_by_autograd=rounded(l1_autograd()[0], 4),
    )


def _layer_norm_parameters() -> tuple[int, int]:
    """γ and β of the networks' first normalization: one pair per channel, as they have, and one per position, too."""
    shapes: list[torch.Size] = []
    network = Net("ln")
    for layer in network.modules():
        if isinstance(layer, nn.GroupNorm):
            layer.register_forward_hook(lambda _layer, inputs, _output: shapes.append(inputs[0].shape[1:]))
    with torch.no_grad():
        network(torch.zeros(1, 1, 28, 28))
    first = shapes[0]  # (C, H, W)
    layers = (make_norm("ln", first[0]), nn.LayerNorm(first))
    per_channel, per_position = (sum(each.numel() for each in layer.parameters()) for layer in layers)
    return per_channel, per_position
