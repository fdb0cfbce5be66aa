"""The images of a run, whatever data set they are of: MNIST's family, digits, colour, or one's own."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch

from normstudy.config import KNOWN
from normstudy.images import store
from normstudy.images.errors import OwnImagesError
from normstudy.images.facts import ImageFacts, is_read
from normstudy.images.split import held_out
from normstudy.training import colour_files, colour_sets, data
from normstudy.training.data import Data, Split
from normstudy.training.download import DataError

__all__ = ["Data", "load", "load_once"]


def load(dataset: str, evaluate_on: str = "test") -> Data:
    """The splits of `dataset`; `evaluate_on: validation` holds training images out and leaves the test set alone.

    Raises `DataError` when the images are missing and cannot be fetched, or are not what they should be.
    """
    if is_read(dataset):
        images, facts = _stored(dataset)
        train, test = (_split(*part) for part in (images.train, images.test))
    elif dataset in colour_files.FILES:
        train, test = (_of_colour_set(dataset, each) for each in (True, False))
        facts = KNOWN[dataset]
    else:
        return data.load(dataset, evaluate_on)
    if evaluate_on == "validation":
        train, test = _held_out(train, facts)
    if is_read(dataset):
        return Data(train, test, *(facts.standard if evaluate_on == "test" else facts.validation_standard))
    return Data(train, test, *data._mean_and_deviation(train.images))


@lru_cache(maxsize=1)
def load_once(dataset: str, evaluate_on: str) -> Data:
    """As `load`, which the next who asks for the same does not wait for again; nobody may change it."""
    return load(dataset, evaluate_on)


def _stored(name: str):
    try:
        return store.stored(name)
    except OwnImagesError as error:
        raise DataError(str(error)) from None


def _of_colour_set(dataset: str, train: bool) -> Split:
    folder = colour_sets.ensure(dataset)
    facts = KNOWN[dataset]
    expected = facts.training if train else facts.test
    try:
        images, labels = colour_files.read(dataset, folder, train)
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{dataset}: {folder} cannot be read ({error}); delete it to fetch it again") from None
    if images.shape != (expected, *facts.shape) or labels.shape != (expected,):
        needed = (expected, *facts.shape)
        raise DataError(f"{dataset}: {images.shape} where {needed} was expected; delete {folder} to fetch it again")
    return _split(images, labels)


def _split(images: np.ndarray, labels: np.ndarray) -> Split:
    return Split(torch.from_numpy(images), torch.from_numpy(labels), torch.arange(len(labels)))


def _held_out(train: Split, facts: ImageFacts) -> tuple[Split, Split]:
    """The training images in two: those that are trained on, and those of the validation."""
    second = held_out(train.labels.numpy(), facts.validation)
    first = np.delete(np.arange(len(train)), second)
    return train[torch.from_numpy(first)], train[torch.from_numpy(second)]
