"""Train one model: `fit(config)`."""

from __future__ import annotations

import math
import os
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from normstudy.config import Config, resolve
from normstudy.data.loading import Data, load
from normstudy.training import checkpoints
from normstudy.training.batches import Batches
from normstudy.training.checkpoints import Checkpoint, CheckpointError
from normstudy.training.cuda_graph import recorded
from normstudy.training.evaluation import Predictions, evaluate
from normstudy.training.networks import Net, initialise, l1_norm, make_net, penalised_weights
from normstudy.training.optimizer import Optimizers
from normstudy.training.randomness import generator
from normstudy.training.schedule import Schedule
from normstudy.training.step import Step, make_step

Epoch = dict[str, Any]


@dataclass
class Run:
    """A trained model and how it came about.

    `history` has one entry per finished epoch: `epoch` (1 …), `train_loss` and `test_loss` (mean
    cross-entropy per image, in nats, without the penalty), `train_accuracy` and `test_accuracy`
    (fractions), `penalty` (λ Σ|w| after the epoch), `lr` (of the epoch's last step), `weight_norms` and
    `gradient_norms` (‖w‖₂ of each convolution's and the linear layer's weights after the epoch, and of
    what the objective's gradient for them was in the epoch's last step), `seconds`. The
    training figures are taken while the epoch goes on, on augmented images; `test_…` are of the
    images that `config.evaluate_on` names. `diverged` is None, or epoch, step (1 … within the epoch)
    and learning rate of the first loss that was not finite; `predictions` is None then.
    `resumed_after` has the epochs after which the run was interrupted, and went on from its checkpoint.
    """

    config: Config
    model: Net
    history: list[Epoch] = field(default_factory=list)
    predictions: Predictions | None = None
    diverged: dict[str, Any] | None = None
    resumed_after: list[int] = field(default_factory=list)


class _DivergedError(Exception):
    def __init__(self, step: int, rate: float):
        self.where = {"step": step, "lr": rate}


def fit(
    config: Config,
    data: Data | None = None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    checkpoint: Path | None = None,
    on_resume: Callable[[list[Epoch]], None] = lambda history: None,
) -> Run:
    """Train as `config` says and evaluate after every epoch, calling `on_epoch` with each new history entry.

    Whatever `config` leaves to `auto` is resolved first. On the CPU, equal configurations and
    versions give equal histories (but for `seconds`) and equal weights. Raises `ParameterError` and
    `DataError` before any training; a loss that is not finite ends the run with `diverged` set.

    With `checkpoint`, the file of that name holds the run after its last epoch, and a run that finds
    one goes on from there, calling `on_resume` with the history so far; it is for the caller to remove
    it. One that cannot be used is warned of, and the run starts from its first epoch. Raises
    `CheckpointError` when it cannot be written.
    """
    config = resolve(config, dataset="mnist")
    data = load(config.dataset, config.evaluate_on) if data is None else data
    with _numerics(config), checkpoints.alone(checkpoint) if checkpoint else nullcontext():
        return _fit(config, data, on_epoch, checkpoint, on_resume)


def _fit(
    config: Config,
    data: Data,
    on_epoch: Callable[[Epoch], None],
    checkpoint: Path | None,
    on_resume: Callable[[list[Epoch]], None],
) -> Run:
    # Prepare.
    device = torch.device(config.device)
    model = make_net(config)
    initialise(model, generator(config.seed if config.seed_weights is None else config.seed_weights, 0, "weights"))
    model.to(device)
    weights = penalised_weights(model)
    batches = Batches(config, data, device)
    evaluation = data.evaluation.to(device)
    optimizers = Optimizers(config, model)
    schedule = Schedule(config, batches.steps)
    run = Run(config, model)
    if checkpoint and (kept := _usable(checkpoint, config)):
        checkpoints.restore(kept, model, optimizers)
        run.history, run.resumed_after = kept.history, [*kept.resumed_after, len(kept.history)]
        on_resume(run.history)
    step = make_step(config, model, optimizers)
    if device.type == "cuda" and len(run.history) < config.epochs:
        step = recorded(step, model, optimizers, *next(batches.of(1)))

    for epoch in range(len(run.history) + 1, config.epochs + 1):
        start = time.perf_counter()
        rates = schedule.rates(epoch, [entry["test_loss"] for entry in run.history])
        try:
            # Train and evaluate.
            model.train()
            trained = _train(step, batches.of(epoch), rates, optimizers)
            predictions = evaluate(model, data, evaluation)
            if not torch.isfinite(predictions.loss).all():
                raise _DivergedError(batches.steps, rates[-1])
        except _DivergedError as stop:
            run.diverged, run.predictions = {"epoch": epoch, **stop.where}, None
            break
        # Keep.
        run.predictions = predictions
        run.history.append(
            {
                "epoch": epoch,
                **trained,
                "test_loss": predictions.mean_loss,
                "test_accuracy": predictions.accuracy,
                "penalty": config.l1 * l1_norm(weights).item(),
                "weight_norms": _norms(weights),
                "gradient_norms": _norms([weight.grad for weight in weights]),
                "seconds": time.perf_counter() - start,
            }
        )
        if checkpoint:
            checkpoints.write(checkpoint, Checkpoint.of(model, optimizers, run.history, run.resumed_after), config)
        on_epoch(run.history[-1])

    if run.predictions is None and not run.diverged:  # interrupted after its last epoch
        run.predictions = evaluate(model, data, evaluation)
    return run


def _train(
    step: Step, batches: Iterable[tuple[Tensor, Tensor]], rates: Sequence[float], optimizers: Optimizers
) -> dict[str, float]:
    """Take a step on each batch; mean loss (nats) and accuracy (fraction) over their images, and the last rate."""
    seen, size = [], 0
    for rate, (images, labels) in zip(rates, batches, strict=True):
        optimizers.set_rate(rate)
        seen.append((step(images, labels), labels))
        size = size or len(labels)
    # Once per epoch, not per step: on a GPU each look at a value is a wait for it.
    scores, labels = map(torch.cat, zip(*seen, strict=True))
    losses = F.cross_entropy(scores, labels, reduction="none").double()
    bad = losses.isfinite().logical_not().nonzero()
    if len(bad):
        first = bad[0].item() // size
        raise _DivergedError(first + 1, rates[first])
    accuracy = (scores.argmax(dim=1) == labels).double().mean()
    return {"train_loss": losses.mean().item(), "train_accuracy": accuracy.item(), "lr": rates[-1]}


def _norms(tensors: Sequence[Tensor | None]) -> list[float | None]:
    """The Euclidean norm of each; None where that is not finite, as with a loss that is about to diverge."""
    norms = [float(tensor.detach().norm()) for tensor in tensors if tensor is not None]
    return [norm if math.isfinite(norm) else None for norm in norms]


def _usable(path: Path, config: Config) -> Checkpoint | None:
    """The checkpoint to go on from, if there is one that may be used."""
    try:
        return checkpoints.read(path, config)
    except CheckpointError as error:
        warnings.warn(f"{error}; the run starts from its first epoch", stacklevel=4)
        return None


@contextmanager
def _numerics(config: Config):
    """`config.threads` CPU threads and, on a GPU, deterministic kernels, for as long as the run lasts.

    The CPU kernels that a run uses are deterministic anyway, and there the mode would fill every new tensor first.
    """
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(config.threads)
    if config.device == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS is deterministic only with it
        torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        if config.device == "cuda":
            torch.use_deterministic_algorithms(before[1])
