"""Say whether two results are the same. What `make compare` calls.

Usage: python workflow/compare.py --a runs --b results

A and B: a run folder each, a folder of runs, or the record of a study (results/main.json). The exit status is 0 where
all that both have is the same (bit by bit, or within what rounding does between machines), 1 where something is
different, and 2 where they cannot be compared. (make itself has the status 2 for whatever fails.)
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from surroundings import settle

from normstudy.errors import NormstudyError, disk_refusal
from normstudy.ownership import as_typed
from normstudy.runs.at_place import runs_at
from normstudy.text import visible
from normstudy.using.side_by_side import SidesError, side_by_side


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--a", type=as_typed, default=None, help="a run folder, a folder of runs or a record")
    parser.add_argument("--b", type=as_typed, default=None, help="another")
    arguments = parser.parse_args()
    try:
        settle(__file__)
        sides: list[Path | None] = [arguments.a, arguments.b]
        if None in sides:
            raise SidesError("say what to compare, with A= and B=: run folders, folders of runs or records each")
        found = side_by_side(*[runs_at(side) for side in sides if side is not None])
    except NormstudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {disk_refusal(error, arguments.a)}", file=sys.stderr)
        return 2
    for line in found.lines:
        print(visible(line))
    return int(not found.same)


if __name__ == "__main__":
    sys.exit(main())
