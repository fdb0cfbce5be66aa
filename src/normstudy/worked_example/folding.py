"""BN at test time as part of the convolution before it: an identity, on a few integers and in a trained network."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from normstudy.model import Net
from normstudy.report import markup
from normstudy.report.markup import escape
from normstudy.report.wording import counted, scientific
from normstudy.runs.folder import FinishedRun
from normstudy.runs.networks import trained_net
from normstudy.worked_example.exact import text, together
from normstudy.worked_example.networks import kept_images, with_network

IMAGE = ((3, 0, 2, 1), (1, 4, 0, 2), (5, 1, 3, 0), (2, 2, 1, 4))
"""Of one channel, integers of our own."""


@dataclass(frozen=True)
class Filter:
    """A 2x2 convolution of one channel to one, with BN's running statistics of what it makes, and γ and β."""

    weights: tuple[tuple[Fraction, ...], ...]
    bias: Fraction
    mean: Fraction
    std: Fraction
    gamma: Fraction
    beta: Fraction

    def convolved(self, row: int, column: int) -> Fraction:
        """Σ w x + b at one position."""
        return self.bias + sum(
            weight * IMAGE[row + r][column + c] for r, line in enumerate(self.weights) for c, weight in enumerate(line)
        )

    def normalized(self, row: int, column: int) -> Fraction:
        """γ (Σ w x + b - μ) / σ + β."""
        return self.gamma * (self.convolved(row, column) - self.mean) / self.std + self.beta

    def folded(self) -> Filter:
        """The same with weights γ/σ · w and bias β + γ/σ · (b - μ), and nothing left to normalize."""
        scale = self.gamma / self.std
        weights = tuple(tuple(scale * weight for weight in line) for line in self.weights)
        bias = self.beta + scale * (self.bias - self.mean)
        return Filter(weights, bias, Fraction(0), Fraction(1), Fraction(1), Fraction(0))


def _filter(weights: tuple[tuple[int, ...], ...], *others: int | Fraction) -> Filter:
    return Filter(tuple(tuple(map(Fraction, line)) for line in weights), Fraction(0), *map(Fraction, others))


FILTERS = (_filter(((1, -1), (2, 0)), 3, 2, 4, 1), _filter(((0, 3), (-1, 1)), 2, 5, Fraction(1, 2), -1))
"""Weights, running mean, σ of the running variance, γ and β; no bias, as in the networks."""

POSITIONS = tuple((row, column) for row in range(len(IMAGE) - 1) for column in range(len(IMAGE[0]) - 1))


def section(runs: Sequence[FinishedRun]) -> str:
    """What folding is, `@tbl-by-hand-folded`, and what it does to a network of `runs` that has BN."""
    image = "; ".join(", ".join(map(str, line)) for line in IMAGE)
    return (
        "At test time BN multiplies each channel by a constant and adds another. So does a convolution with its "
        "weights and its bias, and the two can be one:\n\n"
        "$$\n\\gamma\\, \\frac{(w * x + b) - \\mu_{\\text{run}}}{\\sigma_{\\text{run}}} + \\beta = "
        "\\Bigl(\\frac{\\gamma}{\\sigma_{\\text{run}}}\\, w\\Bigr) * x + \\Bigl(\\beta + "
        "\\frac{\\gamma}{\\sigma_{\\text{run}}} (b - \\mu_{\\text{run}})\\Bigr),\n\\qquad \\sigma_{\\text{run}} = "
        "\\sqrt{\\sigma^2_{\\text{run}} + \\varepsilon} .\n$$\n\n"
        f"@tbl-by-hand-folded does it with two filters of 2 × 2 weights on an image of {len(IMAGE)} × {len(IMAGE[0])} "
        f"integers ({image}, row by row). {_identity()} LN, GN and IN cannot be folded: what they divide by is known "
        f"only when the image is there. {in_networks(runs)}\n\n"
        + markup.table("by-hand-folded", folded_table(), _caption())
    )


def largest_gap() -> Fraction:
    """Between both sides of the identity, over all filters and positions of the example."""
    return max(abs(each.normalized(*at) - each.folded().convolved(*at)) for each in FILTERS for at in POSITIONS)


def _identity() -> str:
    count = len(FILTERS) * len(POSITIONS)
    gap = largest_gap()
    equal = "all are equal, exactly" if not gap else f"they differ by up to {text(gap)}"
    return f"Of the {count} outputs both ways, in fractions, {equal}."


def _caption() -> str:
    return (
        "BN with running statistics, folded into the convolution before it. Weights are read row by row; the outputs "
        "are those at the image’s first position, and the folded filter’s is the one with BN."
    )


def folded_table() -> pd.DataFrame:
    """A column per filter: what it was, what it became, and its first output both ways."""
    columns = {}
    for number, each in enumerate(FILTERS, start=1):
        new, scale = each.folded(), each.gamma / each.std
        before = each.convolved(0, 0)
        columns[f"filter {number}"] = {
            "weights w": _weights(each),
            "μ, σ (running)": f"{text(each.mean)}, {text(each.std)}",
            "γ, β": f"{text(each.gamma)}, {text(each.beta)}",
            "γ/σ": text(scale),
            "folded weights": _weights(new),
            "folded bias": text(new.bias),
            "w ∗ x, then BN": f"{text(before)}, then {text(each.normalized(0, 0))}",
            "folded": text(new.convolved(0, 0)),
        }
    frame = pd.DataFrame(columns).rename_axis("quantity").reset_index()
    return frame.map(together)


def _weights(each: Filter) -> str:
    return "; ".join(", ".join(map(text, line)) for line in each.weights)


def in_networks(runs: Sequence[FinishedRun]) -> str:
    """How far the scores of the network with BN move when all its normalizations are folded; nothing without one."""
    sentences = []
    for name, run in with_network(runs, ours_alone=True).items():
        if run.config.norm != "bn":
            continue
        net, images = trained_net(run), kept_images([run])
        folded = folded_net(net)
        with torch.no_grad():
            scores, others = net(images), folded(images)
        moved = int((scores.argmax(dim=1) != others.argmax(dim=1)).sum())
        sentences.append(
            f"In {escape(name)} (seed {run.config.seed}) folding makes {_size(net):,} kept numbers {_size(folded):,}. "
            f"On {counted(len(images), 'image')} that it misclassified, the class scores, whose size is up to "
            f"{scores.abs().max().item():.1f}, differ by {scientific((scores - others).abs().max().item())} at most, "
            f"rounding in 32-bit numbers, and {moved or 'none'} of its answers {'is' if moved < 2 else 'are'} another."
        )
    return " ".join(sentences)


def folded_net(net: Net) -> Net:
    """A copy of `net`, which has BN and is in eval mode, with each normalization folded into its convolution."""
    found = copy.deepcopy(net).eval()
    layers = list(found.features)
    for at, layer in enumerate(layers):
        if isinstance(layer, nn.BatchNorm2d):
            layers[at - 1 : at + 1] = [fuse_conv_bn_eval(layers[at - 1], layer), nn.Identity()]
    found.features = nn.Sequential(*layers)
    return found


def _size(net: nn.Module) -> int:
    """The numbers that a network keeps, without counts."""
    kept: list[Tensor] = [*net.parameters(), *net.buffers()]
    return sum(values.numel() for values in kept if values.is_floating_point())
