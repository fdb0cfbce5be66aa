"""One's own images by the name that a parameter file has for them: a folder, or a function."""

from __future__ import annotations

import hashlib
import math
import os
import re
from functools import lru_cache
from pathlib import Path

import numpy as np

from normstudy.images import folder, function, store
from normstudy.images.arrays import LONGEST_NAME, Images, repeated
from normstudy.images.errors import OwnImagesError
from normstudy.images.facts import ImageFacts
from normstudy.images.place import is_function
from normstudy.images.split import held_out
from normstudy.text import one_line, visible

VALIDATION = 0.1
"""Share of the training images that `evaluate_on: validation` holds out, at least one of each class."""


def read_own(dataset: str) -> tuple[str, ImageFacts]:
    """Read the images that `dataset` stands for, check and store them: under which name, and what is known of them.

    A folder whose files have the names, sizes and times of last time is not read again. Raises `OwnImagesError`.
    """
    if is_function(dataset):
        return _of_function(dataset, _time_of(dataset))
    found = folder.listing(Path(dataset).absolute())
    signature = hashlib.sha256(repr(found).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    if name := store.seen(signature):
        facts = store.facts_of(name)
        assert facts
        return name, facts
    name, facts = _kept(found.folder.name, folder.read(found))
    store.note(signature, name)
    return name, facts


@lru_cache
def _of_function(named: str, _time: float) -> tuple[str, ImageFacts]:
    """Called once by a process, as long as its file stays, and twice where it returns images that are new."""
    images = function.call(named)
    title = named.rpartition("/")[2] if "/" in named else named
    called = title.rpartition(":")[2]
    if store.facts_of(_name(called, images)) is None and store.digest(function.call(named)) != store.digest(images):
        raise OwnImagesError(
            f"{one_line(named)}: returns other images each time; give its random numbers a seed, and sort its files"
        )
    return _kept(called, images)


def _kept(title: str, images: Images) -> tuple[str, ImageFacts]:
    shown = visible(one_line(title)) or "images"
    shown = shown if len(shown) <= LONGEST_NAME else shown[: LONGEST_NAME - 1] + "…"
    name = _name(title, images)
    facts = _facts(shown, images)
    if store.facts_of(name) != facts:
        store.keep(name, images, facts)
    return name, facts


def _name(title: str, images: Images) -> str:
    """`flowers@3f9a2c1e5b7d9f01`: of the title what a folder's name can hold."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", title).strip("_")[:24] or "images"
    return f"{plain}@{store.digest(images)}"


def _facts(title: str, images: Images) -> ImageFacts:
    train, test, names = images
    count = max(len(names), round(VALIDATION * len(train.labels)))
    kept = np.delete(np.arange(len(train.labels)), held_out(train.labels, count))
    channels, height, width = train.images.shape[1:]
    return ImageFacts(
        title=title,
        shape=(channels, height, width),
        classes=names,
        training=len(train.labels),
        test=len(test.labels),
        validation=count,
        standard=_standard(train.images),
        validation_standard=_standard(train.images[kept]),
        repeated=len(repeated(images)),
    )


def _standard(images: np.ndarray) -> tuple[float, float]:
    """Mean and deviation of a pixel, as fractions of full brightness: of whole numbers, the same on every machine."""
    counts = np.zeros(256, dtype=np.int64)
    for start in range(0, len(images), 1_000):  # as whole numbers of 64 bits they would fill memory
        counts += np.bincount(images[start : start + 1_000].ravel(), minlength=256)
    of_each = [int(count) for count in counts]
    n = sum(of_each)
    total = sum(value * count for value, count in enumerate(of_each))
    squares = sum(value**2 * count for value, count in enumerate(of_each))
    return total / (255 * n), math.sqrt((n * squares - total**2) / (n * (n - 1) * 255**2))


def _time_of(named: str) -> float:
    try:
        return os.stat(named.rpartition(":")[0]).st_mtime
    except (OSError, ValueError):
        return 0.0
