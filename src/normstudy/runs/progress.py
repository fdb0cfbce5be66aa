"""The progress channel of a run: a file of JSON lines, because the kernel's output reaches no terminal."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

VARIABLE = "NORMSTUDY_PROGRESS"
"""Environment variable with the file's path; unset, nothing is written."""


class Reporter:
    """What `fit(…)` calls: prints a line per epoch, and adds the entry to the progress file.

    Entries of epochs before an interruption are marked `restored` there, because they took no time now.
    """

    def __init__(self, epochs: int):
        self.epochs = epochs

    def epoch(self, entry: dict[str, Any]) -> None:
        """An epoch has ended."""
        print(
            f"epoch {entry['epoch']:3d} of {self.epochs}: loss {entry['train_loss']:.4f} in training, "
            f"{entry['test_loss']:.4f} in evaluation, accuracy {entry['test_accuracy']:.2%}, {entry['seconds']:.1f} s",
            flush=True,
        )
        self._add(entry)

    def resumed(self, history: list[dict[str, Any]]) -> None:
        """The run goes on after an interruption, with `history` behind it."""
        print(f"This run was interrupted, and goes on after epoch {len(history)} of {self.epochs}.", flush=True)
        for entry in history:
            self._add({**entry, "restored": True})

    def _add(self, entry: dict[str, Any]) -> None:
        if path := os.environ.get(VARIABLE):
            try:
                with open(path, "a", encoding="utf-8") as file:
                    file.write(json.dumps(entry) + "\n")
            except OSError:
                pass  # a run is worth more than the display of its progress


class Channels:
    """The progress files in `folder` of the runs `names`; what has not changed is not read again."""

    def __init__(self, folder: Path, names: Iterable[str]):
        self.folder, self.names = folder, set(names)
        self._seen: dict[str, tuple[int, int]] = {}

    def news(self) -> dict[str, list[dict[str, Any]]]:
        """By run, all entries so far of each whose file is new or has changed since the last call."""
        changed = []
        try:
            with os.scandir(self.folder) as files:
                for file in files:
                    name = file.name.removesuffix(".jsonl")
                    if name in self.names:
                        state = file.stat()
                        now = (state.st_size, state.st_mtime_ns)
                        if self._seen.get(name) != now:
                            self._seen[name] = now
                            changed.append(name)
        except OSError:  # no such folder yet, or a file that goes as it is looked at
            pass
        return {name: read(self.folder / f"{name}.jsonl") for name in changed}


def read(path: Path) -> list[dict[str, Any]]:
    """The entries so far; a line that is still being written is left out."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    except OSError:
        return []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def in_words(seconds: float) -> str:
    """`40 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
