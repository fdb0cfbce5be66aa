"""The one kind of error that a user is meant to read."""

from normstudy.text import visible


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
