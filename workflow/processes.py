"""Training in processes of their own, side by side."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from normstudy.errors import NormstudyError


class KilledError(NormstudyError):
    """A process that trained has ended without a result."""


def side_by_side(
    function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], jobs: int, tell: Callable[[int, Any], None]
) -> None:
    """Call `function` with the arguments of each of `tasks` in one of `jobs` processes.

    As they end, `tell` is called with the number of the task (0 …) and its result. Raises `KilledError`, and what
    `function` raises; then, and when this process ends, none of the others goes on.
    """
    # Processes of their own beginning: one that is forked from where torch has computed may wait for ever, and could
    # not use a GPU that this one has looked at.
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=spawn, initializer=_end_with_the_parent)
    try:
        going_on = {pool.submit(function, *arguments): number for number, arguments in enumerate(tasks)}
        for future in as_completed(going_on):
            tell(going_on[future], future.result())
    except BrokenProcessPool:
        raise KilledError("a process that trained was killed, as where memory is short; make room") from None
    finally:
        for process in multiprocessing.active_children():
            process.terminate()
        pool.shutdown(cancel_futures=True)


def _end_with_the_parent() -> None:
    """Have this process, which trains, end at once when the one that wants its numbers ends, however that does."""

    def wait() -> None:
        parent = multiprocessing.parent_process()
        assert parent is not None
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback of each
