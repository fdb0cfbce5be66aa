"""What one network says of images, and what each of its normalizations does to them on the way."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from normstudy.layers import LayerNorm2d
from normstudy.model import Net
from normstudy.training.networks import normalizations_of


@dataclass(frozen=True)
class Normalized:
    """The activations (n, c, h, w) `before` and `after` a normalization, with the `mean` and `variance` of each value.

    The latter two have the shape of the activations, and are None where nothing is normalized.
    """

    before: Tensor
    after: Tensor
    mean: Tensor | None
    variance: Tensor | None


@dataclass(frozen=True)
class Look:
    """`scores` (n, classes) of images, and what the normalizations did, in order."""

    scores: Tensor
    normalizations: list[Normalized]

    @property
    def probabilities(self) -> Tensor:
        """(n, classes), softmax of the scores."""
        return self.scores.softmax(dim=1)


@torch.no_grad()
def look(net: Net, images: Tensor) -> Look:
    """Show standardised `images` (n, c, h, w) to `net`, in the mode that it is in; its running averages stay."""
    seen: list[Normalized] = []

    def keep(layer: nn.Module, given: tuple[Tensor], made: Tensor) -> None:
        # Copies, for the ReLU behind it works in place.
        before = given[0].clone()
        found = statistics(layer, before)
        mean, variance = (each.expand_as(before) for each in found) if found else (None, None)
        seen.append(Normalized(before, made.clone(), mean, variance))

    kept = {name: buffer.clone() for name, buffer in net.named_buffers()}
    handles = [layer.register_forward_hook(keep) for layer in normalizations_of(net)]
    scores = net(images)
    for handle in handles:
        handle.remove()
    for name, buffer in net.named_buffers():
        buffer.copy_(kept[name])
    return Look(scores, seen)


def statistics(layer: nn.Module, x: Tensor) -> tuple[Tensor, Tensor] | None:
    """Mean and variance by which `layer`, in its mode, normalizes `x` (n, c, h, w), broadcast to it; None of none."""
    match layer:
        case nn.BatchNorm2d() if not layer.training:
            return layer.running_mean.view(1, -1, 1, 1), layer.running_var.view(1, -1, 1, 1)
        case nn.BatchNorm2d():
            return _of_batches(x, min(getattr(layer, "statistics_batch", None) or len(x), len(x)))
        case nn.GroupNorm():
            grouped = x.view(len(x), layer.num_groups, -1)
            within = x.shape[1] // layer.num_groups
            found = _of(grouped, (2,), len(x))
            return tuple(each.repeat_interleave(within, dim=1).unsqueeze(3) for each in found)
        case nn.InstanceNorm2d():
            return _of(x, (2, 3), len(x))
        case LayerNorm2d():
            return _of(x, (1,), len(x))
    return None


def _of_batches(x: Tensor, together: int) -> tuple[Tensor, Tensor]:
    """As of BN in training: so many images share statistics, and take turns among sub-batches (`SubBatchNorm2d`)."""
    batches = len(x) // together
    places = torch.arange(len(x))
    batch = torch.where(places < batches * together, places % batches, batches)
    mean, variance = (x.new_empty(*x.shape[:2], 1, 1) for _ in range(2))
    for number in batch.unique():
        own = batch == number
        mean[own], variance[own] = _of(x[own], (0, 2, 3), int(own.sum()))
    return mean, variance


def _of(x: Tensor, axes: tuple[int, ...], images: int) -> tuple[Tensor, Tensor]:
    variance, mean = torch.var_mean(x, dim=axes, keepdim=True, correction=0)
    return tuple(each.expand(images, *each.shape[1:]) for each in (mean, variance))
