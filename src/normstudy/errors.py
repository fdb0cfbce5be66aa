"""The one kind of error that a user is meant to read."""


class NormstudyError(Exception):
    """Something is wrong that the reader of the message can mend.

    Its text is a single line that names the thing and the remedy. Entry points (the workflow, the
    notebook's first cell) show that line without a traceback.
    """
