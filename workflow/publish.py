"""Put the runs of `params/` under `results/`, and what is made of them into README.md and the Quarto profile.

Usage: python workflow/publish.py [--params params] [--runs runs] [--results results]

A run that is in `results/` already, of the same configuration and sources, is neither trained nor copied again.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from render import notebook_pages, subtitle, write_profile

from normstudy import manifest
from normstudy.errors import NormstudyError, disk_refusal
from normstudy.paths import project_root, replace_folder, write_whole
from normstudy.readme import draw_graphs, put_results, results_block
from normstudy.runs import RunError, read_run
from normstudy.studies import MAIN, PlannedRun, auto_dataset, plan, verified_study, write_studies
from normstudy.verification import verify

README = Path("README.md")


def publish(params: Path, runs: Path, results: Path) -> list[str]:
    """Names of the published runs. Raises `NormstudyError`; what was published before stays then."""
    planned = plan(params, auto_dataset(params)[0])
    train([run for run in planned if not run.is_done(results) and not run.is_done(runs)], runs)
    for run in planned:
        if not run.is_done(results):
            verify(read_run(runs / run.name))
            copy(runs / run.name, results)
    names = [run.name for run in planned]
    studies_file = results / "studies.json"
    studies = json.loads(studies_file.read_text()) if studies_file.exists() else {}
    write_studies(results, {**studies, MAIN: names})
    write_products(results)
    drop_unnamed(results, {name for study in {**studies, MAIN: names}.values() for name in study})
    return names


def write_products(results: Path) -> None:
    """README.md's results, its graphs, and the list of notebook pages."""
    published = verified_study(results)
    graphs = draw_graphs(published, results / "figures")
    write_whole(README, put_results(README.read_text(encoding="utf-8"), results_block(published, graphs)))
    write_profile(Path("_quarto-results.yml"), subtitle(published), notebook_pages(published))


def train(missing: list[PlannedRun], runs: Path) -> None:
    """Train the runs that are nowhere yet, and no others."""
    if not missing:
        return
    with tempfile.TemporaryDirectory() as folder:
        for run in missing:
            shutil.copy(run.source, folder)
        command = [sys.executable, "workflow/report.py", "--only-train", "--params", folder, "--runs", str(runs)]
        if subprocess.run(command).returncode:
            raise RunError("not every run could be trained, see above; nothing was published")


def copy(folder: Path, results: Path) -> None:
    """Copy a run folder, without what is no part of the run (`.DS_Store`); it appears whole or not at all."""
    belonging = {*manifest.read(folder), manifest.NAME}
    results.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".copy-", dir=results) as staging:
        shutil.copytree(folder, Path(staging) / folder.name, ignore=lambda _, names: set(names) - belonging)
        replace_folder(Path(staging) / folder.name, results / folder.name)


def drop_unnamed(results: Path, named: set[str]) -> None:
    """Remove published runs that no study names any more; git keeps them."""
    for metrics in results.glob("*/metrics.json"):
        if metrics.parent.name not in named:
            shutil.rmtree(metrics.parent)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--params", type=Path, default=Path("params"))
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--results", type=Path, default=Path("results"))
    arguments = parser.parse_args()
    os.chdir(project_root())
    try:
        names = publish(arguments.params, arguments.runs, arguments.results)
    except NormstudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {disk_refusal(error, arguments.results)}", file=sys.stderr)
        return 1
    print("Published in results/: " + ", ".join(names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
