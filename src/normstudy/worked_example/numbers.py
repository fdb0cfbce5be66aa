"""The numbers that the prose of the worked example mentions."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from normstudy.report.wording import rounded
from normstudy.worked_example.comparison import properties
from normstudy.worked_example.definition import BETA, GAMMA, GROUPS, IMAGES, set_of
from normstudy.worked_example.exact import text
from normstudy.worked_example.l1 import PENALTY, RATE, l1_autograd, l1_penalty
from normstudy.worked_example.running import MOMENTUM


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
        momentum=text(MOMENTUM),
        batch_values=len(set_of("bn", (0, 0, 0, 0)).members),
        batch_change=rounded(bn["batch_change"]),
        penalty=text(PENALTY),
        rate=text(RATE),
        l1_by_hand=text(l1_penalty()),
        l1_by_autograd=rounded(l1_autograd()[0], 4),
    )
