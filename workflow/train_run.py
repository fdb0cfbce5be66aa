"""Train one run through papermill and publish its folder, with the executed notebook in it.

Usage: python workflow/train_run.py --runs FOLDER --parameters JSON
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path

import nbformat
import papermill
from papermill.exceptions import PapermillExecutionError

from normstudy import progress
from normstudy.config import make_config, run_name
from normstudy.errors import NormstudyError
from normstudy.paths import project_root
from normstudy.runs import RunError, discard, publish, stage

NOTEBOOK = "analysis/train.ipynb"


def train(parameters: dict, runs: Path) -> Path:
    """Execute the notebook with `parameters` and publish the run in `runs`.

    Raises `NormstudyError`, or whatever stopped it, and then leaves nothing behind.
    """
    name = run_name(make_config(parameters))
    channel = runs / ".progress" / f"{name}.jsonl"
    channel.parent.mkdir(parents=True, exist_ok=True)
    channel.write_text("")
    os.environ[progress.VARIABLE] = str(channel)
    staged = stage(make_config(parameters), runs)
    try:
        execute(staged / "train.ipynb", {**parameters, "run_folder": str(staged)})
        return publish(staged, runs)
    except BaseException:
        discard(staged)
        raise


def execute(output: Path, parameters: dict) -> None:
    """Run the notebook in a fresh kernel; its copy at `output` names no path of this machine."""
    try:
        papermill.execute_notebook(
            str(project_root() / NOTEBOOK),
            str(output),
            parameters=parameters,
            kernel_name="python3",
            cwd=str(project_root()),
            progress_bar=False,
            start_timeout=300,
        )
    except PapermillExecutionError as error:
        raise RunError(f"{error.ename}: {error.evalue}") from None
    notebook = nbformat.read(output, as_version=4)
    tidy(notebook)
    nbformat.write(notebook, output)


def tidy(notebook: nbformat.NotebookNode) -> None:
    """Take out what belongs to this machine and moment: folders, times, papermill's records of both."""
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = "\n".join(line for line in cell.source.splitlines() if not line.startswith("run_folder"))
            cell.source += '\nrun_folder = ""'
        for output in cell.get("outputs", []):
            if "text" in output:
                output["text"] = output["text"].replace(str(project_root()), ".").replace(str(Path.home()), "~")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--parameters", type=json.loads, required=True)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # an exit that takes the unfinished folder away
    try:
        print(train(arguments.parameters, (project_root() / arguments.runs)))
    except NormstudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {error.filename or arguments.runs}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
