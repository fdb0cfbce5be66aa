"""What `benchmarks/run.py` measures in its worker processes: seconds per epoch of 60,000 and 10,000 images.

Each function may be called again and again in one process; data and models are made on the first call.
"""

from __future__ import annotations

import time
from functools import cache
from itertools import islice

import torch
import torch.nn.functional as F
from usual import BATCH_SIZE, UsualNet, make_loaders, train_epoch
from usual import evaluate as usual_evaluate

from normstudy.config import IMAGE_SHAPES, Config, read_config, resolve
from normstudy.data.loading import load
from normstudy.model import make_net
from normstudy.paths import data_folder, project_root
from normstudy.training.evaluation import evaluate
from normstudy.training.loop import fit
from normstudy.training.optimizer import Optimizers

IMAGES, TEST_IMAGES = 60_000, 10_000
FLOOR_STEPS = 100
USUAL_BATCHES, USUAL_TEST_BATCHES = 60, 10


def ours(model: str, precision: str = "auto", threads: int = 1) -> float:
    """An epoch of `params/<model>.yaml` as `fit` runs it: augmentation, steps, evaluation."""
    config = _config(model, precision).model_copy(update={"threads": threads})
    return fit(config, _data()).history[0]["seconds"]


def evaluation(model: str) -> float:
    """The part of `ours` that is the evaluation after the epoch."""
    config = _config(model, "auto")
    torch.set_num_threads(config.threads)
    start = time.perf_counter()
    evaluate(make_net(config), _data(), _data().evaluation)
    return time.perf_counter() - start


def floor(model: str, precision: str = "auto") -> float:
    """Forward, backward and optimizer step alone, of the same network on one batch that stays in memory."""
    config = _config(model, precision)
    torch.set_num_threads(config.threads)
    network, optimizers, images, labels = _floor_parts(config)
    autocast = torch.autocast("cpu", torch.bfloat16, enabled=config.precision == "bf16")

    def step() -> None:
        with autocast:
            scores = network(images)
        optimizers.zero_grad()
        F.cross_entropy(scores.float(), labels).backward()
        optimizers.step()

    for _ in range(5):
        step()
    start = time.perf_counter()
    for _ in range(FLOOR_STEPS):
        step()
    return (time.perf_counter() - start) / (FLOOR_STEPS * config.batch_size) * IMAGES


def usual(threads: int) -> float:
    """The usual pipeline, extrapolated from some of an epoch's batches."""
    torch.set_num_threads(threads)
    network, optimizer, train, test = _usual_parts()
    start = time.perf_counter()
    train_epoch(network, islice(train, USUAL_BATCHES), optimizer)
    training = time.perf_counter() - start
    start = time.perf_counter()
    usual_evaluate(network, islice(test, USUAL_TEST_BATCHES))
    evaluation = time.perf_counter() - start
    return training * IMAGES / (USUAL_BATCHES * BATCH_SIZE) + evaluation * TEST_IMAGES / (
        USUAL_TEST_BATCHES * BATCH_SIZE
    )


@cache
def _data():
    return load("mnist")


def _config(model: str, precision: str) -> Config:
    config = read_config(project_root() / f"params/{model}.yaml")
    return resolve(config.model_copy(update={"epochs": 1, "precision": precision, "device": "cpu"}), "mnist")


@cache
def _floor_parts(config: Config):
    network = make_net(config)
    images = torch.randn(config.batch_size, *IMAGE_SHAPES[config.dataset])
    return network, Optimizers(config, network), images, torch.arange(config.batch_size) % 10


@cache
def _usual_parts():
    network = UsualNet()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    return network, optimizer, *make_loaders(str(data_folder()))


def resolved_precision() -> str:
    """What `precision: auto` is on this machine."""
    return _config("bn_l1", "auto").precision
