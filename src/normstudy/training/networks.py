"""The network of a run, ours or custom, and what training does with its weights."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, cast

from torch import Tensor, nn

from normstudy import networks
from normstudy.config import Config
from normstudy.model import Net as Net
from normstudy.model import initialise as initialise
from normstudy.model import l1_norm as l1_norm
from normstudy.model import penalised_weights as penalised_weights
from normstudy.training.custom_model import ASKED_FOR, CustomNet, make_custom


def make_net(config: Config) -> Net:
    """The network that `config`, resolved, describes.

    A custom one is a `CustomNet`: a module as any other, but without the parts of `Net` (`features`, `head`). Raises
    `ModelError` and `ModelCodeError`, each one line, when it cannot be made.
    """
    return cast(Net, make_custom(config)) if config.model else networks.make_net(config)


def plain(net: nn.Module) -> nn.Module:
    """`net` as its own code made it."""
    return net.net if isinstance(net, CustomNet) else net


def kept_tensors(net: nn.Module) -> dict[str, Tensor]:
    """By name, what is kept of a trained `net`: its weights and buffers, tied ones under each of their names."""
    return plain(net).state_dict()


def put_back(net: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Give `net` what `kept_tensors` kept. Raises `RuntimeError` when it is of another network."""
    plain(net).load_state_dict(tensors)


def normalizations_of(net: nn.Module) -> list[nn.Module]:
    """The normalizations of `net`, in order: behind each convolution of ours; those of a custom one made by `norm`."""
    if isinstance(net, CustomNet):
        return [layer for layer in net.modules() if hasattr(layer, ASKED_FOR)]
    layers = list(cast(Any, net).features)
    return [behind for layer, behind in pairwise(layers) if isinstance(layer, nn.Conv2d)]


def unplaced(net: nn.Module) -> list[str]:
    """The parameters with two axes or more that are no weights of a convolution or linear layer, with their shapes.

    No penalty and no decay acts on them, and their first values are those that their own code gives them. Biases, γ
    and β have one axis.
    """
    placed = {id(weight) for weight in penalised_weights(net)}
    return [
        f"{name} ({' × '.join(map(str, values.shape))})"
        for name, values in plain(net).named_parameters()
        if values.dim() > 1 and id(values) not in placed
    ]
