"""Runs as TensorBoard's event files: made from what runs leave anyway, so that training pays nothing for it.

Of a finished run: the scalars of its history, its parameters with the final measures (the HParams tab), the sheet of
misclassified images, and histograms of γ and β after the last epoch. Of one in progress: what its progress file has
so far, and γ and β from its checkpoint after each epoch that is looked at.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
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
    """The event files, in the folder `logs`, of all runs in the folder `runs`: finished, recorded and in progress."""

    def __init__(self, runs: Path, logs: Path):
        self.runs, self.logs = runs, logs
        self.refused: dict[str, str] = {}
        self._states: dict[Path, int] = {}
        self._in_progress: dict[str, _Log] = {}

    def look(self) -> list[str]:
        """Write down what is new since the last look; the names of the runs that have any.

        `refused` has, by place, why something cannot be shown.
        """
        new: list[FinishedRun] = []
        folders = run_folders(self.runs)
        for place in [*(self.runs / f"{name}.json" for name in record_names(self.runs)), *folders]:
            if self._has_changed(place if place.suffix == ".json" else place / "metrics.json"):
                try:
                    new += [whole_run(place)] if place in folders else self._only_recorded(place)
                except NormstudyError as error:
                    self.refused[str(place)] = str(error)
        for run in new:
            self._log(run.name, run.history).finish(run)
            self._in_progress.pop(run.name).close()
        shown = [run.name for run in new]
        for path in sorted((self.runs / PROGRESS).glob("*.jsonl")):
            if (self.runs / path.stem) not in folders and self._has_gone_on(path):
                shown.append(path.stem)
        return shown

    def _only_recorded(self, record: Path) -> list[FinishedRun]:
        return [run for run in read_record(record).runs if not (self.runs / run.name).is_dir()]

    def _has_gone_on(self, path: Path) -> bool:
        """Write down what is new in the progress file `path`; whether there is any."""
        name, known = path.stem, self._in_progress.get(path.stem)
        entries = progress.read(path)
        if not entries or not (known or is_claimed(name, self.runs)):  # of a job that ended long ago
            return False
        if known and len(entries) == known.epochs:
            return False
        self._log(name, entries).histograms(*_of_checkpoint(self.runs / CHECKPOINTS / f"{name}.safetensors"))
        return True

    def _log(self, name: str, history: Sequence[Mapping[str, Any]]) -> _Log:
        """That of the run, with all of `history`; a new one where it has more than that: the run was begun again."""
        log = self._in_progress.get(name)
        if log and log.epochs > len(history):
            log.close()
            log = None
        if not log:
            shutil.rmtree(self.logs / name, ignore_errors=True)
            log = self._in_progress[name] = _Log(self.logs / name)
        log.add(history)
        return log

    def _has_changed(self, path: Path) -> bool:
        """Whether the file was written since the last look."""
        with suppress(OSError):  # gone as it is looked at
            before, self._states[path] = self._states.get(path), path.stat().st_mtime_ns
            return before != self._states[path]
        return False


class _Log:
    """The event file of one run, and how many epochs it has."""

    def __init__(self, folder: Path):
        self._writer, self.epochs = SummaryWriter(str(folder)), 0
        self.close = self._writer.close

    def add(self, history: Sequence[Mapping[str, Any]]) -> None:
        """The scalars of the epochs that are new in `history`."""
        for entry in history[self.epochs :]:
            numbers = {tag: entry.get(measure) for measure, tag in TAGS.items()}
            for measure, tag in LISTS.items():
                numbers |= {f"{tag}/layer_{layer}": norm for layer, norm in enumerate(entry.get(measure, []), start=1)}
            for tag, number in numbers.items():
                if number is not None:
                    self._writer.add_scalar(tag, number, entry["epoch"])
        self.epochs = len(history)
        self._writer.flush()

    def histograms(self, tensors: Mapping[str, np.ndarray], epoch: int) -> None:
        """γ and β of each normalization, as they were after `epoch`."""
        for tag, values in tensors.items():
            self._writer.add_histogram(tag, values, epoch)
        self._writer.flush()

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


def _of_checkpoint(path: Path) -> tuple[dict[str, np.ndarray], int]:
    """γ and β in the checkpoint of a run in progress, and after which epoch; nothing where there is none by now."""
    with (
        suppress(OSError, SafetensorError, ValueError, KeyError, TypeError),
        safe_open(path, framework="numpy") as file,
    ):
        epochs = len(json.loads(file.metadata()["record"])["history"])
        return _scales_and_shifts(path, "model."), epochs
    return {}, 0


def _scales_and_shifts(path: Path, prefix: str = "") -> dict[str, np.ndarray]:
    """(channels,) γ and β of each normalization in a file of weights, as `γ/1`, `β/1`, … in the order of the layers."""
    found = {}
    with safe_open(path, framework="numpy") as file:
        names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118
        layers = [name.removesuffix(".weight") for name in names if name.endswith(".weight")]
        layers = [layer for layer in layers if f"{layer}.bias" in names]
        layers = [layer for layer in layers if len(file.get_slice(f"{layer}.weight").get_shape()) == 1]
        layers.sort(key=lambda layer: ([int(part) for part in layer.split(".") if part.isdigit()], layer))
        for number, layer in enumerate(layers, start=1):
            found[f"γ/{number}"] = file.get_tensor(f"{layer}.weight")
            found[f"β/{number}"] = file.get_tensor(f"{layer}.bias")
    return found
