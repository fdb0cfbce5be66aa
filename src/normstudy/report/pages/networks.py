"""The published networks as the playground shows them: their answers to examples, and what its scripts need."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
import pandas as pd
import torch
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from PIL import Image

from normstudy.config import image_facts
from normstudy.report.core import images
from normstudy.report.core.models import models_of
from normstudy.report.core.names import class_names
from normstudy.report.core.style import colour, is_dark
from normstudy.report.core.text import confidence, join, number
from normstudy.report.pages.answers import WIDTH
from normstudy.runs.answers_in_batches import data_at_hand
from normstudy.runs.folder import FinishedRun, wrong
from normstudy.runs.looks import Look, look
from normstudy.runs.network_description import describe
from normstudy.runs.networks import trained_net
from normstudy.runs.record import RecordedRun

WRONG, RIGHT_EACH = 16, 2
"""Misclassified images, and images of each class that all models classify correctly."""

SURE = 0.99
"""The probability with which every network classifies a digit that is not MNIST's, for it to be an example."""

STANDARD = {"mnist": (0.1306604762738429, 0.3081078071314181)}
"""Mean and standard deviation of a training pixel, as runs compute them: `image_facts` has rounded ones."""

FORM = {"box": 20, "pen": 2.4, "centre": "mass"}
"""How a drawing becomes an image of MNIST's: edge of the box that it fills and width of the pen, in pixels."""

IN_BATCHES = Path(__file__).parents[1] / "data" / "answers_in_batches.csv"

ORIGINS = {"bn": "running averages", "gn": "of its group", "ln": "of the image"}
"""Of mean and variance at test time, in few words."""


class Example(NamedTuple):
    """An image (h, w) of bytes, its label, and its `name` in words; `kind`: `wrong` or `right`."""

    kind: str
    pixels: np.ndarray
    label: int
    name: str


@dataclass(frozen=True)
class Networks:
    """Networks in the page: by model, the run with a folder; the examples; and by model what it makes of these.

    `standard`: mean and deviation by which images are standardised; `right`: what the examples are that all networks
    classify correctly, in the plural; `error`: by how much probabilities of misclassified examples differ from the
    recorded ones, at most.
    """

    runs: dict[str, FinishedRun]
    standard: tuple[float, float]
    right: str
    examples: list[Example]
    looks: dict[str, Look]
    error: float


def load(runs: Sequence[FinishedRun]) -> Networks:
    """The first run with a folder of each model of `runs`, all trained on images of one channel."""
    shown = {model.name: model.shown for model in models_of(runs)}
    shown = {name: run for name, run in shown.items() if not (run.diverged or isinstance(run, RecordedRun))}
    first = next(iter(shown.values()))
    data = data_at_hand(first)
    standard = (data.mean, data.std) if data else STANDARD.get(first.config.dataset, image_facts(first.config).standard)
    nets = {name: trained_net(run) for name, run in shown.items()}
    if data:
        right, title = _right(list(shown.values()), data.evaluation.images[:, 0].numpy()), "test images"
    else:
        right, title = _digits(list(nets.values()), standard), "UCI digits"
    examples = [*_misclassified(shown), *right]
    pixels = torch.from_numpy(np.stack([each.pixels for each in examples]))
    looks = {name: look(net, standardised(pixels, standard)) for name, net in nets.items()}
    return Networks(shown, standard, title, examples, looks, _error(shown, examples, looks))


def standardised(pixels: torch.Tensor, standard: tuple[float, float]) -> torch.Tensor:
    """Bytes (n, h, w) as the networks take them: (n, 1, h, w), of mean 0 and variance 1 over the training images."""
    mean, deviation = standard
    return pixels.float().unsqueeze(1).div(255).sub(mean).div(deviation)


def page_data(networks: Networks) -> dict[str, Any]:
    """What the scripts work with, for JSON: images and how they are standardised, classes, examples, networks."""
    config = next(iter(networks.runs.values())).config
    examples = [
        {"kind": each.kind, "name": each.name, "pixels": base64.b64encode(each.pixels.tobytes()).decode()}
        for each in networks.examples
    ]
    described = [
        {"name": name, "norm": run.config.norm, **describe(trained_net(run))} for name, run in networks.runs.items()
    ]
    mean, deviation = networks.standard
    return {
        **{"edge": image_facts(config).shape[1], "mean": mean, "std": deviation, "form": FORM},
        **{"classes": class_names(config), "examples": examples, "start": splitting(networks), "networks": described},
    }


def splitting(networks: Networks) -> int:
    """The place of the first example to which the networks give different answers; else of the first."""
    answers = np.array([each.probabilities.argmax(dim=1).numpy() for each in networks.looks.values()])
    return int((answers != answers[0]).any(axis=0).argmax())


def alone(networks: Networks, name: str) -> list[str]:
    """What the network `name` answers to each example in training mode, in a batch of its own."""
    net = trained_net(networks.runs[name]).train()
    pixels = torch.from_numpy(np.stack([each.pixels for each in networks.examples]))
    images = standardised(pixels, networks.standard).split(1)
    classes = class_names(networks.runs[name].config)
    return [classes[int(look(net, image).probabilities.argmax())] for image in images]


def answers(networks: Networks, place: int) -> str:
    """`BN + L1 says 6 (83.7 %), GN …`: what the networks answer to the example at `place`."""
    classes = class_names(next(iter(networks.runs.values())).config)
    found = {name: each.probabilities[place].numpy() for name, each in networks.looks.items()}
    return join(f"{name} says {classes[p.argmax()]} ({confidence(p.max())})" for name, p in found.items())


def figure(networks: Networks, place: int) -> Figure:
    """The example at `place`; for each network its probabilities and a channel before and after the first norm."""
    example, classes = networks.examples[place], class_names(next(iter(networks.runs.values())).config)
    picture = Figure(figsize=(WIDTH, 1.1 + 1.75 * len(networks.runs)))
    head, *rows = picture.subfigures(1 + len(networks.runs), 1, height_ratios=[1.1] + [1.75] * len(networks.runs))
    axes = head.subplots()
    _show(axes, example.pixels / 255.0, signed=False)
    axes.set_title("the image", fontsize=9)
    for row, (name, run) in zip(rows, networks.runs.items(), strict=True):
        ink, seen = colour(run.config.norm), networks.looks[name]
        probabilities, first = seen.probabilities[place].numpy(), seen.normalizations[0]
        before, after = (each[place].numpy() for each in (first.before, first.after))
        channel = int(after.var(axis=(1, 2)).argmax())
        bars, *sides = row.subplots(1, 3, width_ratios=(1.7, 1, 1))
        bars.bar(range(len(classes)), 100 * probabilities, color=ink, width=0.7)
        bars.set(ylim=(0, 105), yticks=[0, 50, 100], xticks=range(len(classes)), xticklabels=classes)
        bars.set_title(f"{name} says {classes[probabilities.argmax()]}", color=ink, fontsize=10, weight="bold")
        bars.set_ylabel("probability (%)", fontsize=9)
        bars.tick_params(labelsize=9)
        bars.grid(visible=False, axis="x")
        for axes, values, side in zip(sides, (before[channel], after[channel]), ("before", "after"), strict=True):
            _show(axes, values / (np.abs(values).max() or 1), signed=True)
            axes.set_title(side, fontsize=9)
            axes.set_xlabel(f"{number(values.min(), 1)} to {number(values.max(), 1)}", fontsize=9)
        if first.mean is not None:
            mean, variance = (float(each[place, channel, 0, 0]) for each in (first.mean, first.variance))
            used = f"channel {channel + 1}: μ = {number(mean)}, σ² = {number(variance)}, {ORIGINS[run.config.norm]}"
            row.supxlabel(used, fontsize=9, x=0.98, ha="right")
    return picture


def in_batches() -> pd.DataFrame:
    """How often the published network with BN answers otherwise in training mode (benchmarks/answers_in_batches.py).

    One row per size of a batch: `run`, `weights` (SHA-256), `size`, `batches`, and `changed`, `disagreed` and `right`
    (fractions of answers), each with `_low` and `_high`.
    """
    return pd.read_csv(IN_BATCHES, comment="#")


def as_mnist(image: np.ndarray) -> np.ndarray:
    """A UCI digit (8, 8) of values from 0 to 16 in the form of MNIST's images: bytes (28, 28).

    Its longer side fills 20 pixels, and its centre of mass lies in the middle.
    """
    inked = image > 3
    top, bottom = np.flatnonzero(inked.any(axis=1))[[0, -1]]
    left, right = np.flatnonzero(inked.any(axis=0))[[0, -1]]
    part = Image.fromarray((255 * image[top : bottom + 1, left : right + 1] / 16).astype(np.uint8))
    scale = FORM["box"] / max(part.size)
    part = part.resize([max(1, round(side * scale)) for side in part.size], Image.Resampling.BICUBIC)
    ink = np.clip(1.8 * (np.asarray(part) / 255.0 - 0.25), 0, 1)  # enlarged strokes are blurred
    middle = [14 - (ink.sum(axis=1 - axis) @ (np.arange(ink.shape[axis]) + 0.5)) / ink.sum() for axis in (0, 1)]
    corner = [int(np.clip(round(at), 0, 28 - side)) for at, side in zip(middle, ink.shape, strict=True)]
    found = np.zeros((28, 28), np.uint8)
    found[corner[0] : corner[0] + ink.shape[0], corner[1] : corner[1] + ink.shape[1]] = np.round(255 * ink)
    return found


def _misclassified(runs: dict[str, FinishedRun]) -> list[Example]:
    """The most confident error of each run, then the second of each, …: images that some run misclassifies."""
    first = next(iter(runs.values()))
    position = {int(index): at for at, index in enumerate(first.predictions["index"])}
    mistaken = {name: wrong(run) for name, run in runs.items()}
    in_turn = zip_longest(*(range(len(run.misclassified["index"])) for run in runs.values()))
    classes, found = class_names(first.config), {}
    for run, at in chain.from_iterable(zip(runs.values(), places, strict=True) for places in in_turn):
        if at is None or len(found) == WRONG:
            continue
        index, label = (int(run.misclassified[name][at]) for name in ("index", "label"))
        by = join(name for name, own in mistaken.items() if own[position[index]])
        dispute = ", label disputed" if images.is_disputed(index, run.config) else ""
        text = f"Test image {index}, labelled {classes[label]}{dispute}; misclassified by {by}"
        found.setdefault(index, Example("wrong", run.misclassified["images"][at], label, text))
    return list(found.values())


def _right(runs: Sequence[FinishedRun], pixels: np.ndarray) -> list[Example]:
    """Of each class the first images of the evaluated `pixels` (n, h, w) that all `runs` classify correctly."""
    labels, index = runs[0].predictions["label"], runs[0].predictions["index"]
    correct, classes = ~np.any([wrong(run) for run in runs], axis=0), class_names(runs[0].config)
    return [
        Example("right", pixels[at], int(labels[at]), f"Test image {index[at]}, labelled {classes[labels[at]]}")
        for label in np.unique(labels)
        for at in np.flatnonzero(correct & (labels == label))[:RIGHT_EACH]
    ]


def _digits(nets: Sequence[torch.nn.Module], standard: tuple[float, float]) -> list[Example]:
    """Of each class two of scikit-learn's digits, which are always there, that all `nets` classify correctly.

    They are the last of the first 300: among them neighbours that change an answer of BN are found more often than
    among the very first ones.
    """
    from sklearn.datasets import load_digits  # takes a second to import

    digits = load_digits()
    pixels = np.stack([as_mnist(image) for image in digits.images[:300]])
    with torch.no_grad():
        found = [net(standardised(torch.from_numpy(pixels), standard)).softmax(dim=1).numpy() for net in nets]
    correct = np.all([p[np.arange(len(p)), digits.target[: len(p)]] > SURE for p in found], axis=0)
    return [
        Example("right", pixels[at], label, f"UCI digit {at}, a {label}")
        for label in range(10)
        for at in np.flatnonzero(correct & (digits.target[:300] == label))[-RIGHT_EACH:]
    ]


def _error(runs: dict[str, FinishedRun], examples: Sequence[Example], looks: dict[str, Look]) -> float:
    places = {each.pixels.tobytes(): at for at, each in enumerate(examples)}
    found = [0.0]
    for name, run in runs.items():
        errors = run.misclassified
        for pixels, label, sure in zip(errors["images"], errors["predicted"], errors["confidence"], strict=True):
            if (at := places.get(pixels.tobytes())) is not None:
                found.append(abs(float(looks[name].probabilities[at, int(label)]) - float(sure)))
    return max(found)


def _show(axes, values: np.ndarray, signed: bool) -> None:
    """An image of ink (0 to 1), or of activations (-1 to 1): negative violet, positive orange."""
    ground, ink = matplotlib.rcParams["figure.facecolor"], "#e4e6e8" if is_dark() else "#000000"
    ends = ["#8a6fd0", ground, "#e07b00"] if signed else [ground, ink]
    shades = LinearSegmentedColormap.from_list("shades", ends)
    axes.imshow(values, cmap=shades, vmin=-1 if signed else 0, vmax=1)
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    axes.spines[:].set(visible=True, color=colour("faint"))
