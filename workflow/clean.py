"""Delete the rendered report, and what Quarto made here. What `make clean` calls.

Usage: python workflow/clean.py [--output _report]

Runs, data and `.venv` stay; so does every file that the project did not write, wherever it lies.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from contextlib import suppress
from pathlib import Path

import command
from placement import clear_up

from normstudy.ownership import LITTER, RECORD, as_typed, of_others, recorded
from normstudy.text import one_line, visible

SITE = Path("_site")
OF_A_SITE = {"index.html", "index-meca.zip", "report.pdf", "search.json", "site_libs", "notebooks", "results"}
"""What `quarto render` writes into `_site`; it keeps no record of it."""

PICTURES = re.compile(r"_figures/(\w+-[0-9a-f]{8}/[\w-]+\.(svg|png|csv)|normalizations-by-hand\.xlsx)")
"""What the report's cells write for Quarto."""


def clean(output: Path) -> list[str]:
    """Delete what is this project's; what was left where it was, each in a line."""
    clear_up(output)
    left = []
    ours = recorded(output) if output.is_dir() else {}
    theirs = list(of_others(output, ours)) if output.is_dir() else []
    if output.is_dir() and not ours:
        left += [f"{output}: no report that this project made"] if theirs else []
    else:
        remove(output, [name for name in [*ours, RECORD] if name not in theirs])
        left += [f"{output / name}: not a file of the report, or changed since" for name in theirs]
    if is_of_quarto(SITE):
        entries = {path.name for path in SITE.iterdir()}
        for name in entries & OF_A_SITE:
            path = SITE / name
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        left += [f"{SITE / name}: not written by Quarto" for name in sorted(entries - OF_A_SITE - LITTER)]
        remove(SITE, [])
    pictures = [path.as_posix() for path in Path("_figures").rglob("*")]
    remove(Path("_figures"), [name.removeprefix("_figures/") for name in pictures if PICTURES.fullmatch(name)])
    if not Path(".quarto").is_symlink():
        shutil.rmtree(".quarto", ignore_errors=True)  # Quarto's own cache
    return left


def is_of_quarto(site: Path) -> bool:
    """Whether Quarto made the folder `site`."""
    page = site / "index.html"
    if site.is_symlink() or not page.is_file():
        return False
    return 'name="generator" content="quarto-' in page.read_text(encoding="utf-8", errors="replace")[:10_000]


def remove(folder: Path, names: list[str]) -> None:
    """Delete the files `names` of `folder`, then every folder that is empty without them."""
    for name in names:
        (folder / name).unlink(missing_ok=True)
    for parent in sorted({parent for name in names for parent in Path(name).parents} | {Path()}, reverse=True):
        with suppress(OSError):  # not there, or something is in it, or it is mounted
            (folder / parent).rmdir()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--output", type=as_typed, default="_report")
    arguments = parser.parse_args()
    output = Path(os.path.realpath(arguments.output))

    def work() -> None:
        for line in clean(output):
            print(f"left as it is: {visible(one_line(line))}")

    return command.run(work, output)


if __name__ == "__main__":
    sys.exit(main())
