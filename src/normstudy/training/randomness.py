"""All randomness of a run, derived from (seed, epoch, purpose)."""

import zlib

import numpy as np
import torch


def generator(seed: int, epoch: int, purpose: str) -> torch.Generator:
    """A CPU generator that depends on its arguments alone.

    Nothing about the model goes in: two runs of one seed see the same batches and augmentations
    whatever their normalization (they are paired), and a run can go on from any epoch. Always on
    the CPU, so that a GPU sees the same draws.
    """
    words = np.random.SeedSequence([seed, epoch, zlib.crc32(purpose.encode())]).generate_state(2, np.uint32)
    return torch.Generator().manual_seed(int(words[0]) << 32 | int(words[1]))
