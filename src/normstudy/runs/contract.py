"""What the files of a run folder and of a study's record must hold. Who reads them names the file and the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from normstudy.config import AT_FIRST, Config, evaluated_images, image_facts, make_config, problem

SCHEMA = 2
"""Of what is written today. Runs of schema 1 may lack parameters that came later; they then had `AT_FIRST`."""

PREDICTIONS = {
    "index": np.int32,
    "label": np.uint8,
    "predicted": np.uint8,
    "label_probability": np.float32,
    "predicted_probability": np.float32,
    "loss": np.float32,
}
MISCLASSIFIED = {
    "images": np.uint8,
    "label": np.uint8,
    "predicted": np.uint8,
    "confidence": np.float32,
    "index": np.int32,
}

Count = Annotated[int, Field(ge=1)]
Amount = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


class Epoch(_Part):
    """An entry of the history. The norms, one per layer or None where it is not finite, are not in the first runs."""

    epoch: Count
    train_loss: Amount
    train_accuracy: Share
    test_loss: Amount
    test_accuracy: Share
    lr: Amount
    seconds: Amount
    weight_norms: list[Amount | None] = []
    gradient_norms: list[Amount | None] = []


class Network(_Part):
    """The network of a run: how many parameters it learned, and how many numbers a custom one keeps besides."""

    parameters: Count
    not_learned: int = Field(0, ge=0)


class Environment(_Part):
    """With what a run was made."""

    python: str
    torch: str
    torchvision: str
    processor: str
    commit: str | None = None
    sources: str | None = None
    clean: bool | None = None


class Metrics(_Part):
    """metrics.json. `epoch`, `step` and `lr` say where a run diverged."""

    version: Literal[1, 2] = Field(alias="schema")
    status: Literal["complete", "diverged"]
    epoch: Count | None = None
    step: Count | None = None
    lr: Amount | None = None
    config: dict[str, Any]
    model: Network
    history: list[Epoch]
    environment: Environment
    extra: dict[str, Any]


class Row(_Part):
    """A run in the record of a study: what metrics.json has, but for its environment, and the history by measure."""

    called: str
    environment: int = Field(ge=0)
    history: dict[str, list[Any]]
    afterwards: dict[str, Any]


class Record(_Part):
    """`results/<study>.json`."""

    title: str
    environments: list[dict[str, Any]]
    code: dict[str, dict[str, str]] = {}
    runs: list[Row] = Field(min_length=1)


Kind = TypeVar("Kind")


def checked(kind: type[Kind], value: Any) -> Kind:
    """`value` as a `kind`. Raises `ValueError`: in a line, what is wrong with it."""
    try:
        return TypeAdapter(kind).validate_python(value, strict=True)
    except ValidationError as error:
        raise ValueError(problem(error.errors()[0])) from None


def checked_config(metrics: Any) -> Config:
    """The configuration of a run that recorded `metrics`. Raises `ValueError`: what is wrong with either."""
    found = checked(Metrics, metrics)
    config = make_config({**AT_FIRST, **found.config} if found.version == 1 else found.config, "config")
    done = [entry.epoch for entry in found.history]
    if done != list(range(1, len(done) + 1)):
        raise ValueError(f"history: its epochs are {done}")
    if found.status == "complete" and len(done) != config.epochs:
        raise ValueError(f"complete with {len(done)} of {config.epochs} epochs")
    if found.status == "diverged" and (found.epoch != len(done) + 1 or found.epoch > config.epochs):
        raise ValueError(f"diverged in epoch {found.epoch} after {len(done)} of {config.epochs}")
    return config


def check_predictions(columns: dict[str, np.ndarray], metrics: dict[str, Any], config: Config) -> None:
    """Raises `ValueError` unless the columns of predictions.npz fit the last epoch of `metrics`."""
    _check_columns(columns, PREDICTIONS, config, evaluated_images(config))
    last = metrics["history"][-1]
    if not np.isclose((columns["predicted"] == columns["label"]).mean(), last["test_accuracy"], rtol=0, atol=1e-9):
        raise ValueError("accuracy is not that of metrics.json")
    if not np.isclose(columns["loss"].mean(dtype=np.float64), last["test_loss"], rtol=1e-6, atol=1e-9):
        raise ValueError("mean loss is not that of metrics.json")


def check_misclassified(arrays: dict[str, np.ndarray], predictions: dict[str, np.ndarray], config: Config) -> None:
    """Raises `ValueError` unless the arrays of misclassified.npz are of the images that `predictions` got wrong."""
    wrong = predictions["index"][predictions["predicted"] != predictions["label"]]
    _check_columns(arrays, MISCLASSIFIED, config, len(wrong))
    if not np.array_equal(np.sort(arrays["index"]), np.sort(wrong)):
        raise ValueError("index is not that of predictions.npz")


def _check_columns(columns: dict[str, np.ndarray], expected: Mapping[str, type], config: Config, length: int) -> None:
    for name, kind in expected.items():
        if name not in columns:
            raise ValueError(f"no column {name!r}")
        if columns[name].dtype != kind or len(columns[name]) != length:
            is_so = f"{len(columns[name])} of {columns[name].dtype}"
            raise ValueError(f"{name}: {is_so} where {length} of {np.dtype(kind)} are expected")
    for name in ("label", "predicted"):
        if (columns[name] >= len(image_facts(config).classes)).any():
            raise ValueError(f"{name} = {columns[name].max()} is no class")
