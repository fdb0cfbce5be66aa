"""Print every parameter with its default, limits and meaning. What `make params` calls.

Usage: python workflow/params.py [--schema params/schema.json]

With --schema, the JSON Schema of parameter files is written there instead (`make schema`).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text
from surroundings import settle

from normstudy.errors import NormstudyError
from normstudy.ownership import as_typed
from normstudy.paths import write_whole
from normstudy.using.parameters import parameters, schema

WIDTH = 120
"""Columns, where it is no terminal that is written to."""


def table() -> Table:
    """All parameters."""
    found = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("parameter", "default", "limits", "meaning"):
        found.add_column(heading, no_wrap=heading == "parameter", overflow="fold")
    for each in parameters():
        found.add_row(*(Text(words) for words in (each.name, each.default, each.limits, each.meaning)))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--schema", type=as_typed, default=None, help="write the JSON Schema of parameter files there")
    arguments = parser.parse_args()
    try:
        settle(__file__)
        if arguments.schema:
            write_whole(Path(arguments.schema), schema())
            return 0
        Console(no_color=True, width=None if sys.stdout.isatty() else WIDTH).print(table())
    except NormstudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
