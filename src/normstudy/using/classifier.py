"""A trained network, ready for use: `load(run_folder)`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from torch import Tensor

from normstudy.config import Config, image_facts
from normstudy.model import Net
from normstudy.report.core.names import class_names
from normstudy.runs.at_place import whole_run
from normstudy.runs.folder import FinishedRun, RunError, remedy
from normstudy.runs.networks import trained_net
from normstudy.text import one_line
from normstudy.training.evaluation import EVALUATION_CHUNK
from normstudy.using.fitting import FITS, fitted
from normstudy.using.image_file import read_grey
from normstudy.using.photo import read_photo
from normstudy.using.standardisation import Standardisation, standardisation


@dataclass(frozen=True)
class Answer:
    """What a network sees in a picture: the number and name of the class, and its probability.

    `second`, `second_probability`: the next probable class. `image`: bytes (h, w) or (h, w, 3), the network's input;
    `done`: what made that of the picture, in words.
    """

    label: int
    name: str
    probability: float
    second: str
    second_probability: float
    image: np.ndarray = field(repr=False, compare=False)
    done: str


@dataclass(frozen=True)
class Classifier:
    """The network of a finished run with the standardisation it was trained with."""

    run: FinishedRun
    net: Net
    standardise: Standardisation

    @property
    def config(self) -> Config:
        """The parameters of its run."""
        return self.run.config

    @property
    def classes(self) -> list[str]:
        """What its classes are called, by number."""
        return class_names(self.config)

    @torch.no_grad()
    def probabilities(self, images: np.ndarray | Tensor) -> np.ndarray:
        """(n, classes) softmax outputs in [0, 1] of images like those of the data set.

        `images`: bytes, (n, c, h, w) or, of one channel, (n, h, w), of the data set's size. Raises
        `ValueError` for others.
        """
        given = torch.as_tensor(images)
        shape = image_facts(self.config).shape
        if given.dtype != torch.uint8 or given.shape[1:] not in (shape, shape[shape[0] == 1 :]):
            needed = ", ".join(map(str, shape))
            raise ValueError(
                f"images: {given.dtype} of the shape {tuple(given.shape)}, where bytes (n, {needed}) are needed; "
                "`classify` takes pictures of any kind"
            )
        chunks = given.reshape(-1, *shape).split(EVALUATION_CHUNK)
        parts = [F.log_softmax(self.net(self.standardise(chunk)), dim=1).exp() for chunk in chunks]
        return torch.cat(parts).numpy() if parts else np.empty((0, len(self.classes)), np.float32)

    def classify(self, picture: Any) -> Answer:
        """What is in a picture of any size, bright on dark or dark on bright.

        `picture`: a file's name, its bytes or the open file, a picture of Pillow's, or an array (h, w), (h, w, 3),
        (h, w, 4) or (3, h, w). It is made like those of the data set first. Raises `ImageFileError`.
        """
        if self.config.dataset in FITS:
            grey = read_grey(picture)
            image, how = fitted(grey, self.config.dataset)
            done = [*grey.done, how]
        else:
            image, done = read_photo(picture, image_facts(self.config).shape)
        (found,) = self.probabilities((np.moveaxis(image, 2, 0) if image.ndim == 3 else image)[None])
        first, second = np.argsort(-found, kind="stable")[:2].tolist()
        names, chances = self.classes, found.tolist()
        return Answer(first, names[first], chances[first], names[second], chances[second], image, ", ".join(done))


def load(run_folder: Path | str) -> Classifier:
    """The trained network in `run_folder`, on the CPU, in eval mode.

    Raises `RunError` for a folder that is no run's, damaged, or of a run that diverged; `DataError` when the data are
    needed for their standardisation (Fashion-MNIST, KMNIST) and are not available.
    """
    run = whole_run(run_folder)
    if run.diverged:
        where = f"epoch {run.metrics['epoch']}, step {run.metrics['step']}"
        raise RunError(f"{one_line(run_folder)}: this run diverged in {where}: there is no trained model; name another")
    try:
        net = trained_net(run)
    except (OSError, SafetensorError, RuntimeError, KeyError) as error:
        place = run.folder / "model.safetensors"
        raise RunError(f"{place}: not the weights of this run ({one_line(error)[:200]}); {remedy(place)}") from None
    return Classifier(run, net, standardisation(run.config))
