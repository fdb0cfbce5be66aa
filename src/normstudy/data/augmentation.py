"""Random rotation, shift and scale of whole batches of images."""

from __future__ import annotations

import math
from functools import cache

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
    return warp(images, affine_maps(draws, rotation, shift, scale, images.shape[2:]))


def affine_maps(draws: Tensor, rotation: float, shift: float, scale: float, size: tuple[int, int]) -> Tensor:
    """For each image the map (n, 2, 3) from a target position to where in the source to look, both in [-1, 1].

    The limits are those of `augment`; `size`: height and width in pixels.
    """
    height, width = size
    angle = draws[:, 0] * math.radians(rotation)
    resized = 1 + draws[:, 1] * scale
    cos, sin = torch.cos(angle) / resized, torch.sin(angle) / resized
    x, y = draws[:, 2] * (2 * shift / width), draws[:, 3] * (2 * shift / height)
    return torch.stack([cos, -sin, x, sin, cos, y], dim=1).view(-1, 2, 3)


def warp(images: Tensor, maps: Tensor) -> Tensor:
    """`images` (n, 1, h, w) seen through `maps` (n, 2, 3), bilinearly; outside the image there is 0."""
    n, _, height, width = images.shape
    # One matrix product over all positions, x and y each in a plane of its own: a fraction of F.affine_grid's time.
    planes = maps.reshape(-1, 3) @ _positions(height, width, images.device)
    grid = planes.view(n, 2, height, width).permute(0, 2, 3, 1)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def strength(epoch: int, epochs: int, fade: float) -> float:
    """Share of the full augmentation in `epoch` (1 … epochs): 1, then falling to 0 over the last `fade` of them."""
    if fade == 0:
        return 1.0
    return min(1.0, (epochs - epoch) / (fade * epochs))


@cache
def _positions(height: int, width: int, device: torch.device) -> Tensor:
    """Homogeneous coordinates (3, h·w) of the pixel centres, row by row."""
    y = (torch.arange(height, device=device) * 2 + 1) / height - 1
    x = (torch.arange(width, device=device) * 2 + 1) / width - 1
    rows, columns = torch.meshgrid(y, x, indexing="ij")
    return torch.stack([columns, rows, torch.ones_like(rows)]).reshape(3, -1)
