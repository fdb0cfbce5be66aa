"""The one kind of error that a user is meant to read, and how anything becomes part of its line."""

from typing import Any


class NormstudyError(Exception):
    """Something is wrong that the reader of the message can mend.

    Its text is a single line that names the thing and the remedy. Entry points (the workflow, the
    notebook's first cell) show that line without a traceback.
    """


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
