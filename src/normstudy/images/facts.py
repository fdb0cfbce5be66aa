"""What is known of a data set apart from its pixels: a run's record has it, so that reports do without the images."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MOST_CLASSES = 256
"""As many as a byte of a run's predictions can name."""

READ = re.compile(r"\w+@[0-9a-f]{16}")
"""How one's own images are called once they were read, such as `flowers@3f9a2c1e5b7d9f01`: the latter is of their bytes
and names (`own.digest`)."""


def _tuple(value: Any) -> Any:
    """JSON and YAML have lists alone."""
    return tuple(value) if isinstance(value, list) else value


Pair = Annotated[tuple[float, float], BeforeValidator(_tuple)]


class ImageFacts(BaseModel):
    """Of a data set: its name in prose, shape (channels, height, width) of its images, names of its classes, sizes.

    `validation`: how many of the `training` images `evaluate_on: validation` holds out; `standard`: mean and standard
    deviation of a training pixel over all channels, fractions of full brightness, and `validation_standard` without
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


def _known(
    title: str,
    shape: tuple[int, int, int],
    classes: tuple[str, ...],
    sizes: tuple[int, int, int],
    standard: tuple[float, float],
) -> ImageFacts:
    training, test, validation = sizes
    return ImageFacts(
        title=title,
        shape=shape,
        classes=classes,
        training=training,
        test=test,
        validation=validation,
        standard=standard,
        validation_standard=standard,
    )


DIGITS = tuple(str(digit) for digit in range(10))
GARMENTS = ("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")
KANA = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

GREY, COLOUR = (1, 28, 28), (3, 32, 32)

KNOWN = {
    "mnist": _known("MNIST", GREY, DIGITS, (60_000, 10_000, 5_000), (0.1307, 0.3081)),
    "fashion_mnist": _known("Fashion-MNIST", GREY, GARMENTS, (60_000, 10_000, 5_000), (0.2860, 0.3530)),
    "kmnist": _known("Kuzushiji-MNIST", GREY, KANA, (60_000, 10_000, 5_000), (0.1918, 0.3483)),
    "digits": _known("UCI digits", GREY, DIGITS, (898, 899, 180), (0.3039, 0.3240)),
    "cifar10": _known("CIFAR-10", COLOUR, THINGS, (50_000, 10_000, 5_000), (0.4734, 0.2516)),
    "svhn": _known("SVHN", COLOUR, DIGITS, (73_257, 26_032, 7_000), (0.4514, 0.1993)),
}
"""The data sets that have a name. The UCI digits are enlarged to 28 x 28. Means and deviations are rounded: a run
computes its own, and what draws from these (`runs/class_maps.py`) tells whether they were right; those of CIFAR-10 and
SVHN follow from the published ones of red, green and blue."""


def is_own(dataset: str) -> bool:
    """Whether `dataset` stands for images of one's own that have yet to be read: a folder or a function."""
    return dataset not in KNOWN and not is_read(dataset) and ("/" in dataset or ":" in dataset)


def is_read(dataset: str) -> bool:
    """Whether `dataset` names images of one's own that were read."""
    return READ.fullmatch(dataset) is not None
