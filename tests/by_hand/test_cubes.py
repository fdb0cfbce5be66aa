"""The block of the batch: which part of it a set fills."""

from math import prod

import pytest

from normstudy.by_hand.cubes import corners, cubes_alt, cubes_figure
from normstudy.by_hand.definition import DEFINITIONS, shared_sets


@pytest.mark.parametrize("kind", DEFINITIONS)
def test_a_set_fills_a_block_of_its_own(kind):
    for shared in shared_sets(kind):
        low, high = corners(shared)
        assert prod(end - start for start, end in zip(low, high, strict=True)) == len(shared.members)


def test_each_normalization_is_drawn_and_told():
    figure = cubes_figure()
    assert [axes.get_title() for axes in figure.axes] == ["BN", "LN", "GN", "IN", "LN2d"]
    # The faces that one sees of the whole block of 3 × 4 × 4, and of BN's solid 3 × 1 × 4.
    assert len(figure.axes[0].patches) == 4 * 4 + 3 * 4 + 3 * 4 + 4 + 3 + 3 * 4
    assert "BN: 3 × 1 × 4; LN: 1 × 4 × 4" in cubes_alt()
