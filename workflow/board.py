"""Show runs in TensorBoard, those in progress as well. What `make tensorboard` calls.

Usage: python workflow/board.py [--runs runs] [--port 6006]

What TensorBoard reads is made here from the run folders and from the progress of runs, again and again, in a temporary
folder. Nothing is written into the folder of runs. Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import command

from normstudy.errors import NormstudyError
from normstudy.ownership import as_typed
from normstudy.report.core.text import count
from normstudy.text import one_line
from normstudy.using.event_files import Board

POLL_SECONDS = 3.0


class BoardError(NormstudyError):
    """TensorBoard cannot show what was named, or did not start."""


def show(runs: Path, port: str) -> int:
    """Serve until interrupted; the exit status. Raises `BoardError`."""
    if not runs.is_dir():
        raise BoardError(f"RUNS={one_line(runs)}: no folder; train something first (`make train`), or name another")
    if port and not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65_535):
        raise BoardError(f"PORT={one_line(port)}: must be a whole number from 1 to 65,535")
    with tempfile.TemporaryDirectory(prefix="normstudy-board-") as logs:
        server = [sys.executable, "-E", "-s", "-m", "tensorboard.main", "--logdir", logs, "--reload_interval", "5"]
        server += ["--port", port] if port else []
        with subprocess.Popen(server) as process:
            try:
                follow(Board(runs.absolute(), Path(logs)), process)
            except KeyboardInterrupt:
                print("Ended.")
                return 0
            finally:
                process.terminate()
    if process.returncode > 0:
        raise BoardError("TensorBoard ended, see above; is another at this port? Name one with PORT=")
    return 0


def follow(board: Board, process: subprocess.Popen) -> None:
    """Have `board` look again until `process` has ended."""
    shown: set[str] = set()
    refused: set[str] = set()
    while process.poll() is None:
        if new := set(board.look()) - shown:
            shown |= new
            print(f"Shown: {count(len(shown), 'run')}.")
        for place in board.refused.keys() - refused:
            refused.add(place)
            print(f"left out: {board.refused[place]}", file=sys.stderr)
        with suppress(subprocess.TimeoutExpired):
            process.wait(POLL_SECONDS)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=as_typed, default=Path("runs"))
    parser.add_argument("--port", default="", help="where TensorBoard listens; default: 6006, or the next that is free")
    given = parser.parse_args()
    return command.run(lambda: show(given.runs, given.port), given.runs)


if __name__ == "__main__":
    sys.exit(main())
