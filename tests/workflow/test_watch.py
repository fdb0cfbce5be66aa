"""What the terminal shows while runs go on."""

import json
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from commands import ROOT
from rich.console import Console

from normstudy.config import Config
from normstudy.ownership import take_runs_folder
from normstudy.runs.folder import claim
from normstudy.runs.studies import PlannedRun

sys.path.insert(0, str(ROOT / "workflow"))

import watch as watching


class Process:
    """A scheduler under which, at each look, some more epochs of the runs that go on have ended.

    `ends`: after how many epochs a run ends, where it is not after all of its own.
    """

    def __init__(self, runs_folder: Path, runs: list[PlannedRun], at_once: int, at_a_time: int = 1, ends=None):
        self.folder, self.at_once, self.step, self.ends = runs_folder, at_once, at_a_time, ends or {}
        self.waiting, self.going_on, self.claims = list(runs), {}, {}

    def poll(self) -> int | None:
        for run in list(self.going_on):
            if self.going_on[run] == self.end(run):
                del self.going_on[run]
                self.claims.pop(run).close()
        while self.waiting and len(self.going_on) < self.at_once:
            run = self.waiting.pop(0)
            self.going_on[run] = 0
            self.claims[run] = ExitStack()
            self.claims[run].enter_context(claim(run.name, self.folder))
        for run in self.going_on:
            self.going_on[run] = min(self.going_on[run] + self.step, self.end(run))
            entries = [
                {"epoch": epoch, "seconds": 2.0, "test_accuracy": 0.5} for epoch in range(1, self.going_on[run] + 1)
            ]
            text = "".join(json.dumps(entry) + "\n" for entry in entries)
            (self.folder / f".progress/{run.name}.jsonl").write_text(text)
        return None if self.going_on else 0

    def end(self, run: PlannedRun) -> int:
        return self.ends.get(run.config.seed, run.config.epochs)

    def wait(self, timeout: float) -> int:
        raise subprocess.TimeoutExpired("snakemake", timeout)


def planned(epochs: int, norms=("bn", "ln"), seeds=1) -> list[PlannedRun]:
    settings = {"dataset": "digits", "device": "cpu", "precision": "fp32", "epochs": epochs}
    return [
        PlannedRun(Path(f"{norm}.yaml"), Config(norm=norm, seed=seed, **settings))
        for seed in range(seeds)
        for norm in norms
    ]


@pytest.fixture
def result(tmp_path):
    """A function: what `watch` prints of these runs, `workers` at a time."""

    def watch(runs: list[PlannedRun], workers: int = 2, **process) -> list[str]:
        take_runs_folder(tmp_path)
        (tmp_path / ".progress").mkdir()
        scheduler = Process(tmp_path, runs, workers, **process)
        with open(tmp_path / "output", "w") as file:
            console = Console(file=file, soft_wrap=True)
            (tmp_path / "report.log").write_text("Rendering the report …\n[cells]\n")
            watching.watch(scheduler, tmp_path / ".progress", runs, runs, console, workers, tmp_path / "report.log")
        lines = (tmp_path / "output").read_text().splitlines()
        assert lines.count("Rendering the report …") == 1
        return [line for line in lines if line != "Rendering the report …"]

    return watch


def test_the_time_that_training_takes_is_reported_once_after_the_first_epochs(result):
    lines = result(planned(4))
    (line,) = [line for line in lines if "takes about" in line]
    assert re.fullmatch(r"Training takes about \d+ s, 2 at a time; then the report is rendered\.", line)
    assert lines.index("BN: epoch 1 of 4, test accuracy 50.00%, 6 s left") < 3
    assert {"BN: epoch 4 of 4, test accuracy 50.00%, done", "LN: epoch 4 of 4, test accuracy 50.00%, done"} == set(
        lines[-2:]
    )
    assert len(lines) == 1 + 2 * 4


@pytest.mark.parametrize(("epochs", "at_a_time"), [(1, 1), (4, 4)])
def test_no_time_is_reported_when_all_epochs_have_ended(result, epochs, at_a_time):
    lines = result(planned(epochs), at_a_time=at_a_time)
    assert not [line for line in lines if "takes about" in line]
    assert len([line for line in lines if line.endswith("done")]) == 2


def test_a_run_that_ends_early_is_reported(result):
    lines = result(planned(4, norms=["gn"], seeds=2), ends={1: 2})
    assert lines[-1] == "GN, seed 0: epoch 4 of 4, test accuracy 50.00%, done"
    assert lines.count("GN, seed 1: ended after 2 of 4 epochs") == 1


def test_of_many_runs_a_line_is_reported_for_each_that_ended(result):
    runs = planned(3, norms=("bn", "gn", "ln"), seeds=10)
    lines = result(runs, ends={4: 1})
    of_runs = [line for line in lines if "takes about" not in line]
    assert len(of_runs) == 30
    assert of_runs[0].startswith("BN, seed 0: epoch 3 of 3, test accuracy 50.00%, done (")
    assert sum("seed 4: ended after 1 of 3 epochs (" in line for line in of_runs) == 3
    assert of_runs[-1].endswith("(30 of 30 runs)")
    assert sum(" left)" in line for line in of_runs) > 20  # but not of the first, nor of the last


def test_the_time_left_follows_the_runs_that_have_ended(tmp_path, monkeypatch):
    """A machine that takes long to start up: 45 runs of 20 epochs of 0.2 s, 7 s besides in each, 60 s at first."""
    runs = planned(20, norms=("gn",), seeds=45)
    (tmp_path / ".progress").mkdir()
    now = [0.0]
    monkeypatch.setattr(watching.time, "monotonic", lambda: now[0])
    going_on = []
    monkeypatch.setattr(watching, "is_claimed", lambda name, folder: name in going_on)
    batch = watching.Batch(runs, tmp_path / ".progress", 1)
    now[0] = 60.0
    left = []
    for number, run in enumerate(runs):
        going_on[:] = [run.name]
        channel = tmp_path / f".progress/{run.name}.jsonl"
        channel.write_text("")
        batch.look()
        now[0] += 5.0
        channel.write_text("".join(json.dumps({"epoch": each, "seconds": 0.2}) + "\n" for each in range(1, 21)))
        now[0] += 4.0
        batch.look()
        assert number or batch.left() == 0.0  # of one run that has not ended, nothing is known
        now[0] += 1.0
        going_on.clear()
        batch.look()
        left.append(batch.left())
        now[0] += 1.0
    assert left[0] == pytest.approx(44 * 10)
    assert left[1:-1] == pytest.approx([11 * (45 - number) for number in range(2, 45)], rel=0.05)
    assert left[-1] == 0.0


def test_a_terminal_has_bars_for_the_whole_and_for_what_is_going_on(tmp_path):
    runs = planned(3, norms=("bn", "gn", "ln"), seeds=112)
    take_runs_folder(tmp_path)
    (tmp_path / ".progress").mkdir()
    scheduler, batch = Process(tmp_path, runs, 2), watching.Batch(runs, tmp_path / ".progress", 2)
    names = {run.name: f"{run.config.norm} {run.config.seed}" for run in runs}
    with open(tmp_path / "output", "w") as file:
        console = Console(file=file, force_terminal=True)
        bars = watching.Progress(console=console, auto_refresh=False)
        display = watching.ManyRuns(batch, names, bars)
        for _ in range(4):
            scheduler.poll()
            display.show(batch.look())
    whole, *single = bars.tasks
    assert (whole.completed, whole.total) == (8, 336 * 3)
    assert whole.fields["state"].startswith("2 of 336 runs, ")
    assert [(task.description, task.completed) for task in single] == [("ln 0", 1), ("bn 1", 1)]
