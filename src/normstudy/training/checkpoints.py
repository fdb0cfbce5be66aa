"""What an unfinished run leaves after each epoch, so that it can go on from there.

One file of tensors (weights, buffers, optimizer state) together with the history. It appears whole
or not at all, it is read without executing code, and it says what it belongs to: configuration,
sources and torch's version, on which the bits of the next epoch depend. There is no state of
schedule or random numbers to keep: both follow from configuration and epoch.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from normstudy.config import Config
from normstudy.errors import NormstudyError
from normstudy.training.optimizer import Optimizers
from normstudy.training.sources import sources_hash


class CheckpointError(NormstudyError):
    """A checkpoint cannot be written, or does not belong to the run that would go on from it."""


@dataclass(frozen=True)
class Checkpoint:
    """A run after `len(history)` epochs; `resumed_after`: after which epochs it was interrupted before.

    `optimizer` has names such as `head.weight.exp_avg`: a parameter's, and what is kept of it.
    """

    model: dict[str, Tensor]
    optimizer: dict[str, Tensor]
    history: list[dict[str, Any]]
    resumed_after: list[int]

    @classmethod
    def of(
        cls, model: nn.Module, optimizers: Optimizers, history: list[dict[str, Any]], resumed_after: list[int]
    ) -> Checkpoint:
        """What is to be kept of a run."""
        state = optimizers.state()
        kept = {
            f"{name}.{key}": value
            for name, parameter in model.named_parameters()
            for key, value in state.get(parameter, {}).items()
        }
        return cls(model.state_dict(), kept, history, resumed_after)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait until no other process trains on the checkpoint `path`; the kernel lets go of it when its holder dies."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_suffix(".lock"))
        lock.acquire()
    except OSError as error:
        raise _cannot_write(path, error) from None
    try:
        yield
    finally:
        lock.release()


def identity(config: Config) -> dict[str, Any]:
    """What a checkpoint must agree in with the run that goes on from it."""
    return {"configuration": config.model_dump(), "sources": sources_hash(), "version of torch": torch.__version__}


def write(path: Path, checkpoint: Checkpoint, config: Config) -> None:
    """Put `checkpoint` of the run of `config` in the place of the one before.

    Raises `CheckpointError`; the one before stays then.
    """
    tensors = {f"model.{name}": tensor for name, tensor in checkpoint.model.items()}
    tensors |= {f"optimizer.{name}": tensor for name, tensor in checkpoint.optimizer.items()}
    # Copies: tied tensors share their memory, which a file cannot.
    tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    record = {
        "belongs_to": identity(config),
        "history": checkpoint.history,
        "resumed_after": checkpoint.resumed_after,
    }
    metadata = {"record": json.dumps(record, allow_nan=False)}
    metadata["digest"] = _digest(tensors, metadata["record"])
    fresh = path.with_suffix(".new")
    try:
        with open(fresh, "wb") as file:
            file.write(save(tensors, metadata))
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
    except OSError as error:
        with suppress(OSError):  # the disk may have become read-only
            fresh.unlink()
        raise _cannot_write(path, error) from None


def read(path: Path, config: Config) -> Checkpoint | None:
    """The checkpoint of `config` in `path`, None when there is none.

    Raises `CheckpointError` for one that is damaged or of another run.
    """
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
        whole = metadata["digest"] == _digest(tensors, metadata["record"])
        record = json.loads(metadata["record"])
        of, history, resumed_after = record["belongs_to"], record["history"], record["resumed_after"]
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: not a checkpoint that can be read ({error})") from None
    if not whole:
        raise CheckpointError(f"{path}: damaged (checksum differs)")
    for name, own in identity(config).items():
        if of.get(name) != own:
            raise CheckpointError(f"{path}: of a run with another {name}")
    parts = {
        part: {name.removeprefix(f"{part}."): tensor for name, tensor in tensors.items() if name.startswith(f"{part}.")}
        for part in ("model", "optimizer")
    }
    return Checkpoint(**parts, history=history, resumed_after=resumed_after)


def restore(checkpoint: Checkpoint, model: nn.Module, optimizers: Optimizers) -> None:
    """Put weights, buffers and optimizer state back, on the devices where `model` is."""
    model.load_state_dict(checkpoint.model)
    parameters = dict(model.named_parameters())
    state: dict[Tensor, dict[str, Tensor]] = {}
    for name, value in checkpoint.optimizer.items():
        parameter, key = name.rsplit(".", 1)
        state.setdefault(parameters[parameter], {})[key] = value.to(parameters[parameter].device)
    optimizers.restore(state)


def _digest(tensors: dict[str, Tensor], record: str) -> str:
    digest = hashlib.sha256(record.encode())
    for name in sorted(tensors):
        digest.update(name.encode() + b"\0" + tensors[name].numpy().tobytes())
    return digest.hexdigest()


def _cannot_write(path: Path, error: OSError) -> CheckpointError:
    return CheckpointError(
        f"{path}: cannot be written ({error.strerror}); make room and start again: the run goes on from its last epoch"
    )
