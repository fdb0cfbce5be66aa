"""Write `studies.json`, which says what runs a study has: Snakemake runs a program faster than code of its own.

Usage: python workflow/write_studies.py --runs FOLDER --study NAME --plan FILE    (whose keys are the runs)
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from normstudy.errors import NormstudyError
from normstudy.runs.studies import write_studies

PATIENCE = 60
"""Seconds until a folder that another machine made must be visible here; NFS looks again after at most as many."""


def await_folders(folders: list[Path]) -> None:
    """Wait for what the marks of `.done/` say is there; who reads a folder that is missing says so."""
    deadline = time.monotonic() + PATIENCE
    while not all((folder / "metrics.json").exists() for folder in folders) and time.monotonic() < deadline:
        time.sleep(0.5)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--study", required=True)
    parser.add_argument("--plan", type=Path, required=True)
    arguments = parser.parse_args()
    names = list(json.loads(arguments.plan.read_text()))
    await_folders([arguments.runs / name for name in names])
    try:
        write_studies(arguments.runs, {arguments.study: names})
    except NormstudyError as error:
        sys.exit(f"error: {error}")
