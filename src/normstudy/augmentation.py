"""Random rotation, shift and scale of whole batches of images."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def draw(count: int, generator: torch.Generator) -> Tensor:
    """Random numbers (count, 4), uniform in [-1, 1): how far each image is turned, resized, moved in x and in y."""
    return torch.rand(count, 4, generator=generator).mul_(2).sub_(1)


def augment(images: Tensor, draws: Tensor, rotation: float, shift: float, scale: float) -> Tensor:
    """Turn, resize and move `images` (n, 1, h, w) as `draws` (n, 4) say, bilinearly.

    At most `rotation` degrees, `shift` pixels and a fraction `scale` of the size, either way. What
    comes in from outside the image is 0, the background, so this goes before any standardisation.
    """
    n, _, height, width = images.shape
    angle = draws[:, 0] * math.radians(rotation)
    size = 1 + draws[:, 1] * scale
    cos, sin = torch.cos(angle) / size, torch.sin(angle) / size
    x, y = draws[:, 2] * (2 * shift / width), draws[:, 3] * (2 * shift / height)
    # The inverse map: for each target position (in [-1, 1]), where in the source to look.
    theta = torch.stack([cos, -sin, x, sin, cos, y], dim=1).view(n, 2, 3)
    # One matrix product over all positions takes a quarter of the time of F.affine_grid.
    grid = (theta @ _positions(height, width, images.device)).transpose(1, 2).reshape(n, height, width, 2)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def strength(epoch: int, epochs: int, fade: float) -> float:
    """Share of the full augmentation in `epoch` (1 … epochs): 1, then falling to 0 over the last `fade` of them."""
    if fade == 0:
        return 1.0
    return min(1.0, (epochs - epoch) / (fade * epochs))


def _positions(height: int, width: int, device: torch.device) -> Tensor:
    """Homogeneous coordinates (3, h·w) of the pixel centres, row by row."""
    y = (torch.arange(height, device=device) * 2 + 1) / height - 1
    x = (torch.arange(width, device=device) * 2 + 1) / width - 1
    rows, columns = torch.meshgrid(y, x, indexing="ij")
    return torch.stack([columns, rows, torch.ones_like(rows)]).reshape(3, -1)
