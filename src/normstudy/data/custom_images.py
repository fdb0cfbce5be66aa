"""Custom images: read from a folder or function, checked, and stored under a name made of their contents.

A run, and whatever is done with it later, takes its images from the store, so that a change in the folder or function
makes another run. What is deleted from the store is read again by the next `make report`.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
from functools import lru_cache
from pathlib import Path

import numpy as np

from normstudy.data import image_folder, image_function
from normstudy.data.facts import ImageFacts, is_function
from normstudy.data.held_out import held_out
from normstudy.data.image_arrays import Images, Part, repeated, short
from normstudy.data.storage import keep, roots, state_of
from normstudy.errors import DataError
from normstudy.text import one_line

VALIDATION = 0.1
"""Share of the training images that `evaluate_on: validation` holds out, at least one of each class."""

STORE = "own"
NAMES = ("train_images", "train_labels", "test_images", "test_labels")


def read_custom(dataset: str) -> tuple[str, ImageFacts]:
    """Read, check and store the images of the folder or function `dataset`; their name and what is known of them.

    A folder is not decoded again while none of its files changes. Raises `DataError`.
    """
    if is_function(dataset):
        source = Path(dataset.rpartition(":")[0])
        return _of_function(dataset, state_of(source) if source.is_file() else ())
    found = image_folder.listing(Path(dataset).absolute())
    signature = hashlib.sha256(repr(found).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    for root in roots():
        noted = root / STORE / "seen" / signature
        if noted.is_file() and (facts := facts_of(name := noted.read_text(encoding="utf-8"))):
            return name, facts
    name, facts = _stored_as(found.folder.name, image_folder.read(found))
    keep(Path(STORE, "seen", signature), name.encode())
    return name, facts


@lru_cache
def _of_function(named: str, _state: tuple[int, ...]) -> tuple[str, ImageFacts]:
    """Called once by a process, as long as its file stays, and twice if its images are new."""
    images = image_function.call(named)
    title = named.rpartition("/")[2].rpartition(":")[2]
    if facts_of(_name(title, images)) is None and digest(image_function.call(named)) != digest(images):
        raise DataError(
            f"{one_line(named)}: returns other images each time; give its random numbers a seed, and sort its files"
        )
    return _stored_as(title, images)


def stored(name: str) -> tuple[Images, ImageFacts]:
    """The images that are stored as `name`, verified. Raises `DataError` if they are not there or damaged."""
    facts = required_facts(name)
    for root in roots():
        path = root / STORE / f"{name}.npz"
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = [file[each] for each in NAMES]
        except Exception:  # zipfile, zlib and numpy each have their own
            continue
        images = Images(Part(*arrays[:2]), Part(*arrays[2:]), facts.classes)
        if digest(images) == name.rpartition("@")[2]:
            return images, facts
    raise DataError(f"{path}: damaged; delete it, and `make report` reads the images again")


def facts_of(name: str) -> ImageFacts | None:
    """What is known of the images that are stored as `name`; None if there are none."""
    for root in roots():
        facts = root / STORE / f"{name}.json"
        if facts.is_file() and facts.with_suffix(".npz").is_file():
            return ImageFacts.model_validate_json(facts.read_bytes())
    return None


def required_facts(name: str) -> ImageFacts:
    """As `facts_of`. Raises `DataError` if there are none."""
    if facts := facts_of(name):
        return facts
    raise DataError(
        f"{name}: its images are not here ({roots()[0] / STORE}); `make report` with the parameter file that names "
        "their folder or function reads them again"
    )


def digest(images: Images) -> str:
    """16 hexadecimal digits of the SHA-256 of pixels, labels and class names, in their order."""
    head = {"shapes": [list(part.images.shape) for part in images[:2]], "names": images.names}
    found = hashlib.sha256(json.dumps(head, sort_keys=True).encode())
    for part in images[:2]:
        found.update(np.ascontiguousarray(part.images).data)
        found.update(np.ascontiguousarray(part.labels, dtype="<i8").data)
    return found.hexdigest()[:16]


def _stored_as(title: str, images: Images) -> tuple[str, ImageFacts]:
    name, facts = _name(title, images), _facts(short(title) or "images", images)
    if facts_of(name) != facts:
        arrays = io.BytesIO()
        np.savez(arrays, **dict(zip(NAMES, (*images.train, *images.test), strict=True)))
        keep(Path(STORE, f"{name}.npz"), arrays.getvalue())
        keep(Path(STORE, f"{name}.json"), facts.model_dump_json(indent=1).encode())
    return name, facts


def _name(title: str, images: Images) -> str:
    """`flowers@3f9a2c1e5b7d9f01`: of the title what a folder's name can hold."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", title).strip("_")[:24] or "images"
    return f"{plain}@{digest(images)}"


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
