"""The batches of an epoch: every training image once, augmented and standardised."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from normstudy.config import Config
from normstudy.data.augmentation import affine_maps, draw, strength, warp
from normstudy.data.loading import Data, Split
from normstudy.training.randomness import generator


class Batches:
    """The training images of `data` on `device`, in batches as `config` says."""

    def __init__(self, config: Config, data: Data, device: torch.device):
        self.config, self.data = config, data
        self.train: Split = data.train.to(device)
        self.steps = math.ceil(len(data.train) / config.batch_size)
        """Batches of an epoch; the last may be smaller."""

    def of(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Images (n, c, h, w) and labels (n,) of each batch of `epoch` (1 …), in an order of its own."""
        config, train = self.config, self.train
        device = train.images.device
        order_seed = config.seed if config.seed_order is None else config.seed_order
        augmentation_seed = config.seed if config.seed_augmentation is None else config.seed_augmentation
        order = torch.randperm(len(train), generator=generator(order_seed, epoch, "order")).to(device)
        draws = draw(len(train), generator(augmentation_seed, epoch, "augmentation")).to(device)
        share = strength(epoch, config.epochs, config.fade)
        limits = [share * limit for limit in (config.rotation, config.shift, config.scale)]
        maps = affine_maps(draws, *limits, train.images.shape[2:])
        labels = train.labels[order]
        # On a GPU the launches cost, and one warp serves the epoch; on a CPU leaving the cache does.
        chunk = len(train) if device.type == "cuda" else config.batch_size
        for rows, chunk_maps, chunk_labels in zip(*(each.split(chunk) for each in (order, maps, labels)), strict=True):
            # Many times faster than indexing with `rows`.
            images = train.images.index_select(0, rows).float().div_(255)
            images = self.data.standardise_(warp(images, chunk_maps))
            yield from zip(images.split(config.batch_size), chunk_labels.split(config.batch_size), strict=True)
