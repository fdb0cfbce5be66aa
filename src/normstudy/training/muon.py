"""Muon: momentum made orthogonal (Jordan 2024, https://kellerjordan.github.io/posts/muon/), for convolutions.

A convolution's weights (out, in, h, w) are seen as the matrix (out, in · h · w) that multiplies a patch of the
image. `torch.optim.Muon` takes matrices alone, and one after the other; here those of one shape are done together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor

MOMENTUM = 0.95

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the polynomial that brings singular values near 1: steepest at 0, so that five steps do."""

STEPS = 5
TINY = 1e-7


def orthogonalise(matrices: Tensor) -> Tensor:
    """`matrices` (n, rows, columns), rows ≤ columns, with all singular values brought to about 1 (0.7 to 1.2).

    Newton-Schulz: X ← a X + (b A + c A²) X with A = X Xᵀ, five times, from X = M / ‖M‖.
    """
    a, b, c = COEFFICIENTS
    x = matrices / matrices.flatten(1).norm(dim=1).clamp(min=TINY)[:, None, None]
    for _ in range(STEPS):
        gram = torch.bmm(x, x.mT)
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x


class Muon(torch.optim.Optimizer):
    """SGD with Nesterov momentum whose update, seen as a matrix, is made orthogonal: W ← W - rate · (decay · W + O).

    The learning rate is therefore the spectral norm of an update, about, whatever the gradient's size.
    `lr` is a tensor (a recorded step reads it from its place in memory).
    """

    def __init__(self, weights: Iterable[Tensor], lr: Tensor, weight_decay: float, momentum: float = MOMENTUM):
        super().__init__(weights, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self) -> None:
        """Take one step with the weights' gradients."""
        for group in self.param_groups:
            alike = defaultdict(list)
            for weight in group["params"]:
                alike[tuple(weight.shape)].append(weight)
            for weights in alike.values():
                self._step(weights, group)

    def _step(self, weights: list[Tensor], group: dict) -> None:
        gradients = [weight.grad for weight in weights]
        for weight in weights:
            if not self.state[weight]:
                self.state[weight]["momentum"] = torch.zeros_like(weight)
        momenta = [self.state[weight]["momentum"] for weight in weights]
        torch._foreach_mul_(momenta, group["momentum"])
        torch._foreach_add_(momenta, gradients)
        ahead = torch._foreach_add(gradients, momenta, alpha=group["momentum"])  # Nesterov's look ahead
        matrices = torch.stack([each.flatten(1) for each in ahead])
        tall = matrices.shape[1] > matrices.shape[2]
        updates = orthogonalise(matrices.mT).mT if tall else orthogonalise(matrices)
        updates = list((updates * group["lr"]).view(-1, *weights[0].shape))
        if group["weight_decay"]:
            torch._foreach_mul_(weights, 1 - group["lr"] * group["weight_decay"])
        torch._foreach_sub_(weights, updates)
