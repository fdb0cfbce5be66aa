"""A file from the network, given up on when that delivers nothing, or next to nothing.

A socket's time limit is for each answer: a server that sends a byte a second never exceeds it. Threads
are not waited for, because a name look-up can hang for longer than any limit of ours.
"""

from __future__ import annotations

import queue
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from normstudy.text import one_line

SLOWEST = 1_000
"""Bytes a second, on average over the time of patience, below which a transfer is given up."""

LARGEST = 100_000_000
"""Bytes after which whatever is sent is no data set of ours."""


class TransferError(Exception):
    """Why a file did not come: part of a line, without the address."""


def fetch(address: str, path: Path, patience: float, largest: int | None = None) -> None:
    """Write what `address` sends to `path`.

    Raises `TransferError` when more than `largest` bytes come (`LARGEST`), the network fails, or fewer than `SLOWEST`
    bytes a second came over `patience` seconds; `OSError` when the disk refuses.
    """
    most = LARGEST if largest is None else largest
    parts: queue.Queue[bytes | Exception] = queue.Queue()
    given_up = threading.Event()

    def receive() -> None:
        try:
            with urllib.request.urlopen(address, timeout=patience) as response:
                while (part := response.read1(1 << 16)) and not given_up.is_set():
                    parts.put(part)
            parts.put(b"")
        except Exception as error:  # whatever a network can do to a request
            parts.put(error)

    threading.Thread(target=receive, daemon=True).start()
    try:
        with open(path, "wb") as file:
            recent, end = 0, time.monotonic() + patience
            while True:
                try:
                    part = parts.get(timeout=max(0.0, end - time.monotonic()))
                except queue.Empty:
                    part = None
                if isinstance(part, Exception):
                    raise TransferError(reason(part))
                if part == b"":
                    return
                recent += file.write(part or b"")
                if file.tell() > most:
                    raise TransferError(f"more than {most:,} bytes came")
                if time.monotonic() >= end:
                    if recent < SLOWEST * patience:
                        raise TransferError(f"timed out: {recent:,} bytes in {patience:g} seconds")
                    recent, end = 0, time.monotonic() + patience
    finally:
        given_up.set()


def first_to_answer(addresses: list[str], patience: float) -> str:
    """The first of `addresses` that sends a byte, within `patience` seconds in all; else raises `TransferError`."""
    answers: queue.Queue[tuple[str, str]] = queue.Queue()

    def ask(address: str) -> None:
        try:
            with urllib.request.urlopen(address, timeout=patience) as response:
                answers.put((address, "" if response.read(1) else "an empty answer"))
        except Exception as error:  # whatever a network can do to a request
            answers.put((address, reason(error)))

    for address in addresses:
        threading.Thread(target=ask, args=(address,), daemon=True).start()
    reasons = []
    deadline = time.monotonic() + patience
    while len(reasons) < len(addresses):
        try:
            address, why_not = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            reasons.append(f"no answer within {patience:.0f} seconds")
            break
        if not why_not:
            return address
        reasons.append(f"{address}: {why_not}")
    raise TransferError("; ".join(reasons))


def reason(error: Exception) -> str:
    """What `error` says, in one line."""
    told = error if isinstance(error, urllib.error.HTTPError) else getattr(error, "reason", error)
    return one_line(told) or type(error).__name__
