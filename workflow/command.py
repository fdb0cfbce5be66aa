"""How a command ends: its exit status, and one line for whatever its user can mend."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from streams import is_lost
from surroundings import settle

from normstudy.errors import NormstudyError, disk_refusal


def finish(work: Callable[[], int], place: Path | str, failed: int = 1) -> int:
    """The exit status that `work` returns; `failed` where it raises, and after Ctrl-C 130.

    `place`: what is named where an error of the disk names no file.
    """
    try:
        settle(__file__)
        status = work()
    except NormstudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return failed
    except OSError as error:
        print(f"error: {disk_refusal(error, place)}", file=sys.stderr)
        return failed
    except KeyboardInterrupt:
        print("Interrupted.")
        return 130
    return status or int(is_lost())
