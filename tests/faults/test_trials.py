"""Kill the main job at random moments, let it go on, and compare with one that was never disturbed."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache

import pytest

from normstudy.paths import project_root

from .job import DOING, PY_SPY, Job
from .trials import PHASES, TARGETS, attempt, make_job

SEED = 2026
COMPARED = "what was visible was whole; in the end, all results of a job never disturbed, bit by bit; nothing left over"
# These come first, so that a few trials are of the most different kinds.
FIRST = [
    ("training", "scheduler"),
    ("finalising", "everything"),
    ("start-up", "kernel"),
    ("checkpoint", "kernel"),
]


def plan(number: int) -> list[tuple[str, str]]:
    """`number` pairs of phase and target, all phases and targets about equally often."""
    pairs = [(phase, target) for target in TARGETS for phase in PHASES if possible(phase, target)]
    random.Random(SEED).shuffle(pairs)
    rest = [pair for pair in pairs if pair not in FIRST]
    return (FIRST + rest + pairs * (number // len(pairs) + 1))[:number]


def possible(phase: str, target: str) -> bool:
    """A kernel is not there before and after it trains; while the report is rendered no run is there."""
    return not (phase == "rendering" and target in ("kernel", "run")) and not (
        phase == "finalising" and target == "kernel"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "phase" in metafunc.fixturenames:
        pairs = plan(metafunc.config.getoption("--trials"))
        cases = []
        for number, (phase, target) in enumerate(pairs):
            mark = pytest.mark.fault(f"SIGKILL during {phase}", COMPARED)
            cases.append(pytest.param(number, phase, target, marks=mark, id=f"{number}-{phase}-{target}"))
        metafunc.parametrize(("number", "phase", "target"), cases)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Callable[[str], Job]:
    """The job, by its renderer, whose results all others must have; it has ended."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        look = [PY_SPY, "dump", "--pid", str(child.pid)]
        answer = subprocess.run(look, capture_output=True, text=True)
        child.communicate(b"\n")
    if answer.returncode:
        pytest.skip(f"py-spy may not look at other processes here: {answer.stderr.strip()}")

    @cache
    def run(renderer: str) -> Job:
        job = make_job(tmp_path_factory.mktemp("undisturbed"), renderer)
        assert job.run() == 0, job.output
        return job

    return run


def test_what_a_job_can_be_at_is_there():
    """Else it is never found to be at that, and its trials miss their moment."""
    for (file, name), what in DOING.items():
        source = (project_root() / file).read_text(encoding="utf-8")
        assert re.search(rf"^def {name}\(", source, re.M), (file, name)
        assert what in PHASES


@pytest.mark.slow
def test_a_killed_job_loses_nothing(tmp_path, undisturbed, number, phase, target):
    renderer = "quarto" if phase == "rendering" and shutil.which("quarto") else "preview"
    trial = attempt(tmp_path, undisturbed(renderer), phase, target, random.Random(f"{SEED}-{number}"))
    print(trial)
    assert trial.problems == []
    if not trial.hit:  # such as finalising, which takes milliseconds
        pytest.skip(f"{phase} was over each time before the job could be killed")
    assert trial.hit == trial.aimed
