"""Write `studies.json`, which says what runs a study has: Snakemake runs a program faster than code of its own.

Usage: python workflow/write_studies.py --runs FOLDER --study NAME --names RUN [RUN ...]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from normstudy.errors import NormstudyError
from normstudy.studies import write_studies

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--study", required=True)
    parser.add_argument("--names", nargs="+", required=True)
    arguments = parser.parse_args()
    try:
        write_studies(arguments.runs, {arguments.study: arguments.names})
    except NormstudyError as error:
        sys.exit(f"error: {error}")
