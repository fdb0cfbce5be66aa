"""What each layer sees of an image and what it computes, counted from shapes: the same whatever the normalization.

Receptive fields follow Araujo, Norris & Sim (2019, doi:10.23915/distill.00021): a kernel of k positions that lie
j pixels apart adds (k - 1) j pixels to what its inputs see.
"""

from __future__ import annotations

from dataclasses import dataclass

from normstudy.config import Config, image_facts
from normstudy.skeleton import deepened, parse_skeleton


@dataclass(frozen=True)
class LayerCount:
    """Of a convolution, a pool, or the linear layer behind the mean over positions.

    `field`: pixels along an edge of what one of its outputs sees of the image; `outputs`: numbers for one image;
    `multiply_adds`: for one image, of the products with weights alone (biases, comparisons and means are no products).
    """

    field: int
    outputs: int
    multiply_adds: int


def counts(config: Config) -> list[LayerCount]:
    """One for each convolution, for each pool behind one, and for the linear layer, in the order data meets them.

    Padding is no part of an image, but what a convolution sees at the image's edge is counted as elsewhere; the linear
    layer sees no more than the image.
    """
    inputs, _, size = image_facts(config).shape
    first, apart, field = 0, 1, 1  # where the first output's field begins, how far two fields lie apart, their edge
    edge, found = size, []
    for block in deepened(parse_skeleton(config.skeleton), config.depth):
        first -= block.padding * apart
        field += (block.kernel - 1) * apart
        apart *= block.stride
        edge_before_pool = (edge + 2 * block.padding - block.kernel) // block.stride + 1
        values = config.channels * edge_before_pool**2
        found.append(LayerCount(field, values, values * inputs * block.kernel**2))
        inputs, edge = config.channels, edge_before_pool // block.pool
        if block.pool > 1:
            field += (block.pool - 1) * apart
            apart *= block.pool
            found.append(LayerCount(field, config.channels * edge**2, 0))
    last = first + (edge - 1) * apart + field
    seen = min(last, size) - max(first, 0)
    classes = len(image_facts(config).classes)
    return [*found, LayerCount(seen, classes, config.channels * classes)]
