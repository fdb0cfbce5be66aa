"""Whether the images of a data set are on this machine, published or custom, and getting them. Without torch."""

from __future__ import annotations

from normstudy.data import custom_images, published
from normstudy.data.facts import is_custom, is_read


def is_present(dataset: str) -> bool:
    """Whether the images of `dataset` are there; nothing is downloaded."""
    if is_read(dataset):
        return custom_images.facts_of(dataset) is not None
    return dataset == "digits" or published.is_present(dataset)


def ensure(dataset: str) -> None:
    """Get the images of `dataset` unless they are there. Raises `DataError`."""
    if is_read(dataset):
        custom_images.required_facts(dataset)
    elif dataset != "digits":
        published.ensure(dataset)


def resolve_dataset(requested: str) -> tuple[str, str]:
    """The data set that `requested` stands for, made present, and why it is another, or nothing.

    `auto` is MNIST where it is present or can be downloaded, else digits. Custom images, which are read later, stand
    for themselves. Raises `DataError` where a data set cannot be had, or MNIST is there and damaged.
    """
    if requested != "auto":
        if not is_custom(requested):
            ensure(requested)
        return requested, ""
    if published.asks_for_none():
        return "digits", f"{published.VARIABLE}={published.NONE} asks for no MNIST"
    try:
        ensure("mnist")
    except published.UnreachableError as error:
        return "digits", str(error)
    return "mnist", ""
