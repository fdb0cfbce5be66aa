"""Normalization layers that `torch.nn` lacks."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class LayerNorm2d(nn.LayerNorm):
    """One mean and variance over the channels at each position of (N, C, H, W) (Liu et al. 2022, arXiv:2201.03545)."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) normalized, of the same shape."""
        # In plain arithmetic: F.layer_norm wants the channels last, and the two copies take longer than all of this.
        variance, mean = torch.var_mean(x, dim=1, keepdim=True, correction=0)
        scale = self.weight.view(-1, 1, 1) * torch.rsqrt(variance + self.eps)
        return (x - mean) * scale + self.bias.view(-1, 1, 1)


class SubBatchNorm2d(nn.BatchNorm2d):
    """Batch normalization in which `statistics_batch` images share their statistics ("ghost batches").

    In training, a batch of N images is parted into as many sub-batches of that size as it has; what is left over
    is one more, smaller one. Each is normalized by its own mean and variance (Hoffer et al. 2017, arXiv:1705.08741).
    The running statistics are updated once per batch, with the mean over its images of the sub-batches' means and
    unbiased variances: what data-parallel workers with so many images each would keep between them.
    In evaluation it is batch normalization.
    """

    def __init__(self, channels: int, statistics_batch: int):
        super().__init__(channels)
        self.statistics_batch = statistics_batch

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) normalized, of the same shape."""
        if not self.training:
            return super().forward(x)
        whole = len(x) - len(x) % self.statistics_batch
        parts = [part for part in (x[:whole], x[whole:]) if len(part)]
        done = [self._normalized(part, min(len(part), self.statistics_batch)) for part in parts]
        with torch.no_grad():
            for running, position in ((self.running_mean, 1), (self.running_var, 2)):
                share = [len(part) / len(x) for part in parts]
                now = sum(weight * each[position] for weight, each in zip(share, done, strict=True))
                running.lerp_(now, self.momentum)
            self.num_batches_tracked.add_(1)
        return torch.cat([each[0] for each in done])

    def _normalized(self, x: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
        """`x` in sub-batches of `size`, which divides its length; with the mean of their means and their variances."""
        # Image i of every sub-batch lies side by side, as channels: a view, where any other parting would be a copy.
        count = len(x) // size
        means, variances = (each.new_zeros(count * self.num_features) for each in (self.running_mean, self.running_var))
        y = F.batch_norm(
            x.reshape(size, count * self.num_features, *x.shape[2:]),
            means,
            variances,
            self.weight.repeat(count),
            self.bias.repeat(count),
            training=True,
            momentum=1.0,
            eps=self.eps,
        )
        return y.view(x.shape), *(each.view(count, self.num_features).mean(0) for each in (means, variances))
