"""One step of training."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from normstudy.config import Config
from normstudy.model import l1_norm, penalised_weights
from normstudy.training.optimizer import Optimizers

Step = Callable[[Tensor, Tensor], Tensor]
"""Images (n, c, h, w) and labels (n,) to the scores (n, 10) before the step."""


def make_step(config: Config, model: nn.Module, optimizers: Optimizers) -> Step:
    """A step on the mean cross-entropy of a batch plus λ Σ|w|."""
    weights = penalised_weights(model)
    device = weights[0].device.type
    autocast = torch.autocast(device, torch.bfloat16) if config.precision == "bf16" else nullcontext()

    def step(images: Tensor, labels: Tensor) -> Tensor:
        with autocast:
            scores = model(images).float()
        objective = F.cross_entropy(scores, labels)
        if config.l1:
            objective = objective + config.l1 * l1_norm(weights)
        optimizers.zero_grad()
        objective.backward()
        optimizers.step()
        return scores.detach()

    return step
