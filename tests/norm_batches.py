"""Batches of any small shape, and layers of torch.nn with given scale and shift, for the normalizations by hand."""

import torch
from hypothesis import strategies as st
from torch import nn

from normstudy.worked_example.definition import NORMALIZATIONS

KINDS = tuple(NORMALIZATIONS)
SETS = {"bn": 4, "ln": 3, "gn": 6, "in": 12}
"""Of the example."""


@st.composite
def batches(draw):
    """(x, groups, γ, β): any small shape with more than one value per image and channel, groups dividing C."""
    n, groups, per_group = (draw(st.integers(1, 4)) for _ in range(3))
    height, width = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)).filter(lambda size: size[0] * size[1] > 1))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    channels = groups * per_group

    def numbers(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    return 3 * numbers(n, channels, height, width) + 2, groups, numbers(channels), numbers(channels)


def filled(layer: nn.Module, gamma, beta) -> nn.Module:
    layer = layer.double()
    with torch.no_grad():
        layer.weight.copy_(gamma)
        layer.bias.copy_(beta)
    return layer
