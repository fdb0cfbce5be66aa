"""What the terminal shows while runs go on."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from statistics import fmean

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from normstudy.report.core.models import names_of_runs
from normstudy.runs.folder import is_claimed
from normstudy.runs.progress import Channels, in_words
from normstudy.runs.studies import PlannedRun
from normstudy.runs.timing import side_by_side_seconds

POLL_SECONDS = 0.5
MOST_SHOWN = 12
"""Runs that are shown one by one; where there are more, those that are going on, and all together."""


def watch(
    process: subprocess.Popen,
    channel: Path,
    runs: list[PlannedRun],
    waiting: list[PlannedRun],
    console: Console,
    workers: int | None,
    report_log: Path | None,
) -> None:
    """Show epoch, accuracy and time left of each run: bars on a terminal, a line per epoch elsewhere.

    Of many runs, those that are going on and all together, or a line for each that has ended. What all of it takes is
    said once `workers` runs were measured here; None where their number is not known. `report_log`, of a job that ends
    with a report: what its renderer says is written there, the first line being that it has begun.
    """
    batch = Batch(waiting, channel, workers)
    announced = False
    names = dict(zip([run.name for run in runs], names_of_runs([run.config for run in runs]), strict=True))
    columns = [TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}")]
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        display = (EachRun if len(waiting) <= MOST_SHOWN else ManyRuns)(batch, names, bars)
        rendering: TaskID | None = None
        while True:
            ended = process.poll() is not None
            display.show(batch.look())
            if not announced and (left := batch.left()):
                announced = True
                then = "; then the report is rendered" if report_log else ""
                takes = in_words(batch.elapsed() + left)
                console.print(f"Training takes about {takes}, {workers} at a time{then}.")
            if report_log and rendering is None and (begun := first_line(report_log)):
                console.print(begun)
                rendering = bars.add_task("report", total=None, state="rendering")
            if ended:
                if rendering is not None:
                    bars.update(rendering, total=1, completed=1, state="")
                return
            with suppress(subprocess.TimeoutExpired):
                process.wait(POLL_SECONDS)


def first_line(log: Path) -> str:
    """That of `log`, once it is written, unless it tells of an error."""
    try:
        line, end, _ = log.read_text(errors="replace").partition("\n")
    except OSError:
        return ""
    return line if end and not line.startswith("error: ") else ""


class Batch:
    """The runs that are trained now, and how far each has come."""

    def __init__(self, waiting: list[PlannedRun], channel: Path, workers: int | None):
        self.runs = {run.name: run for run in waiting}
        self.workers = workers
        self.entries: dict[str, list[dict]] = {name: [] for name in self.runs}
        self.begun: dict[str, float] = {}
        self.ended: dict[str, float] = {}
        self._channels, self._runs_folder = Channels(channel, self.runs), channel.parent
        self._start = time.monotonic()

    def look(self) -> list[str]:
        """See what is new; the names of runs that have begun, gone on or ended since the last look."""
        changed, news, now = [], self._channels.news(), time.monotonic()
        for name in [name for name in self.runs if name in news]:
            entries = news[name]
            self.begun.setdefault(name, now)
            self.ended.pop(name, None)  # it was begun once more
            if len(entries) > len(self.entries[name]) or not entries:
                self.entries[name] = entries or self.entries[name]
                changed.append(name)
        for name in self.going_on():
            if not is_claimed(name, self._runs_folder):
                self.ended[name] = now
                changed += [] if name in changed else [name]
        return changed

    def is_complete(self, name: str) -> bool:
        """Whether all epochs of the run are done."""
        return len(self.entries[name]) == self.runs[name].config.epochs

    def state(self, name: str) -> str:
        """How far the run has come, in words."""
        run, entries = self.runs[name], self.entries[name]
        if name in self.ended and not self.is_complete(name):
            word = "diverged" if run.is_done(self._runs_folder) else "ended"
            return f"{word} after {len(entries)} of {run.config.epochs} epochs"
        return describe(entries, run) if entries else "starting"

    def going_on(self) -> list[str]:
        """The runs that are being trained, in the order in which they began."""
        return [name for name in self.begun if name not in self.ended]

    def epochs(self) -> tuple[int, int]:
        """How many epochs are over, and of how many; of a run that ended early, no more are to come."""
        whole = {name: run.config.epochs for name, run in self.runs.items()}
        over = sum(whole[name] if name in self.ended else len(self.entries[name]) for name in self.begun)
        return over, sum(whole.values())

    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start

    def left(self) -> float:
        """About how many seconds are left; 0 where no run is, or until `workers` runs were measured here.

        Of a few runs an epoch is enough. Of many, only finished runs count: of a short run half the time goes into
        start-up and saving.
        """
        trained = [name for name in self.begun if self._seconds(name)]
        over = [name for name in trained if name in self.ended]
        measured = trained if len(self.runs) <= MOST_SHOWN else over
        rest = [name for name in self.runs if name not in self.ended]
        if not self.workers or not rest or len(measured) < min(self.workers, len(self.runs)):
            return 0.0
        now = time.monotonic()
        took = [self.ended.get(name, now) - self.begun[name] - sum(self._seconds(name)) for name in over or trained]
        begins, ends = sorted(self.begun.values()), sorted(self.ended.values())
        gaps = [begin - end for begin, end in zip(begins[self.workers :], ends, strict=False)]
        besides = max(0.0, fmean(took)) + max(0.0, fmean(gaps or [0.0]))
        epoch = fmean(seconds for name in trained for seconds in self._seconds(name))
        needed = []
        for name in sorted(rest, key=lambda name: name not in self.begun):
            own = self._seconds(name)
            start_up = 0.0 if own else max(0.0, besides - now + self.begun.get(name, now))
            epochs = self.runs[name].config.epochs - len(self.entries[name])
            needed.append(epochs * (fmean(own) if own else epoch) + start_up)
        return side_by_side_seconds(needed, self.workers)

    def _seconds(self, name: str) -> list[float]:
        # Of the epochs that were trained now: those before an interruption took no time.
        return [entry["seconds"] for entry in self.entries[name] if not entry.get("restored")]


class EachRun:
    """A bar for each run of a batch; without a terminal, a line for each epoch."""

    def __init__(self, batch: Batch, names: Mapping[str, str], bars: Progress):
        self.batch, self.names, self.bars = batch, names, bars
        self.shown: dict[str, str] = {}
        self.bar = {
            name: bars.add_task(names[name], total=run.config.epochs, state="waiting")
            for name, run in batch.runs.items()
        }

    def show(self, changed: Collection[str]) -> None:
        for name in changed:
            epochs, state = len(self.batch.entries[name]), self.batch.state(name)
            self.bars.update(self.bar[name], completed=epochs, state=state)
            is_new, self.shown[name] = self.shown.get(name) != state, state
            if is_new and not self.bars.console.is_terminal and (epochs or name in self.batch.ended):
                self.bars.console.print(f"{self.names[name]}: {state}")


class ManyRuns:
    """A bar for a whole batch and for each run that is going on; without a terminal, a line for each run that ended."""

    def __init__(self, batch: Batch, names: Mapping[str, str], bars: Progress):
        self.batch, self.names, self.bars = batch, names, bars
        self.whole = bars.add_task("all runs", total=batch.epochs()[1], state="waiting")
        self.bar: dict[str, TaskID] = {}

    def show(self, changed: Collection[str]) -> None:
        if not changed:
            return
        batch, shown = self.batch, self.batch.going_on()[:MOST_SHOWN]
        count = f"{len(batch.ended):,} of {len(batch.runs):,} runs"
        left = f", {in_words(seconds)} left" if (seconds := batch.left()) else ""
        self.bars.update(self.whole, completed=batch.epochs()[0], state=f"{count}{left}")
        for name in [name for name in self.bar if name not in shown]:
            self.bars.remove_task(self.bar.pop(name))
        for name in shown:
            if name not in self.bar:
                self.bar[name] = self.bars.add_task(self.names[name], total=batch.runs[name].config.epochs, state="")
            self.bars.update(self.bar[name], completed=len(batch.entries[name]), state=batch.state(name))
        for name in [name for name in changed if name in batch.ended and not self.bars.console.is_terminal]:
            self.bars.console.print(f"{self.names[name]}: {batch.state(name)} ({count}{left})")


def describe(entries: list[dict], run: PlannedRun) -> str:
    """`epoch 3 of 20, test accuracy 99.01 %, 1 min 20 s left`."""
    last = entries[-1]
    left = sum(entry["seconds"] for entry in entries) / len(entries) * (run.config.epochs - len(entries))
    text = (
        f"epoch {last['epoch']} of {run.config.epochs}, {run.config.evaluate_on} accuracy {last['test_accuracy']:.2%}"
    )
    return f"{text}, {in_words(left)} left" if left else f"{text}, done"
