"""One trial: start the job, wait for a random moment, kill something, look, go on, compare."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from bs4 import BeautifulSoup
from pypdf import PdfReader

from normstudy.runs.folder import read_run

from .job import Job, doing

PHASES = ("start-up", "training", "evaluation", "checkpoint", "saving", "finalising", "rendering")
TARGETS = ("everything", "scheduler", "driver", "kernel", "run")
EPOCHS = 60
PATIENCE = 600
"""Seconds until a phase that never comes counts as an error of this test."""
ATTEMPTS = 3
"""How many jobs are begun until one is hit at the moment that is wanted; some pass in a few milliseconds."""


@dataclass(frozen=True)
class Trial:
    """What was killed while it was at what (`aimed` may differ from `hit`), and what went wrong; nothing, one hopes."""

    aimed: str
    hit: str
    target: str
    resumed: int
    seconds: float
    problems: list[str]


def make_job(where: Path, renderer: str = "preview") -> Job:
    """Two small models, on UCI digits."""
    (where / "params").mkdir(parents=True)
    for name, lines in {"bn": "norm: bn\nl1: 1e-5", "ln": "norm: ln"}.items():
        (where / f"params/{name}.yaml").write_text(f"{lines}\ndataset: digits\nepochs: {EPOCHS}\n")
    return Job(where, renderer)


def attempt(where: Path, undisturbed: Job, phase: str, target: str, chance: random.Random) -> Trial:
    """Run one trial in the new folder `where`."""
    start = time.monotonic()
    for number in range(ATTEMPTS):
        job = make_job(where / str(number), undisturbed.renderer)
        job.start()
        if hit := strike(job, phase, target, chance):
            break
        job.process.wait()
    problems = look(job)
    if target != "kernel":  # that is mended by the job itself
        if target in ("scheduler", "run"):
            job.process.wait()
        code = job.run()
    else:
        code = job.process.wait()
    if code:
        problems.append(f"ended with {code}: {job.output.splitlines()[-1:]}")
    resumed = sum(len(read_run(folder).metrics["extra"].get("resumed_after", [])) for folder in job.published())
    return Trial(phase, hit, target, resumed, time.monotonic() - start, problems + differences(job, undisturbed))


def strike(job: Job, phase: str, target: str, chance: random.Random) -> str:
    """Kill `target` at a random moment of `phase`; what the job was at, nothing if the moment was missed."""
    deadline = time.monotonic() + PATIENCE
    if phase == "start-up":
        time.sleep(chance.uniform(0, 7))
    elif phase == "rendering":
        wait(lambda: job.processes("render"), deadline)
        time.sleep(chance.uniform(0, 12))
    elif phase == "finalising":
        wait(lambda: list(job.runs.glob(".unfinished/*/misclassified.png")), deadline)
    elif phase == "saving":
        wait(lambda: max(job.epochs(), default=0) >= EPOCHS, deadline)
        time.sleep(chance.uniform(0, 1))
    else:
        goal = chance.randint(1, EPOCHS * 3 // 5)
        wait(lambda: max(job.epochs(), default=0) >= goal, deadline)
    watched = {"start-up": "", "rendering": "", "finalising": "run"}.get(phase, "kernel")
    while watched:
        # Stop them all at a random moment, and see what they are at; if none is at what is wanted, let them go on
        # a little. One that went on while another is looked at could pass by what is wanted.
        stopped = send(job.processes(watched), "suspend")
        for process in stopped:
            if doing(process) == phase:
                kill(job, target, stopped)
                return phase
        send(stopped, "resume")
        if job.processes("render") or not job.processes("any"):  # all runs are published
            return ""
        time.sleep(chance.uniform(0, 0.01))
    kill(job, target)
    return phase


def wait(condition: Callable[[], object], deadline: float) -> None:
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the job never came to where it was to be killed")
        time.sleep(0.02)


def send(processes: list[psutil.Process], what: str) -> list[psutil.Process]:
    """Have each process do `what`, a method of psutil's; those that were still there."""
    there = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            getattr(process, what)()
            there.append(process)
    return there


def kill(job: Job, target: str, stopped: Sequence[psutil.Process] = ()) -> None:
    """End with SIGKILL all processes of the job at one moment, or those of one role as soon as there is one."""
    role = "any" if target == "everything" else target
    wait(lambda: job.processes(role), time.monotonic() + PATIENCE)
    victims = job.processes(role)
    send(victims, "suspend")
    send(victims, "kill")
    send([process for process in stopped if process not in victims], "resume")
    if target == "everything":
        job.process.wait()


def look(job: Job) -> list[str]:
    """What can be seen after the blow and is not whole."""
    problems = []
    for folder in job.published():
        try:
            assert len(read_run(folder).predictions["label"]) == 899
        except Exception as error:
            problems.append(f"visible and not whole: {error}")
    if job.report.exists() and "</html>" not in (job.report / "index.html").read_text():
        problems.append("a report that is not whole")
    return problems


def differences(job: Job, undisturbed: Job) -> list[str]:
    """In what the job's results are not those of the undisturbed one, and what it left lying about."""
    found = []
    names = sorted(folder.name for folder in undisturbed.published())
    if sorted(folder.name for folder in job.published()) != names:
        return [f"runs: {[folder.name for folder in job.published()]}"]
    for name in names:
        one, other = read_run(job.runs / name), read_run(undisturbed.runs / name)
        if without_times(one.history) != without_times(other.history):
            found.append(f"{name}: history")
        for arrays in ("predictions", "misclassified"):
            mine, its = getattr(one, arrays), getattr(other, arrays)
            if mine.keys() != its.keys() or not all(np.array_equal(mine[key], its[key]) for key in its):
                found.append(f"{name}: {arrays}")
        for file in ("model.safetensors", "misclassified.png", "confusion.png", "curves.png", "augmentation.png"):
            if (one.folder / file).read_bytes() != (other.folder / file).read_bytes():
                found.append(f"{name}: {file}")
    if pictures(job) != pictures(undisturbed):
        found.append("the report's pictures")
    if len(PdfReader(job.report / "report.pdf").pages) != len(PdfReader(undisturbed.report / "report.pdf").pages):
        found.append("the report's PDF")
    left = [path for pattern in LEFTOVERS for path in job.where.glob(pattern)]
    found += [f"left: {path.relative_to(job.where)}" for path in left]
    found += [f"still alive: {process.cmdline()}" for process in job.processes()]
    return found


LEFTOVERS = ("runs/.unfinished/*", "runs/.replaced/*", "runs/.checkpoints/*[!k]", ".report.new")


def without_times(history: list[dict]) -> list[dict]:
    return [{key: value for key, value in entry.items() if key != "seconds"} for entry in history]


def pictures(job: Job) -> list[str]:
    """The descriptions of all pictures of the report, which hold the numbers that they show."""
    page = BeautifulSoup((job.report / "index.html").read_text(encoding="utf-8"), "html.parser")
    return [re.sub(r"\s+", " ", image.get("alt", "")) for image in page.find_all("img")]
