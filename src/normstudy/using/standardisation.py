"""The standardisation that a run was trained with, also where its data are not at hand."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from normstudy.config import Config
from normstudy.data.loading import load_once


class Standardisation(NamedTuple):
    """`mean` and `std` of a training pixel, as fractions of full brightness."""

    mean: float
    std: float

    def __call__(self, images: Tensor) -> Tensor:
        """Bytes (n, c, h, w) to what the network takes, by the operations of `training.evaluation.evaluate`."""
        return images.float().div(255).sub(self.mean).div(self.std)


KNOWN = {
    ("mnist", "test"): Standardisation(0.1306604762738429, 0.3081078071314181),
    ("mnist", "validation"): Standardisation(0.13065328886099895, 0.3081007891435812),
    ("digits", "test"): Standardisation(0.30388536260829496, 0.32398477871879877),
    ("digits", "validation"): Standardisation(0.3042151679613349, 0.32383842195917106),
}
"""By data set and `evaluate_on`, what `data.loading.load` computes; a test compares."""


def standardisation(config: Config) -> Standardisation:
    """That of the run of `config`. Raises `DataError` where it has to be computed, and the data cannot be had."""
    if config.images:  # exact, and what the run had
        facts = config.images
        return Standardisation(*(facts.validation_standard if config.evaluate_on == "validation" else facts.standard))
    known = KNOWN.get((config.dataset, config.evaluate_on))
    if known:
        return known
    data = load_once(config.dataset, config.evaluate_on)
    return Standardisation(data.mean, data.std)
