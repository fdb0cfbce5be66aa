"""Train one model: `fit(config)`."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR

from normstudy.augmentation import augment, draw, strength
from normstudy.config import Config, resolve
from normstudy.data import Data, Split, load
from normstudy.model import Net, initialise, l1_norm, penalised_weights
from normstudy.randomness import generator

MOMENTUM = 0.9
EVALUATION_CHUNK = 1000
AUGMENTATION_CHUNK = 8
"""Batches that are augmented in one go: fewer calls, while the chunk still fits the processor's cache."""

Epoch = dict[str, Any]


@dataclass
class Predictions:
    """What the model says of every evaluated image; all of shape (n,), in the order of the split.

    `index`: the image's place in its source; `label`, `predicted`: classes; `label_probability`,
    `predicted_probability`: softmax outputs in [0, 1]; `loss`: cross-entropy in nats.
    """

    index: Tensor
    label: Tensor
    predicted: Tensor
    label_probability: Tensor
    predicted_probability: Tensor
    loss: Tensor


@dataclass
class Run:
    """A trained model and how it came about.

    `history` has one entry per finished epoch: `epoch` (1 …), `train_loss` and `test_loss` (mean
    cross-entropy per image, in nats, without the penalty), `train_accuracy` and `test_accuracy`
    (fractions), `penalty` (λ Σ|w| after the epoch), `lr` (of the epoch's last step), `seconds`. The
    training figures are taken while the epoch goes on, on augmented images; `test_…` are of the
    images that `config.evaluate_on` names. `diverged` is None, or epoch, step (1 … within the epoch)
    and learning rate of the first loss that was not finite; `predictions` is None then.
    """

    config: Config
    model: Net
    history: list[Epoch] = field(default_factory=list)
    predictions: Predictions | None = None
    diverged: dict[str, Any] | None = None


class _DivergedError(Exception):
    def __init__(self, step: int, rate: float):
        self.where = {"step": step, "lr": rate}


def fit(config: Config, data: Data | None = None, on_epoch: Callable[[Epoch], None] = lambda epoch: None) -> Run:
    """Train as `config` says and evaluate after every epoch, calling `on_epoch` with each new history entry.

    Whatever `config` leaves to `auto` is resolved first. On the CPU, equal configurations and
    versions give equal histories (but for `seconds`) and equal weights. Raises `ParameterError` and
    `DataError` before any training; a loss that is not finite ends the run with `diverged` set.
    """
    config = resolve(config, dataset="mnist")
    data = load(config.dataset, config.evaluate_on) if data is None else data
    with _numerics(config.threads):
        return _fit(config, data, on_epoch)


def _fit(config: Config, data: Data, on_epoch: Callable[[Epoch], None]) -> Run:
    device = torch.device(config.device)
    model = Net(config.norm, config.groups)
    initialise(model, generator(config.seed, 0, "weights"))
    model.to(device)
    weights = penalised_weights(model)
    steps = math.ceil(len(data.train) / config.batch_size)
    optimizer = make_optimizer(config, model)
    # Two steps at least, or the schedule has no way to rise and fall.
    schedule = OneCycleLR(
        optimizer,
        config.max_lr,
        total_steps=max(2, config.epochs * steps),
        pct_start=config.warmup,
        cycle_momentum=False,
    )
    train, evaluation = _to(device, data.train), _to(device, data.evaluation)
    autocast = torch.autocast(device.type, torch.bfloat16, enabled=config.precision == "bf16")

    def batches(epoch: int):
        """Standardised, augmented images and labels, every training image once, in the epoch's order."""
        order = torch.randperm(len(train), generator=generator(config.seed, epoch, "order")).to(device)
        draws = draw(len(train), generator(config.seed, epoch, "augmentation")).to(device)
        share = strength(epoch, config.epochs, config.fade)
        limits = [share * limit for limit in (config.rotation, config.shift, config.scale)]
        chunk = AUGMENTATION_CHUNK * config.batch_size
        for rows, moves in zip(order.split(chunk), draws.split(chunk), strict=True):
            images = data.standardise(augment(train.images[rows].float().div_(255), moves, *limits))
            yield from zip(images.split(config.batch_size), train.labels[rows].split(config.batch_size), strict=True)

    def train_epoch(epoch: int) -> dict[str, float]:
        """Mean loss (nats) and accuracy (fraction) over the epoch's images, and the last step's learning rate."""
        model.train()
        total_loss = torch.zeros((), dtype=torch.float64, device=device)
        correct = torch.zeros((), dtype=torch.int64, device=device)
        for step, (images, labels) in enumerate(batches(epoch), start=1):
            with autocast:
                scores = model(images)
            loss = F.cross_entropy(scores.float(), labels)
            objective = loss + config.l1 * l1_norm(weights) if config.l1 else loss
            rate = optimizer.param_groups[0]["lr"]
            if not torch.isfinite(objective):
                raise _DivergedError(step, rate)
            optimizer.zero_grad()
            objective.backward()
            optimizer.step()
            schedule.step()
            total_loss += loss.detach() * len(labels)
            correct += (scores.argmax(dim=1) == labels).sum()
        loss, accuracy = total_loss.item() / len(train), correct.item() / len(train)
        return {"train_loss": loss, "train_accuracy": accuracy, "lr": rate}

    run = Run(config, model)
    for epoch in range(1, config.epochs + 1):
        start = time.perf_counter()
        try:
            trained = train_epoch(epoch)
            predictions = evaluate(model, data, evaluation)
            if not torch.isfinite(predictions.loss).all():
                raise _DivergedError(steps, trained["lr"])
        except _DivergedError as stop:
            run.diverged = {"epoch": epoch, **stop.where}
            run.predictions = None
            break
        run.predictions = predictions
        run.history.append(
            {
                "epoch": epoch,
                **trained,
                "test_loss": predictions.loss.double().mean().item(),
                "test_accuracy": (predictions.predicted == predictions.label).double().mean().item(),
                "penalty": config.l1 * l1_norm(weights).item(),
                "seconds": time.perf_counter() - start,
            }
        )
        on_epoch(run.history[-1])
    return run


@torch.no_grad()
def evaluate(model: nn.Module, data: Data, split: Split) -> Predictions:
    """What `model`, in eval mode and fp32, says of every image of `split`; never augmented, never shuffled."""
    model.eval()
    parts = []
    for images, labels in zip(split.images.split(EVALUATION_CHUNK), split.labels.split(EVALUATION_CHUNK), strict=True):
        log_p = F.log_softmax(model(data.standardise(images.float().div_(255))), dim=1)
        top, predicted = log_p.max(dim=1)
        own = log_p.gather(1, labels.unsqueeze(1)).squeeze(1)
        parts.append((predicted, own.exp(), top.exp(), -own))
    columns = [torch.cat(column).cpu() for column in zip(*parts, strict=True)]
    return Predictions(split.index.cpu(), split.labels.cpu(), *columns)


def make_optimizer(config: Config, model: nn.Module) -> torch.optim.Optimizer:
    """AdamW, or SGD with Nesterov momentum; weight decay acts on convolution and linear weights alone."""
    decayed = penalised_weights(model)
    chosen = {id(weight) for weight in decayed}
    others = [parameter for parameter in model.parameters() if id(parameter) not in chosen]
    groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}]
    if config.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=config.max_lr)
    return torch.optim.SGD(groups, lr=config.max_lr, momentum=MOMENTUM, nesterov=True)


def _to(device: torch.device, split: Split) -> Split:
    return Split(split.images.to(device), split.labels.to(device), split.index)


@contextmanager
def _numerics(threads: int):
    """Deterministic kernels and `threads` CPU threads, for as long as the run lasts."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS is deterministic only with it
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])
