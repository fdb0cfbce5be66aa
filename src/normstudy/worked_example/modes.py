"""Trained networks in training and in evaluation mode: what other images of a batch do to an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

from normstudy.report import markup
from normstudy.report.labels import markdown_title
from normstudy.report.markup import escape
from normstudy.report.wording import counted, join_words, rounded, scientific
from normstudy.runs.folder import FinishedRun
from normstudy.runs.networks import trained_net
from normstudy.training.at_hand import is_present
from normstudy.training.images import load_once
from normstudy.worked_example.networks import kept_images, with_network

IMAGES = 1000
"""The first so many of the evaluation are judged in both modes: a fraction of a second for each network."""

SIZES = (1, 2, 4, 8, 32, 128)
"""Of batches."""

ROUNDING = 1e-3
"""Of class scores in 32-bit numbers: what is less is no change."""


@dataclass(frozen=True)
class Neighbours:
    """What becomes of a network's class scores in training mode when each image is alone, not among all others.

    `change`: of a score, at most; `answers`: how many images get another one.
    """

    change: float
    answers: int


def neighbours(run: FinishedRun, images: Tensor) -> Neighbours | None:
    """Of the network of `run` and standardised `images` (n, 1, h, w), in one batch and one by one.

    None where a layer refuses a single image, which leaves it with one value of a channel.
    """
    net = trained_net(run).train()
    try:
        with torch.no_grad():
            together, alone = net(images), torch.cat([net(image) for image in images.split(1)])
    except ValueError:
        return None
    answers = int((together.argmax(dim=1) != alone.argmax(dim=1)).sum())
    return Neighbours((together - alone).abs().max().item(), answers)


@torch.no_grad()
def scores(run: FinishedRun, images: Tensor, size: int | None = None) -> Tensor | None:
    """Class scores (n, 10) of the network of `run` in evaluation mode, or with a `size`, in training mode.

    BN then takes its statistics over so many images, parts of one large batch: the same as batches of that size, and
    faster. None where a layer refuses, as `neighbours` has it.
    """
    if size is None:
        return trained_net(run)(images)
    try:
        return trained_net(run, statistics_batch=size).train()(images)
    except ValueError:
        return None


def in_words(runs: Sequence[FinishedRun]) -> str:
    """Which of the trained networks look at other images."""
    known = with_network(runs)
    if not known:
        return ""
    images = kept_images(known.values())
    movable, others = [], []
    for name, run in known.items():
        if found := neighbours(run, images):
            (movable if found.change > ROUNDING else others).append((escape(name), found))
    sentences = [
        f"Of {counted(len(images), 'image')} that one of the networks here misclassified, in training mode, {name} "
        f"gives {found.answers} another answer when each is a batch of its own than when all are one, and moves a "
        f"class score by up to {rounded(found.change, 1)}."
        for name, found in movable
    ]
    if others:
        most, changed = max(found.change for _, found in others), sum(found.answers for _, found in others)
        sentences.append(
            f"Alone or among all others, no score of {join_words([name for name, _ in others])} moves by more than "
            f"{scientific(most)}, and {changed or 'none'} of the answers {'is' if changed < 2 else 'are'} another."
        )
    return " ".join(sentences)


def accuracies(runs: Sequence[FinishedRun]) -> str:
    """`@tbl-by-hand-modes` with a sentence before it; where the data set is not at hand, that alone is said."""
    known = with_network(runs)
    if not known:
        return ""
    config = runs[0].config
    title = markdown_title(config)
    if not is_present(config.dataset):
        return (
            f"How right the networks are in each mode needs {title}, which was not at hand when this page was made, "
            "and is left out."
        )
    frame, count = modes_table(known)
    caption = (
        f"Accuracy (%) of the trained networks on the first {count:,} {config.evaluate_on} images of {title}: in "
        "evaluation mode, and in training mode in batches of several sizes, with the statistics of each batch (and "
        f"weights as they are). One image is {rounded(100 / count, 2)} %."
    )
    return f"@tbl-by-hand-modes has both in numbers.\n\n{markup.table('by-hand-modes', frame, caption)}"


def modes_table(runs: Mapping[str, FinishedRun]) -> tuple[pd.DataFrame, int]:
    """Accuracies in percent, a row per mode and size, a column per network; and the number of images."""
    config = next(iter(runs.values())).config
    data = load_once(config.dataset, config.evaluate_on)
    images = data.standardise_(data.evaluation.images[:IMAGES].float().div_(255))
    labels = data.evaluation.labels[:IMAGES]
    rows = [("evaluation", None), *((f"training, {counted(size, 'image')}", size) for size in SIZES)]
    columns: dict[str, list[str]] = {"mode and batch": [name for name, _ in rows]}
    for name, run in runs.items():
        # Only BN has statistics of a batch: of the others all batches are one, as `neighbours` finds.
        sizes = [size for _, size in rows] if run.config.norm == "bn" else [None, len(images)]
        own = [_accuracy(scores(run, images, size), labels) for size in sizes]
        columns[escape(name)] = own + own[-1:] * (len(rows) - len(own))
    return pd.DataFrame(columns), len(images)


def _accuracy(scores: Tensor | None, labels: Tensor) -> str:
    return "–" if scores is None else rounded(100 * (scores.argmax(dim=1) == labels).double().mean().item(), 1)
