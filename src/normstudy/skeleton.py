"""The convolutions of a network, as a line of text: `5x5/2, 3x3 padded, 3x3 and 2x2 pool`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from normstudy.errors import NormstudyError

LARGEST = 31
"""Pixels of a kernel, stride or pool at most."""

PART = re.compile(
    r"(?P<kernel>\d+)x(?P=kernel)(?:/(?P<stride>\d+))?(?P<padded> padded)?(?: and (?P<pool>\d+)x(?P=pool) pool)?"
)


class SkeletonError(NormstudyError, ValueError):
    """A text describes no network."""


@dataclass(frozen=True)
class Block:
    """Convolution, normalization, ReLU; then, with `pool` above 1, the maximum of each `pool` x `pool` positions."""

    kernel: int
    stride: int = 1
    padding: int = 0
    pool: int = 1

    def positions(self, size: int) -> int:
        """Along an edge of `size` positions, how many there are afterwards; below 1 where there is no room."""
        return ((size + 2 * self.padding - self.kernel) // self.stride + 1) // self.pool


def parse_skeleton(text: str) -> tuple[Block, ...]:
    """The blocks that `text` describes, as `describe_skeleton` writes them. Raises `SkeletonError`.

    Kernels are parted by commas; a stride above 1 stands behind a slash; `padded` keeps the size (at stride 1).
    """
    return tuple(_block(part) for part in text.split(","))


def _block(part: str) -> Block:
    found = PART.fullmatch(" ".join(part.split()))
    if not found:
        raise SkeletonError(
            f"{part.strip()!r} is no convolution such as `3x3`, `5x5/2`, `3x3 padded` or `3x3 and 2x2 pool`"
        )
    kernel, stride, pool = (int(found[name] or 1) for name in ("kernel", "stride", "pool"))
    if not all(1 <= size <= LARGEST for size in (kernel, stride, pool)):
        raise SkeletonError(f"{part.strip()!r}: sizes are at least 1 and at most {LARGEST}")
    if found["padded"] and kernel % 2 == 0:
        raise SkeletonError(f"{part.strip()!r}: only kernels of odd size can be padded evenly")
    return Block(kernel, stride, kernel // 2 if found["padded"] else 0, pool)


def describe_skeleton(skeleton: tuple[Block, ...]) -> str:
    """`5x5/3, 3x3 padded, 3x3`: kernels, with the stride behind a slash where it is above 1."""
    return ", ".join(
        f"{block.kernel}x{block.kernel}"
        + (f"/{block.stride}" if block.stride > 1 else "")
        + (" padded" if block.padding else "")
        + (f" and {block.pool}x{block.pool} pool" if block.pool > 1 else "")
        for block in skeleton
    )


def deepened(skeleton: tuple[Block, ...], depth: int) -> tuple[Block, ...]:
    """`skeleton` with `depth` further blocks behind its first: 3x3, padded, so that all other sizes stay."""
    return (*skeleton[:1], *[Block(3, padding=1)] * depth, *skeleton[1:])


def edges(skeleton: tuple[Block, ...], size: int) -> list[int]:
    """Positions along an edge after each block, for images of `size` x `size` pixels; below 1 where nothing is left."""
    found = []
    for block in skeleton:
        size = block.positions(size)
        found.append(size)
        if size < 1:
            break
    return found
