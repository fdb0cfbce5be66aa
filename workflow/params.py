"""Print every parameter with its default, limits and meaning. What `make params` calls.

Usage: python workflow/params.py [--schema params/schema.json]

With --schema, the JSON Schema of parameter files is written there instead (`make schema`).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import command
from rich.console import Console
from rich.table import Table
from rich.text import Text

from normstudy.ownership import as_typed
from normstudy.paths import write_whole
from normstudy.using.parameters import parameters, schema

WIDTH = 120
"""Columns, where it is no terminal that is written to."""


def show() -> None:
    """Print all parameters."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("parameter", "default", "limits", "meaning"):
        table.add_column(heading, no_wrap=heading == "parameter", overflow="fold")
    for each in parameters():
        table.add_row(*map(Text, each))
    Console(no_color=True, width=None if sys.stdout.isatty() else WIDTH).print(table)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--schema", type=as_typed, default=None, help="write the JSON Schema of parameter files there")
    path: Path | None = parser.parse_args().schema
    return command.run(lambda: write_whole(path, schema()) if path else show(), path or "")


if __name__ == "__main__":
    sys.exit(main())
