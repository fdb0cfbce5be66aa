"""Train one model: `fit(config)`."""

from __future__ import annotations

import math
import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR

from normstudy.config import Config, resolve
from normstudy.model import SKELETON, Block, Net, initialise, l1_norm, penalised_weights
from normstudy.training import checkpoints
from normstudy.training.augmentation import affine_maps, draw, strength, warp
from normstudy.training.checkpoints import Checkpoint, CheckpointError
from normstudy.training.cuda_graph import record
from normstudy.training.data import Data, Split, load
from normstudy.training.randomness import generator

MOMENTUM = 0.9
EVALUATION_CHUNK = 500
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
    skeleton: tuple[Block, ...] = SKELETON,
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
        return _fit(config, data, on_epoch, skeleton, checkpoint, on_resume)


def _fit(
    config: Config,
    data: Data,
    on_epoch: Callable[[Epoch], None],
    skeleton: tuple[Block, ...],
    checkpoint: Path | None,
    on_resume: Callable[[list[Epoch]], None],
) -> Run:
    device = torch.device(config.device)
    model = Net(config.norm, config.groups, skeleton)
    initialise(model, generator(config.seed, 0, "weights"))
    model.to(device)
    weights = penalised_weights(model)
    steps = math.ceil(len(data.train) / config.batch_size)
    optimizer = make_optimizer(config, model)
    rates = iter(learning_rates(config, config.epochs * steps))
    train, evaluation = _to(device, data.train), _to(device, data.evaluation)
    autocast = torch.autocast(device.type, torch.bfloat16) if config.precision == "bf16" else nullcontext()

    def batches(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Standardised, augmented images and labels, every training image once, in the epoch's order."""
        order = torch.randperm(len(train), generator=generator(config.seed, epoch, "order")).to(device)
        draws = draw(len(train), generator(config.seed, epoch, "augmentation")).to(device)
        share = strength(epoch, config.epochs, config.fade)
        limits = [share * limit for limit in (config.rotation, config.shift, config.scale)]
        maps = affine_maps(draws, *limits, train.images.shape[2:])
        labels = train.labels[order]
        # On a GPU the launches cost, and one warp serves the epoch; on a CPU leaving the cache does.
        chunk = len(train) if device.type == "cuda" else config.batch_size
        for rows, chunk_maps, chunk_labels in zip(*(each.split(chunk) for each in (order, maps, labels)), strict=True):
            # Many times faster than indexing with `rows`.
            images = train.images.index_select(0, rows).float().div_(255)
            images = data.standardise_(warp(images, chunk_maps))
            yield from zip(images.split(config.batch_size), chunk_labels.split(config.batch_size), strict=True)

    def step(images: Tensor, labels: Tensor) -> Tensor:
        """Take one optimizer step; the scores (n, 10) before it."""
        with autocast:
            scores = model(images).float()
        objective = F.cross_entropy(scores, labels)
        if config.l1:
            objective = objective + config.l1 * l1_norm(weights)
        optimizer.zero_grad()
        objective.backward()
        optimizer.step()
        return scores.detach()

    def train_epoch(epoch: int) -> dict[str, float]:
        """Mean loss (nats) and accuracy (fraction) over the epoch's images, and the last step's learning rate."""
        model.train()
        own_rates = list(islice(rates, steps))
        seen = []
        for rate, (images, labels) in zip(own_rates, batches(epoch), strict=True):
            set_rate(optimizer, rate)
            seen.append((step(images, labels), labels))
        # Once per epoch, not per step: on a GPU each look at a value is a wait for it.
        scores, labels = map(torch.cat, zip(*seen, strict=True))
        losses = F.cross_entropy(scores, labels, reduction="none").double()
        bad = losses.isfinite().logical_not().nonzero()
        if len(bad):
            first = bad[0].item() // config.batch_size
            raise _DivergedError(first + 1, own_rates[first])
        accuracy = (scores.argmax(dim=1) == labels).double().mean()
        return {"train_loss": losses.mean().item(), "train_accuracy": accuracy.item(), "lr": own_rates[-1]}

    run = Run(config, model)
    belongs_to = checkpoints.identity(config, skeleton)
    if checkpoint and (kept := _usable(checkpoint, belongs_to)):
        checkpoints.restore(kept, model, optimizer)
        run.history = kept.history
        run.resumed_after = [*kept.resumed_after, len(kept.history)]
        rates = islice(rates, len(kept.history) * steps, None)
        on_resume(run.history)
    if device.type == "cuda" and len(run.history) < config.epochs:
        model.train()
        step = record(step, model, optimizer, *next(batches(1)))
    for epoch in range(len(run.history) + 1, config.epochs + 1):
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
        if checkpoint:
            state = Checkpoint(
                model.state_dict(), checkpoints.optimizer_tensors(optimizer), run.history, run.resumed_after
            )
            checkpoints.write(checkpoint, state, belongs_to)
        on_epoch(run.history[-1])
    if run.predictions is None and not run.diverged:  # interrupted after its last epoch
        run.predictions = evaluate(model, data, evaluation)
    return run


def _usable(path: Path, belongs_to: dict[str, Any]) -> Checkpoint | None:
    """The checkpoint to go on from, if there is one that may be used."""
    try:
        return checkpoints.read(path, belongs_to)
    except CheckpointError as error:
        warnings.warn(f"{error}; the run starts from its first epoch", stacklevel=4)
        return None


@torch.no_grad()
def evaluate(model: nn.Module, data: Data, split: Split) -> Predictions:
    """What `model`, in eval mode and fp32, says of every image of `split`; never augmented, never shuffled."""
    model.eval()
    parts = []
    for images, labels in zip(split.images.split(EVALUATION_CHUNK), split.labels.split(EVALUATION_CHUNK), strict=True):
        log_p = F.log_softmax(model(data.standardise_(images.float().div_(255))), dim=1)
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
    device = decayed[0].device
    rate = torch.tensor(config.max_lr, device=device)  # a recorded step reads it from its place in memory
    if config.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=rate, fused=True, capturable=device.type == "cuda")
    return torch.optim.SGD(groups, lr=rate, momentum=MOMENTUM, nesterov=True, fused=True)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Make `rate` the learning rate of the steps to come."""
    for group in optimizer.param_groups:
        group["lr"].fill_(rate)


def learning_rates(config: Config, steps: int) -> Iterator[float]:
    """The rate of each of the run's `steps`: one rise to `max_lr` and one fall to almost 0 (Smith 2017).

    One after the other, because a list of all would be the largest thing in a long run's memory.
    """
    total = max(2, steps)  # or the schedule has no way to rise and fall
    # A rise of exactly one step has no length, by which torch would divide.
    rise = config.warmup * (1 - 1e-9 * (config.warmup * total == 1))
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=config.max_lr)
    schedule = OneCycleLR(optimizer, config.max_lr, total_steps=total, pct_start=rise, cycle_momentum=False)
    for _ in range(steps):
        yield schedule.get_last_lr()[0]
        optimizer.step()
        schedule.step()


def _to(device: torch.device, split: Split) -> Split:
    return Split(split.images.to(device), split.labels.to(device), split.index)


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
