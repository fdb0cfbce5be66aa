"""The network of a run at one of its times: before the first step, after the first epoch, at the end."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from normstudy.config import Config
from normstudy.data.loading import Data
from normstudy.model import Net, initialise
from normstudy.runs.folder import FinishedRun
from normstudy.training import checkpoints
from normstudy.training.loop import fit
from normstudy.training.networks import make_net, put_back
from normstudy.training.randomness import generator


class _EnoughError(Exception):
    """Ends the training after its first epoch."""


def first_net(config: Config) -> Net:
    """The network of `config`, resolved, with the weights that its training starts from; in training mode."""
    net = make_net(config).train()
    initialise(net, generator(config.seed if config.seed_weights is None else config.seed_weights, 0, "weights"))
    return net


def net_after_an_epoch(config: Config, data: Data) -> Net | None:
    """As `first_net`, after the first of the run's epochs, which is trained again; None if that diverges.

    Raises as `fit` does.
    """

    def enough(_: dict[str, Any]) -> None:
        raise _EnoughError

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint"
        with suppress(_EnoughError):
            fit(config, data, on_epoch=enough, checkpoint=path)
        kept = checkpoints.read(path, config)
    if kept is None:
        return None
    net = make_net(config)
    net.load_state_dict(kept.model)
    return net.train()


def trained_net(run: FinishedRun, **changes: Any) -> Net:
    """The network of `run`, in eval mode; `changes` are of parameters that leave its weights' shapes as they are."""
    net = make_net(run.config.model_copy(update=changes))
    put_back(net, load_file(run.folder / "model.safetensors"))
    return net.eval()
