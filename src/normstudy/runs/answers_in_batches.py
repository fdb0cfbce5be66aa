"""How often BN answers otherwise in training mode, among random neighbours, than at test time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from normstudy.data.available import is_present
from normstudy.data.loading import Data, load_once
from normstudy.errors import DataError
from normstudy.runs.folder import FinishedRun
from normstudy.runs.networks import trained_net

SIZES = (1, 2, 8, 32, 128)
"""Images in a batch, the one that is asked about among them."""

TOGETHER = 256
"""Images that go through the network at a time, so few that a processor's cache holds their activations; batches
among them do not know of each other."""


@dataclass(frozen=True)
class Answers:
    """Of all random batches of one `size`, by batch, as fractions of its images: each (batches,).

    `changed`: answered otherwise than at test time; `disagreed`: otherwise than in another random batch of that size;
    `right`: answered with their label.
    """

    size: int
    changed: np.ndarray
    disagreed: np.ndarray
    right: np.ndarray


def data_at_hand(run: FinishedRun) -> Data | None:
    """The data of `run` if they are on this machine and sound: nothing is fetched for a report."""
    if not is_present(run.config.dataset):
        return None
    try:
        return load_once(run.config.dataset, run.config.evaluate_on)
    except DataError:
        return None


def answers_in_batches(run: FinishedRun, data: Data, seed: int = 0) -> list[Answers]:
    """By size, how the network of `run`, with BN, answers the images of evaluation in training mode.

    Twice, all images are shuffled and parted into batches; what is left over is left out.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # with so few images, several threads mostly wait for each other, at full speed
    try:
        return _by_size(run, data, torch.Generator().manual_seed(seed))
    finally:
        torch.set_num_threads(threads)


def _by_size(run: FinishedRun, data: Data, generator: torch.Generator) -> list[Answers]:
    images, labels = data.evaluation.images, data.evaluation.labels
    at_test = torch.cat([_answers(trained_net(run), part, data) for part in images.split(TOGETHER)])
    found = []
    for size in SIZES:
        if 2 * size > len(images):
            break
        orders = [
            torch.randperm(len(images), generator=generator) if size > 1 else torch.arange(len(images))
            for _ in range(2)
        ]
        order = orders[0][: len(images) - len(images) % size]
        said, other = (_among_neighbours(run, data, each, size) for each in orders)
        now, then = said[order].view(-1, size), other[order].view(-1, size)
        both = torch.where(then >= 0, (now != then).float(), torch.nan)
        changed, right = (now != at_test[order].view(-1, size)), (now == labels[order].view(-1, size))
        by_batch = (changed.float().mean(1), both.nanmean(1), right.float().mean(1))
        found.append(Answers(size, *(each.double().numpy() for each in by_batch)))
    return found


def _among_neighbours(run: FinishedRun, data: Data, order: Tensor, size: int) -> Tensor:
    """(n,): the answer to each image where those that follow each other in `order` are a batch; -1 to those left over.

    The layers of a network with `statistics_batch` do all batches of a call at once, whose images take turns in it.
    """
    net = trained_net(run, statistics_batch=size).train()
    said = torch.full((len(order),), -1)
    order = order[: len(order) - len(order) % size]
    for places in order.split(max(1, TOGETHER // size) * size):
        places = places.view(-1, size).T.flatten()
        said[places] = _answers(net, data.evaluation.images[places], data)
    return said


@torch.no_grad()
def _answers(net: torch.nn.Module, images: Tensor, data: Data) -> Tensor:
    return net(data.standardise_(images.float().div_(255))).argmax(dim=1)
