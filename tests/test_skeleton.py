"""The convolutions as a line of text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normstudy.skeleton import Block, SkeletonError, deepened, describe_skeleton, edges, parse_skeleton


def test_a_line_is_read_as_blocks():
    assert parse_skeleton("5x5/2, 3x3 padded and 2x2 pool,3x3") == (
        Block(5, stride=2),
        Block(3, padding=1, pool=2),
        Block(3),
    )
    assert parse_skeleton(" 7x7/3 padded ") == (Block(7, stride=3, padding=3),)


BLOCKS = st.builds(
    lambda kernel, stride, padded, pool: Block(kernel, stride, kernel // 2 if padded and kernel % 2 else 0, pool),
    *(st.integers(1, 31), st.integers(1, 31), st.booleans(), st.integers(1, 31)),
).filter(lambda block: block.kernel > 1)


@given(st.lists(BLOCKS, min_size=1, max_size=6).map(tuple))
def test_what_is_described_is_read_as_the_same(skeleton):
    assert parse_skeleton(describe_skeleton(skeleton)) == skeleton


@pytest.mark.parametrize("text", ["", "3", "3x5", "3x3;3x3", "3x3,", "0x0", "32x32", "3x3/0", "2x2 padded", "3x3 pool"])
def test_what_is_no_network_is_refused(text):
    with pytest.raises(SkeletonError, match=r"no convolution|sizes are|odd"):
        parse_skeleton(text)


def test_a_deeper_one_has_padded_blocks_behind_its_first():
    assert deepened(parse_skeleton("5x5/3, 3x3"), 2) == parse_skeleton("5x5/3, 3x3 padded, 3x3 padded, 3x3")
    assert deepened(parse_skeleton("5x5/3, 3x3"), 0) == parse_skeleton("5x5/3, 3x3")


def test_whether_anything_is_left_of_an_image():
    assert edges(parse_skeleton("5x5/2, 3x3, 3x3, 3x3"), 28) == [12, 10, 8, 6]
    assert edges(parse_skeleton("3x3 padded, 28x28"), 28) == [28, 1]
    assert edges(parse_skeleton("29x29, 3x3"), 28) == [0]
    assert edges(parse_skeleton("5x5/2, 3x3 and 11x11 pool"), 28) == [12, 0]
