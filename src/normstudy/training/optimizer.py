"""The optimizers of a run: which parameters each has, and what is the same for all of them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from normstudy.config import Config
from normstudy.model import penalised_weights
from normstudy.training.muon import Muon

MOMENTUM = 0.9
"""Of sgd."""


class Optimizers:
    """What `config.optimizer` names: one of torch's optimizers, or muon on the convolutions and AdamW on the rest.

    Weight decay acts on convolution and linear weights alone.
    """

    def __init__(self, config: Config, model: nn.Module):
        decayed = penalised_weights(model)
        chosen = {id(weight) for weight in decayed}
        others = [parameter for parameter in model.parameters() if id(parameter) not in chosen]
        self.all: list[torch.optim.Optimizer] = []
        if config.optimizer == "muon":
            matrices = [weight for weight in decayed if weight.dim() == 4]
            decayed = [weight for weight in decayed if weight.dim() != 4]
            self.all.append(Muon(matrices, _rate(config.max_lr, matrices[0]), config.weight_decay))
        groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}]
        rate = _rate(config.adamw_lr or config.max_lr, next(model.parameters()))
        if config.optimizer == "sgd":
            self.all.append(torch.optim.SGD(groups, lr=rate, momentum=MOMENTUM, nesterov=True, fused=True))
        else:
            self.all.append(torch.optim.AdamW(groups, lr=rate, fused=True, capturable=rate.device.type == "cuda"))
        self._peak, self._other_peak = config.max_lr, config.adamw_lr

    def set_rate(self, rate: float) -> None:
        """Make `rate` the learning rate of the steps to come; AdamW next to Muon has the same share of its own peak."""
        for optimizer in self.all:
            other = self._other_peak and not isinstance(optimizer, Muon)
            own = rate / self._peak * self._other_peak if other else rate
            for group in optimizer.param_groups:
                group["lr"].fill_(own)

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for optimizer in self.all:
            optimizer.zero_grad()

    def step(self) -> None:
        """Take one step with the parameters' gradients."""
        for optimizer in self.all:
            optimizer.step()

    def state(self) -> dict[Tensor, dict[str, Tensor]]:
        """What is kept of each parameter (moments, step counts); tensors that a step changes in place."""
        return {parameter: values for optimizer in self.all for parameter, values in optimizer.state.items()}

    def restore(self, states: dict[Tensor, dict[str, Tensor]]) -> None:
        """Put back what `state` gave."""
        for optimizer in self.all:
            for group in optimizer.param_groups:
                for parameter in group["params"]:
                    if parameter in states:
                        optimizer.state[parameter] = states[parameter]


def _rate(value: float, weight: Tensor) -> Tensor:
    """As a tensor on the device of the weights: a recorded step reads it from its place in memory."""
    return torch.tensor(value, device=weight.device)
