"""The one kind of error that a user is meant to read, and its words for a disk that refuses."""

import errno
from pathlib import Path

from normstudy.text import one_line, visible

SCANT = 1_000_000
"""Bytes of free room below which that is the likely reason of a failure that does not tell its own."""


class NormstudyError(Exception):
    """Something is wrong that the reader of the message can mend.

    Its text is a single line that names the thing and the remedy. Entry points (the workflow, the
    notebook's first cell, the report's) show that line without a traceback.
    """

    def __str__(self) -> str:
        return visible(super().__str__())  # names of files and values may hold anything, and go to a terminal

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: in a notebook, and in what Quarto prints."""
        return [f"error: {self}"]


class DataError(NormstudyError):
    """Images of a data set are missing, damaged, or not arranged as they should be."""


def disk_refusal(error: OSError, place: Path | str) -> str:
    """The line for an `error` of the disk: the file (or `place`, where the error names none), why, and the remedy."""
    reason = error.strerror or one_line(error)
    if error.errno is None and error.args and isinstance(error.args[0], list):  # shutil's: (from, to, why) of each file
        reason = one_line(error.args[0][0][2])
    full = error.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left" in reason
    remedy = "make room there" if full else "see that it is there and can be written"
    return f"{one_line(error.filename or place)}: {reason}; {remedy}, or name another folder (RUNS=, OUTPUT=)"
