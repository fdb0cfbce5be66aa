"""What the terminal shows while runs go on."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from commands import ROOT
from rich.console import Console

from normstudy.config import Config
from normstudy.runs.studies import PlannedRun

sys.path.insert(0, str(ROOT / "workflow"))

import watch as watching


class Process:
    """A scheduler under which, at each look, one more epoch of each run has ended."""

    def __init__(self, channel: Path, runs: list[PlannedRun], epochs_at_a_time: int):
        self.channel, self.runs, self.step, self.epochs = channel, runs, epochs_at_a_time, 0

    def poll(self) -> int | None:
        self.epochs += self.step
        for run in self.runs:
            entries = [
                {"epoch": epoch, "seconds": 2.0, "test_accuracy": 0.5}
                for epoch in range(1, min(self.epochs, run.config.epochs) + 1)
            ]
            text = "".join(json.dumps(entry) + "\n" for entry in entries)
            (self.channel / f"{run.name}.jsonl").write_text(text)
        return 0 if self.epochs > max(run.config.epochs for run in self.runs) else None

    def wait(self, timeout: float) -> int:
        raise subprocess.TimeoutExpired("snakemake", timeout)


@pytest.fixture
def told(tmp_path, monkeypatch):
    """A function: what `watch` prints of runs that end so many epochs between two looks."""

    def watch(epochs: int, epochs_at_a_time: int) -> list[str]:
        settings = {"dataset": "digits", "device": "cpu", "precision": "fp32", "epochs": epochs}
        runs = [PlannedRun(Path(f"{norm}.yaml"), Config(norm=norm, **settings)) for norm in ("bn", "ln")]
        with open(tmp_path / "told", "w") as file:
            console = Console(file=file, soft_wrap=True)
            watching.watch(Process(tmp_path, runs, epochs_at_a_time), tmp_path, runs, runs, console, 2, True)
        return (tmp_path / "told").read_text().splitlines()

    return watch


def test_the_time_that_training_takes_is_told_once_after_the_first_epochs(told):
    lines = told(4, 1)
    assert [line for line in lines if "takes about" in line] == [
        "Training takes about 8 s, 2 at a time; then the report is rendered."
    ]
    assert lines.index("BN: epoch 1 of 4, test accuracy 50.00%, 6 s left") < 3
    assert lines[-1] == "LN: epoch 4 of 4, test accuracy 50.00%, done"


def test_of_many_runs_only_those_that_go_on_are_shown(tmp_path):
    class Ended:
        """A scheduler that has ended all of its runs but the last two, of which one is waiting."""

        def poll(self) -> int:
            (tmp_path / ".done").mkdir()
            (tmp_path / "channel").mkdir()
            for run in runs[:-1]:
                (tmp_path / f"channel/{run.name}.jsonl").touch()
            for run in runs[:-2]:
                (tmp_path / f".done/{run.name}").touch()
            return 0

    settings = {"dataset": "digits", "device": "cpu", "precision": "fp32", "epochs": 2}
    runs = [PlannedRun(Path("a.yaml"), Config(norm="gn", max_lr=at / 1000, **settings)) for at in range(1, 26)]
    with open(tmp_path / "told", "w") as file:
        console = Console(file=file, force_terminal=True, width=100)
        watching.watch(Ended(), tmp_path / "channel", runs, runs, console, 2, False)
    last = (tmp_path / "told").read_text().rpartition("all runs")[2]
    assert "23 of 25 ended" in last
    assert "GN (max lr 0.024)" in last
    assert last.count("GN") == 1


@pytest.mark.parametrize(("epochs", "at_a_time"), [(1, 1), (4, 4)])
def test_no_time_is_told_when_all_epochs_have_ended(told, epochs, at_a_time):
    lines = told(epochs, at_a_time)
    assert not [line for line in lines if "takes about" in line]
    assert len([line for line in lines if line.endswith("done")]) == 2
