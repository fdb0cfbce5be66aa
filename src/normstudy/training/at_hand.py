"""Whether the images of a data set are there, whatever it is: MNIST's family, digits, colour, or one's own."""

from __future__ import annotations

from normstudy.images import store
from normstudy.images.errors import OwnImagesError
from normstudy.images.facts import is_own, is_read
from normstudy.training import colour_files, colour_sets, download
from normstudy.training.download import DataError


def is_present(dataset: str) -> bool:
    """Whether the images of `dataset` are there, without a look at a network."""
    if is_read(dataset):
        return store.facts_of(dataset) is not None
    return colour_sets.is_present(dataset) if dataset in colour_files.FILES else download.is_present(dataset)


def ensure(dataset: str) -> None:
    """Make the images of `dataset` present. Raises `DataError` with one line that says what is lacking, or damaged."""
    if is_read(dataset):
        try:
            store.refuse_absence(dataset)
        except OwnImagesError as error:
            raise DataError(str(error)) from None
    elif dataset in colour_files.FILES:
        colour_sets.ensure(dataset)
    else:
        download.ensure(dataset)


def resolve_dataset(requested: str) -> tuple[str, str]:
    """The data set that `requested` stands for, made present, and why: as `download.resolve_dataset`.

    One's own images, which have yet to be read, stand for themselves.
    """
    if requested == "auto":
        return download.resolve_dataset(requested)
    if not is_own(requested):
        ensure(requested)
    return requested, ""
