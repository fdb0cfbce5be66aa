"""One job at a time in a folder of runs."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from rich.console import Console

from normstudy.errors import NormstudyError, disk_refusal
from normstudy.ownership import take_runs_folder


class JobError(NormstudyError):
    """The job cannot go on."""


@contextmanager
def one_job_at_a_time(runs_folder: Path, console: Console) -> Iterator[IO[str]]:
    """Hold the lock of `runs_folder`, after waiting for who has it; the kernel releases it when its holders have died.

    This is not the library's lock that runs have, because the scheduler is to inherit it.
    """
    try:
        take_runs_folder(runs_folder)
        lock = open(runs_folder / ".lock", "a+")  # noqa: SIM115 - closed below
    except OSError as error:
        raise JobError(disk_refusal(error, runs_folder)) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            console.print(
                f"Another job is at work on {runs_folder}/ ({lock.read().strip()}). "
                "This one waits for it to end, then does what is left; Ctrl-C stops the waiting."
            )
            fcntl.flock(lock, fcntl.LOCK_EX)
        note_holders(lock)
        yield lock


def note_holders(lock: IO[str], scheduler: subprocess.Popen | None = None) -> None:
    """Write into the lock file who holds it, for whoever has to wait."""
    lock.seek(0)
    lock.truncate()
    lock.write(f"process {os.getpid()}" + (f" and its scheduler, process {scheduler.pid}" if scheduler else ""))
    lock.flush()
