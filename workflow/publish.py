"""Put a run of each file in `params/` under `results/`, and what is made of them into README.md and the site.

Usage: python workflow/publish.py [--params params] [--runs runs] [--results results]

Of a file that names several seeds, that is the run of the lowest; further ones come into README.md from the record
`results/main.json` (`make study STUDY=main`). A run that is in `results/` already, of the same configuration and
sources, is neither trained nor copied again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import command
import yaml
from render import FRONT, NAVIGATION, heading, navigation, write_metadata

from normstudy.ownership import LITTER, as_typed, is_runs_folder, refuse_runs_folder
from normstudy.paths import replace_folder, write_whole
from normstudy.report import results_readme
from normstudy.report.core.models import of_first_seed
from normstudy.report.readme import draw_graphs, put_results, results_block
from normstudy.runs import manifest, stamps
from normstudy.runs.compared_runs import compared_runs
from normstudy.runs.folder import RunError, read_run
from normstudy.runs.reproduction import kind_of_model
from normstudy.runs.studies import MAIN, PlannedRun, auto_dataset, plan, write_studies
from normstudy.runs.verification import verify

README = Path("README.md")


def publish(params: Path, runs: Path, results: Path) -> list[str]:
    """Names of the published runs. Raises `NormstudyError`; what was published before stays then."""
    planned = first_of_each(plan(params, auto_dataset(params)[0]))
    train([run for run in planned if not run.is_done(results) and not run.is_done(runs)], runs)
    for run in planned:
        if not run.is_done(results):
            verify(read_run(runs / run.name))
            copy(runs / run.name, results)
            stamps.carry([run.name], runs, results)
    names = [run.name for run in planned]
    studies_file = results / "studies.json"
    studies = json.loads(studies_file.read_text()) if studies_file.exists() else {}
    write_studies(results, {**studies, MAIN: names})
    write_products(results, params)
    now = {**studies, MAIN: names}
    for name in sorted(named(studies) - named(now)):
        drop(results / name)
    return names


def first_of_each(planned: list[PlannedRun]) -> list[PlannedRun]:
    """The run of each model with its lowest seed, which is the one that a report shows of single runs."""
    found: dict[str, PlannedRun] = {}
    for run in planned:
        own = found.setdefault(kind_of_model(run.config), run)
        if run.config.seed < own.config.seed:
            found[kind_of_model(run.config)] = run
    return list(found.values())


def named(studies: dict[str, list[str]]) -> set[str]:
    """The run folders of all `studies`."""
    return {name for names in studies.values() for name in names}


def write_products(results: Path, params: Path) -> None:
    """README.md's results, its graphs, what the site says of the runs, and the README.md of `results`."""
    every_run = compared_runs(results)
    graphs = draw_graphs(every_run, results / "figures")
    block = results_block(every_run, graphs)
    write_whole(README, put_results(README.read_text(encoding="utf-8"), block))
    shown = of_first_seed(every_run)
    write_metadata(FRONT, heading(shown, published=True))
    write_metadata(NAVIGATION, navigation(shown))
    results_readme.write(results, params)


def train(missing: list[PlannedRun], runs: Path) -> None:
    """Train the runs that are nowhere yet, and no others."""
    if not missing:
        return
    with tempfile.TemporaryDirectory() as folder:
        for run in missing:  # not its file, which may name further seeds
            (Path(folder) / run.source.name).write_text(yaml.safe_dump(run.config.model_dump()), encoding="utf-8")
        training = [sys.executable, "workflow/report.py", "--only-train", "--params", folder, "--runs", str(runs)]
        if subprocess.run(training).returncode:
            raise RunError("not every run could be trained, see above; nothing was published")


def copy(folder: Path, results: Path) -> None:
    """Copy a run folder, without what is no part of the run (`.DS_Store`); it appears whole or not at all.

    Raises `RunError` where it would take away another's file.
    """
    belonging = {*manifest.read(folder), manifest.NAME}
    ours = belonging | LITTER
    results.mkdir(exist_ok=True)
    final = results / folder.name
    if final.exists() and (other := {path.name for path in final.iterdir()} - ours):
        raise RunError(f"{final / min(other)}: belongs to no run, and the folder is to be replaced; move it away")
    with tempfile.TemporaryDirectory(prefix=".copy-", dir=results) as staging:
        shutil.copytree(folder, Path(staging) / folder.name, ignore=lambda _, names: set(names) - belonging)
        replace_folder(Path(staging) / folder.name, final)


def drop(folder: Path) -> None:
    """Remove a published run that no study names any more, as it was published; git keeps it."""
    try:
        listed = manifest.read(folder)
    except ValueError:  # it is no longer what was published: whoever changed it may want it
        return
    for name in (*listed, manifest.NAME):
        (folder / name).unlink(missing_ok=True)
    with suppress(OSError):  # another's files are in it
        folder.rmdir()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--params", type=as_typed, default=Path("params"))
    parser.add_argument("--runs", type=as_typed, default=Path("runs"))
    parser.add_argument("--results", type=as_typed, default=Path("results"))
    arguments = parser.parse_args()

    def work() -> None:
        refuse_runs_folder(arguments.params, arguments.runs)
        if (arguments.results / "studies.json").exists() and not is_runs_folder(arguments.results):
            raise RunError(f"{arguments.results}/studies.json: not written by this project; name another folder")
        print("Published in results/: " + ", ".join(publish(arguments.params, arguments.runs, arguments.results)))

    return command.run(work, arguments.results)


if __name__ == "__main__":
    sys.exit(main())
