"""How long a run will take on this machine."""

from __future__ import annotations

import time

import torch

from normstudy.config import Config, training_images
from normstudy.data import Data, Split
from normstudy.training import fit

PROBE_BATCHES = 12


def estimate_seconds(config: Config) -> float:
    """Seconds that the training of `config`, resolved, will take: extrapolated from a few steps on random images."""
    count = min(training_images(config), PROBE_BATCHES * config.batch_size)
    images = torch.randint(0, 256, (count, 1, 28, 28), dtype=torch.uint8)
    split = Split(images, torch.arange(count) % 10, torch.arange(count))
    data = Data(split, split[torch.arange(min(count, 64))], 0.13, 0.31)
    probe = config.model_copy(update={"epochs": 2})
    start = time.perf_counter()
    history = fit(probe, data).history
    # The second epoch is the warm one; a run that diverges on noise has neither.
    seconds = history[-1]["seconds"] if history else time.perf_counter() - start
    return seconds * config.epochs * training_images(config) / count
