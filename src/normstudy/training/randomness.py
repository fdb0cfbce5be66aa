"""All randomness of a run, derived from (seed, epoch, purpose)."""

import zlib

import numpy as np
import torch


def seed_of(seed: int, epoch: int, purpose: str) -> int:
    """64 bits that depend on the arguments alone.

    Nothing about the model goes in: two runs of one seed see the same batches and augmentations
    whatever their normalization (they are paired), and a run can go on from any epoch.
    """
    words = np.random.SeedSequence([seed, epoch, zlib.crc32(purpose.encode())]).generate_state(2, np.uint32)
    return int(words[0]) << 32 | int(words[1])


def generator(seed: int, epoch: int, purpose: str) -> torch.Generator:
    """A generator that begins from `seed_of`; always on the CPU, so that a GPU sees the same draws."""
    return torch.Generator().manual_seed(seed_of(seed, epoch, purpose))
