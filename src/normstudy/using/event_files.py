"""Runs as TensorBoard's event files: made from what runs leave anyway, so that training pays nothing for it.

Of a finished run: the scalars of its history, its parameters with the final measures (the HParams tab), the sheet of
misclassified images, and histograms of γ and β after the last epoch. Of one that goes on: what its progress file has
so far, and γ and β from its checkpoint after each epoch that is looked at.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from safetensors import SafetensorError, safe_open
from torch.utils.tensorboard import SummaryWriter
from torch.utils.tensorboard.summary import hparams

from normstudy.errors import NormstudyError
from normstudy.runs import progress
from normstudy.runs.at_place import run_folders, whole_run
from normstudy.runs.folder import CHECKPOINTS, FinishedRun, is_claimed
from normstudy.runs.record import read_record, record_names

TAGS = {
    "train_loss": "loss/training",
    "test_loss": "loss/evaluation",
    "train_accuracy": "accuracy/training",
    "test_accuracy": "accuracy/evaluation",
    "penalty": "loss/penalty",
    "lr": "learning_rate",
    "seconds": "seconds_per_epoch",
}
"""Of the measures that are one number; accuracies are fractions, losses in nats."""

LISTS = {"weight_norms": "weight_norm", "gradient_norms": "gradient_norm"}
"""Of those that have one number per layer: the tag's beginning."""

FINAL = ("test_accuracy", "test_loss", "train_loss")
"""What the HParams tab shows of a run."""

SHEET = "misclassified.png"
PROGRESS = ".progress"


class Board:
    """The event files, in the folder `logs`, of all runs in the folder `runs`: finished, recorded and going on."""

    def __init__(self, runs: Path, logs: Path):
        self.runs, self.logs = runs, logs
        self.refused: dict[str, str] = {}
        self._written: dict[str, int] = {}
        self._going_on: dict[str, _Log] = {}

    def look(self) -> list[str]:
        """Write down what is new since the last look; the names of the runs that have any.

        `refused` has, by place, why something cannot be shown.
        """
        changed = list(self._look_at_records())
        finished = run_folders(self.runs)
        for folder in finished:
            state = _state(folder / "metrics.json")
            if self._written.get(folder.name) != state:
                self._written[folder.name] = state
                changed += [folder.name] if self._write_folder(folder) else []
        return changed + list(self._look_at_progress({folder.name for folder in finished}))

    def _look_at_records(self) -> Iterator[str]:
        for name in record_names(self.runs):
            path = self.runs / f"{name}.json"
            if self._written.get(path.name) == _state(path):
                continue
            self._written[path.name] = _state(path)
            try:
                runs = read_record(path).runs
            except NormstudyError as error:
                self.refused[str(path)] = str(error)
                continue
            for run in runs:
                if not (self.runs / run.name).is_dir():
                    self._write(run)
                    yield run.name

    def _write_folder(self, folder: Path) -> bool:
        try:
            run = whole_run(folder)
        except NormstudyError as error:
            self.refused[str(folder)] = str(error)
            return False
        self._write(run)
        return True

    def _write(self, run: FinishedRun) -> None:
        """All of a finished run, after what was written of it while it went on, if it is still that."""
        log = self._going_on.pop(run.name, None)
        if log is None or log.epochs > len(run.history):
            if log:
                log.close()
            shutil.rmtree(self.logs / run.name, ignore_errors=True)  # of an earlier run of this name
            log = _Log(self.logs / run.name)
        log.add(run.history)
        log.finish(run)
        log.close()

    def _look_at_progress(self, finished: set[str]) -> Iterator[str]:
        names = {path.stem for path in (self.runs / PROGRESS).glob("*.jsonl")} - finished
        for name in sorted(names):
            entries = progress.read(self.runs / PROGRESS / f"{name}.jsonl")
            log = self._going_on.get(name)
            if not entries or (log is None and not is_claimed(name, self.runs)):
                continue  # of a job that ended long ago
            if log and len(entries) < log.epochs:  # it was begun once more
                log.close()
                shutil.rmtree(self.logs / name, ignore_errors=True)
                log = None
            if log is None:
                log = self._going_on[name] = _Log(self.logs / name)
            if len(entries) > log.epochs:
                log.add(entries)
                log.histograms(*_of_checkpoint(self.runs / CHECKPOINTS / f"{name}.safetensors"))
                log.flush()
                yield name


class _Log:
    """The event file of one run, and how many epochs it has."""

    def __init__(self, folder: Path):
        self._writer, self.epochs = SummaryWriter(str(folder)), 0

    def add(self, history: Sequence[Mapping[str, Any]]) -> None:
        """The scalars of the epochs that are new in `history`."""
        for entry in history[self.epochs :]:
            for measure, tag in TAGS.items():
                if entry.get(measure) is not None:
                    self._writer.add_scalar(tag, entry[measure], entry["epoch"])
            for measure, tag in LISTS.items():
                for layer, norm in enumerate(entry.get(measure, []), start=1):
                    if norm is not None:
                        self._writer.add_scalar(f"{tag}/layer_{layer}", norm, entry["epoch"])
        self.epochs = len(history)

    def histograms(self, tensors: Mapping[str, np.ndarray], epoch: int) -> None:
        """γ and β of each normalization, as they were after `epoch`."""
        for tag, values in tensors.items():
            self._writer.add_histogram(tag, values, epoch)

    def finish(self, run: FinishedRun) -> None:
        """What only a finished run has."""
        if run.diverged:
            where = f"epoch {run.metrics['epoch']}, step {run.metrics['step']}"
            self._writer.add_text("diverged", f"in {where}", run.metrics["epoch"])
        elif (run.folder / "model.safetensors").is_file():
            self.histograms(_scales_and_shifts(run.folder / "model.safetensors"), run.config.epochs)
            if (run.folder / SHEET).is_file():
                with Image.open(run.folder / SHEET, formats=["PNG"]) as sheet:
                    pixels = np.asarray(sheet.convert("RGB"))
                self._writer.add_image("misclassified", pixels, run.config.epochs, dataformats="HWC")
        # As add_hparams does, which would put them into a run of another name.
        values = {name: "–" if value is None else value for name, value in run.config.model_dump().items()}
        measures = {} if run.diverged else {TAGS[name]: run.history[-1][name] for name in FINAL}
        file = self._writer.file_writer
        assert file is not None
        for summary in hparams(values, measures):
            file.add_summary(summary)

    def flush(self) -> None:
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


def _of_checkpoint(path: Path) -> tuple[dict[str, np.ndarray], int]:
    """γ and β in the checkpoint of a run that goes on, and after which epoch; nothing where there is none by now."""
    try:
        with safe_open(path, framework="numpy") as file:
            epochs = len(json.loads(file.metadata()["record"])["history"])
        return _scales_and_shifts(path, "model."), epochs
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return {}, 0


def _scales_and_shifts(path: Path, prefix: str = "") -> dict[str, np.ndarray]:
    """(channels,) γ and β of each normalization in a file of weights, as `γ/1`, `β/1`, … in the order of the layers."""
    found = {}
    with safe_open(path, framework="numpy") as file:
        every = set(file.keys())
        names = [name for name in every if name.startswith(prefix) and name.endswith(".weight")]
        names = [name for name in names if f"{name.removesuffix('weight')}bias" in every]
        scales = [name for name in names if len(file.get_slice(name).get_shape()) == 1]
        layers = sorted(scales, key=lambda name: ([int(part) for part in name.split(".") if part.isdigit()], name))
        for number, name in enumerate(layers, start=1):
            found[f"γ/{number}"] = file.get_tensor(name)
            found[f"β/{number}"] = file.get_tensor(f"{name.removesuffix('weight')}bias")
    return found


def _state(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:  # gone as it is looked at
        return 0
