"""The block of the batch: which part of it a set fills."""

from math import prod

import pytest

from normstudy.worked_example.cubes import corners, cubes_alt, cubes_figure
from normstudy.worked_example.definition import DEFINITIONS, shared_sets


@pytest.mark.parametrize("kind", DEFINITIONS)
def test_a_set_fills_a_block_of_its_own(kind):
    for shared in shared_sets(kind):
        low, high = corners(shared)
        assert prod(end - start for start, end in zip(low, high, strict=True)) == len(shared.members)


def test_each_normalization_is_drawn_and_told():
    figure = cubes_figure()
    assert [axes.get_title() for axes in figure.axes] == ["BN", "LN", "GN", "IN", "LN2d"]
    hull, front, top, side, lines = figure.axes[0].patches  # of BN
    assert len(hull.get_path()) == 2 * (2 * 5 + 5 + 4 + 4 + 5)
    assert len(lines.get_path()) == 2 * (2 + 5 + 2 + 4 + 4 + 5)
    assert len({face.get_facecolor() for face in (front, top, side)}) == 3
    assert "BN: 3 × 1 × 4; LN: 1 × 4 × 4" in cubes_alt()
