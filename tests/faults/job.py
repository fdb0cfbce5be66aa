"""The main job as something that can be killed: its processes, and what each of them is doing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
from commands import NO_DATA

from normstudy.paths import project_root

MARK = "NORMSTUDY_FAULT_TEST"
PY_SPY = str(Path(sys.executable).parent / "py-spy")

# The innermost of these functions on the stack of a kernel or of train_run.py says what it is at.
DOING = {
    ("src/normstudy/data/augmentation.py", "draw"): "training",
    ("src/normstudy/training/loop.py", "_train"): "training",
    ("src/normstudy/training/evaluation.py", "evaluate"): "evaluation",
    ("src/normstudy/training/checkpoints.py", "write"): "checkpoint",
    ("src/normstudy/runs/folder.py", "save"): "saving",
    ("src/normstudy/notebook.py", "save_picture"): "saving",
    ("src/normstudy/notebook.py", "picture"): "saving",
    ("workflow/train_run.py", "tidy"): "finalising",
    ("src/normstudy/runs/folder.py", "publish"): "finalising",
}


class Job:
    """`make report` on the parameter files of a folder, with everything it makes in that folder."""

    def __init__(self, where: Path, renderer: str = "preview"):
        self.where = where
        self.runs = where / "runs"
        self.report = where / "report"
        self.renderer = renderer
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start it in the background; its output is added to `output.log`."""
        command = [sys.executable, "workflow/report.py", "--params", self.where / "params", "--runs", self.runs]
        command += ["--output", self.report, "--renderer", self.renderer]
        environment = {**os.environ, MARK: str(self.where), **NO_DATA}
        with open(self.where / "output.log", "a") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                cwd=project_root(),
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def run(self) -> int:
        """Start it and wait for its end; its exit status."""
        self.start()
        return self.process.wait()

    @property
    def output(self) -> str:
        return (self.where / "output.log").read_text()

    def processes(self, role: str = "any") -> list[psutil.Process]:
        """Those of the job that are alive, orphans too. Roles: driver, scheduler, run, kernel, render, any."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) != str(self.where) or process.status() == psutil.STATUS_ZOMBIE:
                    continue
                if role in ("any", role_of(process)):
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    def epochs(self) -> list[int]:
        """How many epochs each run has behind it, of those that have begun."""
        return [len(path.read_text().splitlines()) for path in self.runs.glob(".progress/*.jsonl")]

    def published(self) -> list[Path]:
        """The run folders that anybody can see."""
        return [path.parent for path in self.runs.glob("[!.]*/metrics.json")]


def role_of(process: psutil.Process) -> str:
    """What a process of the job is there for."""
    command = " ".join(process.cmdline())
    if process.name() in ("sh", "bash", "dash"):
        return "shell"
    for role, sign in {
        "driver": "workflow/report.py",
        "scheduler": "-m snakemake",
        "run": "workflow/train_run.py",
        "render": "workflow/render.py",
    }.items():
        if sign in command:
            return role
    if "ipykernel_launcher" in command:
        return "kernel" if "NORMSTUDY_PROGRESS" in process.environ() else "render"
    return "other"


def doing(process: psutil.Process) -> str:
    """What a suspended process is at, read off its stack: a value of `DOING`, else start-up."""
    command = [PY_SPY, "dump", "--json", "--nonblocking", "--pid", str(process.pid)]
    answer = subprocess.run(command, capture_output=True, text=True)
    try:
        threads = json.loads(answer.stdout)
    except ValueError:  # not a Python yet
        return "start-up"
    main = next((thread["frames"] for thread in threads if thread["thread_name"] == "MainThread"), [])
    for frame in main:  # innermost first
        for (file, name), what in DOING.items():
            if frame["name"] == name and Path(frame["filename"]).as_posix().endswith(file):
                return what
    return "start-up"
