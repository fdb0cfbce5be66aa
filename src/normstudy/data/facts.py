"""What is known of a data set apart from its pixels. A run records it, so a report needs no images."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MOST_CLASSES = 256
"""A run's predictions are bytes."""

READ = re.compile(r"\w+@[0-9a-f]{16}")
"""Name of custom images that were read, such as `flowers@3f9a2c1e5b7d9f01`; the digits are `custom.digest`."""


def _tuple(value: Any) -> Any:
    """JSON and YAML have lists alone."""
    return tuple(value) if isinstance(value, list) else value


Pair = Annotated[tuple[float, float], BeforeValidator(_tuple)]


class ImageFacts(BaseModel):
    """Title, shape (channels, height, width) of the images, class names and sizes of a data set.

    `validation`: how many of the `training` images `evaluate_on: validation` holds out; `standard`: mean and standard
    deviation of a training pixel over all channels, as fractions of full brightness, and `validation_standard` without
    those held out; `repeated`: how many test images are training images as well, byte for byte.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    title: str
    shape: Annotated[tuple[int, int, int], BeforeValidator(_tuple)]
    classes: Annotated[tuple[str, ...], BeforeValidator(_tuple), Field(min_length=2, max_length=MOST_CLASSES)]
    training: int = Field(ge=1)
    test: int = Field(ge=1)
    validation: int = Field(ge=1)
    standard: Pair
    validation_standard: Pair
    repeated: int = Field(0, ge=0)


DIGITS = tuple(str(digit) for digit in range(10))
GARMENTS = ("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")
KANA = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

GREY, COLOUR = (1, 28, 28), (3, 32, 32)


def _known(title: str, shape: tuple, classes: tuple, training: int, test: int, validation: int, *standard: float):
    return ImageFacts(
        **{"title": title, "shape": shape, "classes": classes, "training": training, "test": test},
        **{"validation": validation, "standard": standard, "validation_standard": standard},
    )


KNOWN = {
    "mnist": _known("MNIST", GREY, DIGITS, 60_000, 10_000, 5_000, 0.1307, 0.3081),
    "fashion_mnist": _known("Fashion-MNIST", GREY, GARMENTS, 60_000, 10_000, 5_000, 0.2860, 0.3530),
    "kmnist": _known("Kuzushiji-MNIST", GREY, KANA, 60_000, 10_000, 5_000, 0.1918, 0.3483),
    "digits": _known("UCI digits", GREY, DIGITS, 898, 899, 180, 0.3039, 0.3240),
    "cifar10": _known("CIFAR-10", COLOUR, THINGS, 50_000, 10_000, 5_000, 0.4734, 0.2516),
    "svhn": _known("SVHN", COLOUR, DIGITS, 73_257, 26_032, 7_000, 0.4514, 0.1993),
}
"""The data sets that have a name: title, shape, classes, images for training, test and validation, mean and standard
deviation of a pixel. The latter are rounded, for class maps alone: a run computes its own."""


def is_custom(dataset: str) -> bool:
    """Whether `dataset` is a folder or function with custom images, not read yet."""
    return dataset not in KNOWN and not is_read(dataset) and ("/" in dataset or ":" in dataset)


def is_read(dataset: str) -> bool:
    """Whether `dataset` names custom images that were read."""
    return READ.fullmatch(dataset) is not None


def is_function(dataset: str) -> bool:
    """Whether custom images come from a function, not from a folder."""
    place, _, _ = dataset.rpartition(":")
    return bool(place) and (place.endswith(".py") or "/" not in dataset)


def with_absolute_dataset(values: Any, folder: Path) -> Any:
    """The `values` of a parameter file in `folder`, with the absolute path of the images that its `dataset` names."""
    if not isinstance(values, dict) or "dataset" not in values:
        return values
    given = values["dataset"]
    placed = [_placed(each, folder) for each in given] if isinstance(given, list) else _placed(given, folder)
    return {**values, "dataset": placed}


def _placed(dataset: Any, folder: Path) -> Any:
    if not isinstance(dataset, str) or dataset in KNOWN or dataset == "auto" or is_read(dataset):
        return dataset
    if is_function(dataset):
        return os.path.abspath(folder / dataset) if dataset.rpartition(":")[0].endswith(".py") else dataset
    if "/" in dataset or (dataset and os.path.isdir(folder / dataset)):
        return os.path.abspath(folder / dataset) + "/"
    return dataset
