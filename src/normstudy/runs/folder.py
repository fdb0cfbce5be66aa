"""The run folder: what a run leaves, and the contract that everything downstream reads.

    <norm>-<data set>-seed<n>-<hash of the configuration>/
        metrics.json         status, configuration, history, environment
        predictions.npz      per evaluated image: index, label, predicted, label_probability,
                             predicted_probability, loss
        misclassified.npz    images (m, h, w) or, of colours, (m, h, w, 3), label, predicted, confidence, index;
                             most confident first
        model.safetensors    the weights
        code-<module>.py     the code of a custom model
        *.png                misclassified images, curves, confusion matrix, augmented samples
        train.ipynb          the executed notebook, when the workflow ran it
        SHA256SUMS           checksums of all these files, by which `sha256sum --check` and the report know them

A folder is made under another name (`stage`, `save`) and renamed when it is whole (`publish`).
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout

from normstudy.config import Config, run_name
from normstudy.errors import NormstudyError
from normstudy.hardware import arithmetic, processor
from normstudy.model_code import keep, kept, note
from normstudy.ownership import take_runs_folder
from normstudy.paths import bring_back, open_as_usual, project_root
from normstudy.runs import contract, manifest, stamps
from normstudy.runs.versions import commit, is_clean
from normstudy.text import one_line
from normstudy.training.sources import sources_hash

# Reading runs is done often and does without torch, whose import takes seconds.
if TYPE_CHECKING:
    from torch import Tensor

    from normstudy.data.loading import Data
    from normstudy.training.loop import Run

HIDDEN = ".unfinished"
"""Folder, next to the runs, for those that are not whole yet."""

CHECKPOINTS = ".checkpoints"
"""Folder, next to the runs, for what unfinished runs go on from."""


PACKAGES = ("numpy", "scikit-learn", "safetensors", "matplotlib", "nbclient", "papermill")
"""Packages besides torch and torchvision that compute, draw or execute a run."""

REMEDY = "delete this folder and train this run again, or take it off the study"


def remedy(place: Path) -> str:
    """What to do about damage at `place`: never to delete what was published."""
    return bring_back(place) or REMEDY


class RunError(NormstudyError):
    """A run folder is missing or does not hold what it should."""


@dataclass(frozen=True)
class FinishedRun:
    """A run read back from its folder. Accuracies are fractions, losses are in nats, times in seconds."""

    folder: Path
    metrics: dict[str, Any]
    config: Config

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def place(self) -> Path:
        """Where it was read from."""
        return self.folder

    @property
    def predictions_file(self) -> Path:
        return self.folder / "predictions.npz"

    @property
    def remedy(self) -> str:
        """What to do about damage of `predictions_file`."""
        return remedy(self.folder)

    @property
    def diverged(self) -> bool:
        return self.metrics["status"] == "diverged"

    @property
    def history(self) -> list[dict[str, Any]]:
        return self.metrics["history"]

    @cached_property
    def predictions(self) -> dict[str, np.ndarray]:
        """The columns of `predictions.npz`, each (n,). Raises `RunError` when they do not fit the metrics."""
        return _arrays(self.predictions_file, contract.check_predictions, self.metrics, self.config)

    @cached_property
    def misclassified(self) -> dict[str, np.ndarray]:
        """The arrays of `misclassified.npz`, most confident errors first. Raises `RunError` as `predictions`."""
        path = self.folder / "misclassified.npz"
        return _arrays(path, contract.check_misclassified, self.predictions, self.config)


def checkpoint_file(config: Config, runs_folder: Path | str) -> Path:
    """Where the unfinished run of `config` keeps its checkpoint."""
    return Path(runs_folder) / CHECKPOINTS / f"{run_name(config)}.safetensors"


@contextmanager
def claim(name: str, runs_folder: Path | str) -> Iterator[None]:
    """Wait until no other process is at work on the run `name`, and keep others out.

    The kernel lets go of the lock when the process that holds it ends, however it ends.
    """
    path = Path(runs_folder) / ".locks" / f"{name}.lock"
    try:
        take_runs_folder(Path(runs_folder))
        path.parent.mkdir(exist_ok=True)
        lock = FileLock(path)
        lock.acquire()
    except OSError as error:
        raise _not_writable(path, error) from None
    try:
        yield
    finally:
        lock.release()


def is_claimed(name: str, runs_folder: Path | str) -> bool:
    """Whether another process is at work on the run `name`."""
    path = Path(runs_folder) / ".locks" / f"{name}.lock"
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # no such folder: nobody has claimed anything
        return False


def stage(config: Config, runs_folder: Path | str, claimed: bool = False) -> Path:
    """An empty hidden folder for the run of `config`, to be filled and published.

    Who has `claimed` the run gets the one folder that is the run's own, without what a killed process left in it.
    """
    hidden = Path(runs_folder) / HIDDEN
    try:
        take_runs_folder(Path(runs_folder))
        hidden.mkdir(exist_ok=True)
        if not claimed:
            return Path(tempfile.mkdtemp(prefix=f"{run_name(config)}.", dir=hidden))
        own = hidden / run_name(config)
        if own.exists():
            shutil.rmtree(own)
        own.mkdir()
        return own
    except OSError as error:
        raise _not_writable(hidden, error) from None


def save(run: Run, data: Data, folder: Path) -> None:
    """Write everything but the pictures of `run` into `folder`. Raises `RunError` when the disk refuses."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    from normstudy.model import count_parameters
    from normstudy.training.networks import kept_tensors

    weights = {name: tensor.cpu().contiguous().clone() for name, tensor in kept_tensors(run.model).items()}
    model = {"parameters": count_parameters(run.model)}
    if run.config.model:  # of ours, the names tell
        model["not_learned"] = sum(tensor.numel() for tensor in weights.values()) - model["parameters"]
    metrics = {
        "schema": contract.SCHEMA,
        "status": "diverged" if run.diverged else "complete",
        **(run.diverged or {}),
        "config": run.config.model_dump(),
        "model": model,
        "history": run.history,
        "environment": environment(run.config.device),
        "extra": {"resumed_after": run.resumed_after} if run.resumed_after else {},
    }
    try:
        save_file(weights, folder / "model.safetensors")
        if run.config.model:
            keep(kept(run.config.model, run.config.code), folder)
        if run.predictions is not None:
            np.savez_compressed(folder / "predictions.npz", **_columns(run))
            np.savez_compressed(folder / "misclassified.npz", **_misclassified(run, data))
        text = json.dumps(metrics, indent=1, allow_nan=False, ensure_ascii=False)
        (folder / "metrics.json").write_text(text + "\n", encoding="utf-8")
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RunError(f"{folder}: cannot be written ({reason}); make room and start again") from None


def publish(staged: Path, runs_folder: Path | str) -> Path:
    """Give a whole folder its final name, in one step, and drop the run's checkpoint.

    A run that has the name already is kept in `.replaced`.
    """
    config = read_run(staged, check_name=False).config
    final = Path(runs_folder) / run_name(config)
    try:
        manifest.write(staged)
    except OSError as error:
        raise _not_writable(staged, error) from None
    _write_through(staged)
    if final.exists():
        kept = final.parent / ".replaced" / f"{final.name}.{time.strftime('%Y%m%dT%H%M%S')}"
        kept.parent.mkdir(exist_ok=True)
        while kept.exists():
            kept = kept.with_name(f"{kept.name}+")  # a second one within the second
        os.replace(final, kept)
    open_as_usual(staged)  # mkdtemp's folders are for their owner alone
    os.replace(staged, final)
    checkpoint_file(config, runs_folder).unlink(missing_ok=True)
    return final


def discard(staged: Path) -> None:
    """Remove a folder that will not be published."""
    shutil.rmtree(staged, ignore_errors=True)


def read_run(folder: Path | str, check_name: bool = True) -> FinishedRun:
    """The run in `folder`, its metrics verified. Raises `RunError`: one line with folder, fault and remedy.

    Cheap enough for a thousand runs; what a report draws from is verified by `verification.verify`.
    """
    folder = Path(folder)
    path = folder / "metrics.json"
    try:
        metrics = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(f"{folder}: no metrics.json there; {remedy(folder)}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f"{path}: not readable ({one_line(error)}); {remedy(path)}") from None
    try:
        config = contract.checked_config(metrics)
        expected = run_name(config)
    except ValueError as error:
        raise RunError(f"{path}: {one_line(error)}; {remedy(path)}") from None
    if check_name and folder.name != expected:
        raise RunError(f"{folder}: its configuration belongs to a folder named {expected}; {remedy(folder)}")
    if config.model:
        note(config.code, folder)
    return FinishedRun(folder, metrics, config)


def wrong(run: FinishedRun) -> np.ndarray:
    """Boolean array (n,): which evaluated images the run got wrong."""
    return run.predictions["predicted"] != run.predictions["label"]


def is_current(folder: Path | str) -> bool:
    """Whether `folder` holds a valid run of the present sources, and all of its files."""
    try:
        return is_of_present_sources(read_run(folder)) and not manifest.missing(Path(folder))
    except (NormstudyError, ValueError):
        return False


def is_of_present_sources(run: FinishedRun) -> bool:
    """Whether the present sources made `run`, or were found to give its numbers bit by bit (`stamps`).

    Raises `StampError` when the file that says so is damaged.
    """
    made_by, now = run.metrics["environment"].get("sources"), sources_hash()
    if made_by is None or made_by == now:
        return made_by is not None
    return now in stamps.equivalent(run.place.parent, run.name, made_by)


def environment(device: str) -> dict[str, Any]:
    """With what a run was made: versions, processor, its widest instructions, commit, whether the tree was clean.

    `arithmetic` has the variables that make libraries round otherwise than these instructions would.

    Besides, hashes (the first 16 digits of SHA-256) of the sources, the lock file and the notebook as they are
    then: what was executed, even where the tree was not clean or there was no git.
    """
    return {
        "python": platform.python_version(),
        "torch": version("torch"),
        "torchvision": version("torchvision"),
        "packages": {name: version(name) for name in PACKAGES},
        "lock": _file_hash("requirements.lock"),
        "notebook": _file_hash("analysis/train.ipynb"),
        "processor": _gpu_name() if device == "cuda" else processor(),
        "instructions": None if device == "cuda" else _instructions(),
        "arithmetic": arithmetic(),
        "commit": commit(),
        "clean": is_clean(),
        "sources": sources_hash(),
    }


def _write_through(folder: Path) -> None:
    """Have the kernel write the files of `folder` to the disk, so that a power cut after the renaming takes none."""
    for path in [*folder.iterdir(), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _not_writable(path: Path, error: OSError) -> RunError:
    return RunError(f"{path}: cannot be written ({error.strerror}); make room there or name another folder with RUNS=")


def _columns(run: Run) -> dict[str, np.ndarray]:
    columns = {name: tensor.numpy() for name, tensor in vars(run.predictions).items()}
    return columns | {
        "index": columns["index"].astype(np.int32),
        "label": columns["label"].astype(np.uint8),
        "predicted": columns["predicted"].astype(np.uint8),
    }


def _misclassified(run: Run, data: Data) -> dict[str, np.ndarray]:
    """The evaluated images whose class was not found, those that the model was surest of first."""
    columns = _columns(run)
    wrong = np.flatnonzero(columns["predicted"] != columns["label"])
    # Ties (a probability of exactly 1) go to the smaller index.
    wrong = wrong[np.argsort(-columns["predicted_probability"][wrong], kind="stable")]
    return {
        "images": pictures(data.evaluation.images[wrong]).numpy(),
        "label": columns["label"][wrong],
        "predicted": columns["predicted"][wrong],
        "confidence": columns["predicted_probability"][wrong],
        "index": columns["index"][wrong],
    }


def pictures(images: Tensor) -> Tensor:
    """Images (n, c, h, w) as they are drawn: (n, h, w), or with colours (n, h, w, 3)."""
    return images.permute(0, 2, 3, 1).contiguous() if images.shape[1] > 1 else images[:, 0]


def _arrays(path: Path, check: Callable[..., None], *arguments: Any) -> dict[str, np.ndarray]:
    """The arrays of an npz file, which pass `check`. Raises `RunError`: one line with the file and the remedy."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
    except Exception as error:  # zipfile, zlib and numpy each have their own
        raise RunError(f"{path}: not readable ({one_line(error)}); {remedy(path)}") from None
    try:
        check(arrays, *arguments)
    except ValueError as error:
        raise RunError(f"{path}: {error}; {remedy(path)}") from None
    return arrays


def _file_hash(name: str) -> str | None:
    try:
        return hashlib.sha256((project_root() / name).read_bytes()).hexdigest()[:16]
    except OSError:
        return None


def _instructions() -> str:
    """Those that torch's own kernels take, such as `AVX512`: processors of one name may have others."""
    import torch

    return torch.backends.cpu.get_cpu_capability()


def _gpu_name() -> str:
    import torch

    return torch.cuda.get_device_name()
