"""Render `report.qmd` from a folder of runs, with Quarto where there is one, else with the preview renderer.

Usage: python workflow/render.py --results runs --output _report [--renderer auto|quarto|preview]

The old report stays until the new one is whole. `render.json` in the output says what made it.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import quarto
import yaml

from normstudy import findings, preview
from normstudy.errors import NormstudyError
from normstudy.labels import FULL_NAMES, labels
from normstudy.paths import project_root, replace_folder
from normstudy.runs import FinishedRun
from normstudy.studies import read_study

REPORT = Path("report.qmd")
RESULTS_VARIABLE = "NORMSTUDY_RESULTS"


class RenderError(NormstudyError):
    """The report could not be rendered."""


def render(results: Path, output: Path, renderer: str = "auto") -> str:
    """Make the report in `output`; the renderer that did it, in words. Raises `NormstudyError`."""
    runs = read_study(results)
    program, detail = (None, "as asked for") if renderer == "preview" else quarto.find()
    if renderer == "quarto" and not program:
        raise RenderError(f"{detail}; `make report RENDERER=preview` does without")
    fresh = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
    try:
        if program:
            by = f"Quarto {detail}"
            render_with_quarto(program, results, fresh, runs)
        else:
            by = f"the preview renderer ({detail})"
            environment = {RESULTS_VARIABLE: str(results)}
            preview.render(REPORT, fresh, environment, notebook_pages(runs), {"subtitle": subtitle(runs)})
        (fresh / "render.json").write_text(json.dumps({"by": by}) + "\n")
        fresh.chmod(0o755)
        replace_folder(fresh, output)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return by


def render_with_quarto(program: str, results: Path, output: Path, runs: list[FinishedRun]) -> None:
    """Render the manuscript into `output` through the profile `runs`, whose notebook pages are those of `runs`."""
    environment = {**os.environ, RESULTS_VARIABLE: str(results), "QUARTO_PYTHON": sys.executable}
    # Quarto takes an output folder relative to the project, and empties it first.
    command = [program, "render", "--profile", "runs", "--output-dir", os.path.relpath(output)]
    with open("_quarto.yml") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Quarto writes beside report.qmd: one at a time
        write_profile(Path("_quarto-runs.yml"), runs)
        process = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(process.stdout)
    if process.returncode:
        reason = [line for line in process.stdout.splitlines() if re.search(r"Error|ERROR", line)]
        raise RenderError(f"Quarto failed: {(reason or ['see above'])[-1].strip()}")
    if "Unable to resolve crossref" in process.stdout:  # Quarto itself only warns
        raise RenderError("Quarto: a cross-reference of report.qmd leads nowhere; see the lines above")


def write_profile(path: Path, runs: list[FinishedRun]) -> None:
    """A Quarto profile that lists the executed notebooks of `runs` as pages."""
    pages = [{"notebook": os.path.relpath(file), "title": title} for title, file in notebook_pages(runs)]
    profile = {"subtitle": subtitle(runs), "manuscript": {"notebooks": pages}}
    text = yaml.safe_dump(profile, sort_keys=False, allow_unicode=True)
    comment = "# Written by workflow/render.py and workflow/publish.py: the notebooks of the runs in the report.\n"
    if not path.exists() or path.read_text(encoding="utf-8") != comment + text:
        path.write_text(comment + text, encoding="utf-8")


def subtitle(runs: list[FinishedRun]) -> str:
    """Which models are compared on which data."""
    return f"{findings.join_words(labels([run.config for run in runs]))} on {findings.data_name(runs)}"


def notebook_pages(runs: list[FinishedRun]) -> list[tuple[str, Path]]:
    """(title, executed notebook) of each run that has one."""
    configs = [run.config for run in runs]
    return [
        (f"{name}: {FULL_NAMES[run.config.norm].lower()}", run.folder / "train.ipynb")
        for name, run in zip(labels(configs), runs, strict=True)
        if (run.folder / "train.ipynb").is_file()
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--renderer", choices=["auto", "quarto", "preview"], default="auto")
    arguments = parser.parse_args()
    os.chdir(project_root())
    try:
        print(render(arguments.results, Path(os.path.abspath(arguments.output)), arguments.renderer))
    except NormstudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
