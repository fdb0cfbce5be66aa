"""The one kind of error that a user is meant to read, and how anything becomes part of its line."""

import errno
from pathlib import Path
from typing import Any


class NormstudyError(Exception):
    """Something is wrong that the reader of the message can mend.

    Its text is a single line that names the thing and the remedy. Entry points (the workflow, the
    notebook's first cell) show that line without a traceback.
    """


def disk_refusal(error: OSError, place: Path | str) -> str:
    """The line for an `error` of the disk: the file (or `place`, where the error names none), why, and the remedy."""
    reason = error.strerror or one_line(error)
    if error.errno is None and error.args and isinstance(error.args[0], list):  # shutil's: (from, to, why) of each file
        reason = one_line(error.args[0][0][2])
    full = error.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left" in reason
    remedy = "make room there" if full else "see that it is there and can be written"
    return f"{one_line(error.filename or place)}: {reason}; {remedy}, or name another folder (RUNS=, OUTPUT=)"


def one_line(value: Any) -> str:
    """`value` as text on a single line, as `printable` has it."""
    return printable(" ".join(str(value).split()))


def printable(value: Any) -> str:
    """`value` as text that every terminal takes and that does nothing to it.

    Control characters, marks that turn the direction of writing, half characters (as YAML's `"\\ud800"` gives
    them, and file names that are no UTF-8) are written as `\\x1b`.
    """
    text = str(value)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c.isspace() else c.encode("unicode_escape").decode() for c in text)
