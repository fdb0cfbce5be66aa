"""Whether two results are the same. What `make compare` calls.

Usage: python workflow/compare.py --a runs --b results

A and B: a run folder each, a folder of runs, or the record of a study (results/main.json). The exit status is 0 where
all that both have is the same (bit by bit, or within what rounding does between machines), 1 where something is
different, and 2 where they cannot be compared. (make itself has the status 2 for whatever fails.)
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import command

from normstudy.ownership import as_typed
from normstudy.runs.at_place import runs_at
from normstudy.text import visible
from normstudy.using.side_by_side import SidesError, side_by_side


def compare(a: Path | None, b: Path | None) -> int:
    """Print what is the same and what is different; the exit status. Raises `NormstudyError`."""
    if a is None or b is None:
        raise SidesError("say what to compare, with A= and B=: run folders, folders of runs or records each")
    lines, same = side_by_side(runs_at(a), runs_at(b))
    print("\n".join(map(visible, lines)))
    return int(not same)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--a", type=as_typed, default=None, help="a run folder, a folder of runs or a record")
    parser.add_argument("--b", type=as_typed, default=None, help="another")
    given = parser.parse_args()
    return command.run(lambda: compare(given.a, given.b), given.a or "", failed=2)


if __name__ == "__main__":
    sys.exit(main())
