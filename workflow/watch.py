"""What the terminal shows while runs go on."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from normstudy.report.labels import labels
from normstudy.runs.progress import in_words, read
from normstudy.runs.studies import PlannedRun
from normstudy.runs.timing import batch_seconds

POLL_SECONDS = 0.5

MANY = 20
"""Of more runs, only those that go on are shown."""


def watch(
    process: subprocess.Popen,
    channel: Path,
    runs: list[PlannedRun],
    waiting: list[PlannedRun],
    console: Console,
    workers: int | None,
    renders: bool,
) -> None:
    """Show epoch, accuracy and time left of each run: bars on a terminal, a line per epoch elsewhere.

    What the whole batch takes is said as soon as each of the first `workers` runs has an epoch behind it;
    None where their number is not known.
    """
    start = time.monotonic()
    told = not waiting or workers is None
    names = dict(zip([run.name for run in runs], labels([run.config for run in runs]), strict=True))
    columns = [TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}")]
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        shown: dict[str, int] = {run.name: 0 for run in waiting}
        many = len(waiting) > MANY
        of_all = bars.add_task("all runs", total=len(waiting), state="", visible=many)
        bar: dict[str, TaskID] = {
            run.name: bars.add_task(names[run.name], total=run.config.epochs, state="waiting", visible=not many)
            for run in waiting
        }
        rendering: TaskID | None = None
        # Of the epochs that were trained now: those before an interruption took no time.
        seconds: dict[str, list[float]] = {run.name: [] for run in waiting}
        left = {run.name: run.config.epochs for run in waiting}
        while True:
            ended = process.poll() is not None
            for run in waiting:
                entries = read(channel / f"{run.name}.jsonl")
                if len(entries) > shown[run.name]:
                    shown[run.name] = len(entries)
                    seconds[run.name] = [entry["seconds"] for entry in entries if not entry.get("restored")]
                    left[run.name] = run.config.epochs - (len(entries) - len(seconds[run.name]))
                    state = describe(entries, run)
                    bars.update(bar[run.name], completed=len(entries), state=state)
                    if not console.is_terminal:
                        console.print(f"{names[run.name]}: {state}")
                elif not entries and (channel / f"{run.name}.jsonl").exists():
                    bars.update(bar[run.name], state="starting")
            if many:
                begun = [run.name for run in waiting if (channel / f"{run.name}.jsonl").exists()]
                done = {name for name in begun if (channel.parent / ".done" / name).exists()}
                for name in begun:
                    bars.update(bar[name], visible=name not in done)
                bars.update(of_all, completed=len(done), state=f"{len(done)} of {len(waiting)} ended")
            told = told or all(shown[run.name] == run.config.epochs for run in waiting)  # too late to tell
            if not told and sum(map(bool, seconds.values())) >= min(workers, len(waiting)):
                told = True
                start_up = time.monotonic() - start - max(map(sum, seconds.values()))
                total = batch_seconds(list(left.values()), list(seconds.values()), max(0.0, start_up), workers)
                then = "; then the report is rendered" if renders else ""
                console.print(f"Training takes about {in_words(total)}, {workers} at a time{then}.")
            if (
                renders
                and rendering is None
                and all(shown[run.name] == run.config.epochs for run in waiting)
                and not ended
            ):
                rendering = bars.add_task("report", total=None, state="rendering")
            if ended:
                if rendering is not None:
                    bars.update(rendering, total=1, completed=1, state="")
                return
            with suppress(subprocess.TimeoutExpired):
                process.wait(POLL_SECONDS)


def describe(entries: list[dict], run: PlannedRun) -> str:
    """`epoch 3 of 20, test accuracy 99.01 %, 1 min 20 s left`."""
    last = entries[-1]
    left = sum(entry["seconds"] for entry in entries) / len(entries) * (run.config.epochs - len(entries))
    text = (
        f"epoch {last['epoch']} of {run.config.epochs}, {run.config.evaluate_on} accuracy {last['test_accuracy']:.2%}"
    )
    return f"{text}, {in_words(left)} left" if left else f"{text}, done"
