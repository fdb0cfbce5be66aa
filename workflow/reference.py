"""Write `docs/python.ipynb`, the page on the public names of the package. What `make reference` calls.

Usage: python workflow/reference.py [--output docs/python.ipynb]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import command

from normstudy.ipynb import nbformat
from normstudy.ownership import as_typed
from normstudy.paths import write_whole
from normstudy.using.reference import notebook


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--output", type=as_typed, default=Path("docs/python.ipynb"))
    output: Path = parser.parse_args().output
    return command.run(lambda: write_whole(output, nbformat.writes(notebook()) + "\n"), output)


if __name__ == "__main__":
    sys.exit(main())
