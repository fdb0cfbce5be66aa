"""How the programs behind make end: with a line and an exit status, whatever stops them."""

from __future__ import annotations

import errno
import io
import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from surroundings import settle

from normstudy.errors import SCANT, NormstudyError, disk_refusal

INTERRUPTED = 130
FILES = 128
"""Open files that a job needs; 100 were enough for one run."""


class MachineError(NormstudyError):
    """This machine, as it is set up, lets no job go on."""


def run(
    work: Callable[[], int | None],
    place: Path | str,
    interrupted: str = "Interrupted.",
    complain: Callable[[str], object] = lambda line: print(line, file=sys.stderr),
    failed: int = 1,
) -> int:
    """Call `work` in the checkout with a clean environment; the exit status.

    Of a `NormstudyError`, and of a disk that refuses what goes to `place`, `complain` gets a line, and the status is
    `failed`. Whatever ends this process from outside interrupts it, as Ctrl-C does. That nobody reads its output does
    not end it; what cannot be printed for another reason makes the status 1.
    """
    end_as_interrupted()
    speak_to_nobody()
    try:
        settle(sys.argv[0])
        return work() or int(_Output.lost)
    except NormstudyError as error:
        complain(f"error: {error}")
    except OSError as error:
        complain(f"error: {disk_refusal(error, place)}")
    except KeyboardInterrupt:
        print(interrupted)
        return INTERRUPTED
    return failed


def end_as_interrupted() -> None:
    """Have what ends this process from outside raise `KeyboardInterrupt`, as Ctrl-C does.

    Once: make passes on what ends it to a process that its group's ending has reached already.
    """
    endings = [each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) is signal.SIG_DFL]

    def interrupt(*_: object) -> None:
        for each in endings:
            signal.signal(each, lambda *_: None)  # unlike SIG_IGN not handed on to what this process starts
        raise KeyboardInterrupt

    for each in endings:  # nohup has one ignored
        signal.signal(each, interrupt)


class _Output(io.FileIO):
    """Standard output or error; after the first failed write, what is written goes nowhere, and the work goes on."""

    lost = False
    """Whether one of them failed though somebody would have read it: a full disk."""

    def write(self, data):  # type: ignore[no-untyped-def]
        try:
            return super().write(data)
        except OSError as error:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self.fileno())  # also for what this process starts
            os.close(null)
            if error.errno not in (errno.EPIPE, errno.EIO):
                _Output.lost = True
                print(f"error: what is printed cannot be written ({error.strerror}); the work goes on", file=sys.stderr)
            return len(data)


def speak_to_nobody() -> None:
    """Let output that is closed (`>&-`), or that nobody reads any more, end nothing."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:  # else the next file that is opened gets its number
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) in (None, getattr(sys, f"__{name}__")):  # no test's
            raw = _Output(number, "w", closefd=False)
            # A terminal may not know the characters of a name.
            fresh = io.TextIOWrapper(
                io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace", line_buffering=True
            )
            setattr(sys, name, fresh)


def check_machine() -> None:
    """Raises `MachineError` where a run would end without saying why: temporary files, open files."""
    name = next((name for name in ("TMPDIR", "TEMP", "TMP") if os.path.isdir(os.environ.get(name, ""))), "")
    place = os.environ[name] if name else "/tmp"
    with suppress(OSError):
        if shutil.disk_usage(place).free < SCANT:
            why = f"{name}={place}" if name else f"{place} (for temporary files)"
            raise MachineError(f"{why}: No space left; make room there, or name another folder, as TMPDIR=/var/tmp")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < FILES:
        raise MachineError(
            f"ulimit -n {most}: a process may open too few files for a run, {FILES} are needed; "
            f"call `ulimit -n {8 * FILES}` in a new shell"
        )
    wanted = 32 * FILES if most == resource.RLIM_INFINITY else min(most, 32 * FILES)
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
