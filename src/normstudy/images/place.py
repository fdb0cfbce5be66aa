"""Where the images that a parameter file names lie: beside it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from normstudy.images.facts import KNOWN, is_read


def beside(values: Any, folder: Path) -> Any:
    """The `values` of a parameter file in `folder`, with what its `dataset` names beside it as a whole path."""
    if not isinstance(values, dict) or "dataset" not in values:
        return values
    given = values["dataset"]
    placed = [_placed(each, folder) for each in given] if isinstance(given, list) else _placed(given, folder)
    return {**values, "dataset": placed}


def _placed(dataset: Any, folder: Path) -> Any:
    if not isinstance(dataset, str) or dataset in KNOWN or dataset == "auto" or is_read(dataset):
        return dataset
    if is_function(dataset):
        is_file = dataset.rpartition(":")[0].endswith(".py")
        return os.path.abspath(folder / dataset) if is_file else dataset
    if "/" in dataset or (dataset and os.path.isdir(folder / dataset)):
        return os.path.abspath(folder / dataset) + "/"
    return dataset


def is_function(dataset: str) -> bool:
    """Whether `dataset`, images of one's own, names a function and no folder."""
    place, _, _ = dataset.rpartition(":")
    return bool(place) and (place.endswith(".py") or "/" not in dataset)
