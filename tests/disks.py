"""A small disk of its own for a test: a file system in memory, to be filled up or made read-only."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BLOCK = 4096


class Disk:
    """`size` bytes at the new folder `path`; the test is skipped where mounting is not allowed."""

    def __init__(self, path: Path, size: int):
        self.path = path
        path.mkdir()
        if sys.platform != "linux":
            pytest.skip("small disks for tests are made on Linux alone")
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path]
        try:
            answer = subprocess.run(command, capture_output=True, text=True)
        except FileNotFoundError:
            pytest.skip("there is no `mount` here")
        if answer.returncode:
            pytest.skip(f"mounting a small disk is not allowed here ({answer.stderr.strip()})")

    def leave(self, room: int) -> None:
        """Fill it until `room` bytes, in whole blocks, are free."""
        self.make_room()
        taken = (shutil.disk_usage(self.path).free - room) // BLOCK * BLOCK
        with open(self.path / ".filler", "wb") as file:
            if sys.platform == "linux":  # as everywhere else no test comes here
                os.posix_fallocate(file.fileno(), 0, taken)

    def make_room(self) -> None:
        (self.path / ".filler").unlink(missing_ok=True)

    def make_read_only(self) -> None:
        subprocess.run(["mount", "-o", "remount,ro", self.path], check=True)

    def take_away(self) -> None:
        # Lazily: what is still open on it, by a process that is ending, does not hold it.
        subprocess.run(["umount", "--lazy", self.path], check=True)


def damaged(content: bytes, kind: str, by_chance: random.Random) -> bytes:
    """`content` as it is once a disk has lost its end (`cut`), a bit (`flip`), or some bytes (`garble`)."""
    found, place = bytearray(content), by_chance.randrange(len(content))
    if kind == "cut":
        del found[place:]
    elif kind == "flip":
        found[place] ^= 1 << by_chance.randrange(8)
    else:
        found[place : place + 20] = by_chance.randbytes(20)
    return bytes(found)
