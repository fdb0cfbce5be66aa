"""Train one run through papermill and publish its folder, with the executed notebook in it.

Usage: python workflow/train_run.py --runs FOLDER --parameters JSON
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import command
from jupyter_client.manager import AsyncKernelManager

from normstudy.config import make_config, run_name
from normstudy.ipynb import nbformat
from normstudy.own_kernel import last_words, own_kernel
from normstudy.paths import project_root
from normstudy.runs import progress
from normstudy.runs.folder import RunError, claim, discard, is_current, publish, stage
from normstudy.text import one_line

NOTEBOOK = "analysis/train.ipynb"
ATTEMPTS = 3
"""How often a run whose kernel dies (killed, out of memory) is begun; each goes on from the last checkpoint."""


def train(parameters: dict, runs: Path) -> Path:
    """Execute the notebook with `parameters` and publish the run in `runs`; the folder of the run.

    A run that another process is at work on is waited for, and then it is there. Raises
    `NormstudyError`, or whatever stopped it, and then leaves nothing behind but the run's checkpoint.
    """
    config = make_config(parameters)
    name = run_name(config)
    with claim(name, runs):
        if is_current(runs / name):
            return runs / name
        channel = runs / ".progress" / f"{name}.jsonl"
        os.environ[progress.VARIABLE] = str(channel)
        for attempt in range(1, ATTEMPTS + 1):
            channel.parent.mkdir(parents=True, exist_ok=True)
            channel.write_text("")
            staged = stage(config, runs, claimed=True)
            with tempfile.TemporaryFile() as errors:
                try:
                    folders = {"run_folder": str(staged), "runs_folder": str(runs)}
                    execute(staged / "train.ipynb", {**parameters, **folders}, own_kernel(errors))
                    return publish(staged, runs)
                except RuntimeError as error:  # nbclient's DeadKernelError, jupyter_client's of one that never answered
                    said = last_words(errors)
                    print(f"The kernel died (attempt {attempt} of {ATTEMPTS}): {error}", file=sys.stderr)
                finally:
                    discard(staged)
                    errors.seek(0)
                    shutil.copyfileobj(errors, sys.stderr.buffer)
    why = f"the last it said: {said}" if said else "it said nothing, as where memory is short"
    raise RunError(f"the run's kernel died {ATTEMPTS} times ({why}); `make report` goes on with it")


def execute(output: Path, parameters: dict, kernel: type[AsyncKernelManager]) -> None:
    """Run the notebook in a fresh `kernel`; its copy at `output` names no path of this machine."""
    import papermill  # it imports nbformat
    from papermill.exceptions import PapermillExecutionError

    try:
        papermill.execute_notebook(
            _literally(project_root() / NOTEBOOK),
            _literally(output),
            parameters=parameters,
            kernel_name="python3",  # by which papermill knows the language
            kernel_manager_class=kernel,
            shutdown_kernel="immediate",  # all is written: to take leave of torch takes a second
            cwd=str(project_root()),
            progress_bar=False,
            start_timeout=300,
        )
    except PapermillExecutionError as error:
        if error.evalue.startswith("[Errno "):  # the kernel's own, which names neither place nor remedy
            raise RunError(f"{output.parent}: {error.evalue}; make room there and start again") from None
        said = error.evalue or next((line for line in reversed(error.traceback) if line.strip()), "it gave no reason")
        raise RunError(f"{error.ename}: {one_line(said)}") from None
    notebook = nbformat.read(output, as_version=4)
    tidy(notebook)
    nbformat.write(notebook, output)


def _literally(path: Path) -> str:
    """`path` as papermill takes it, which puts parameters in the place of what is in braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def tidy(notebook: nbformat.NotebookNode) -> None:
    """Take out what belongs to this machine and moment: folders, times, papermill's records of both."""
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            kept = [line for line in cell.source.splitlines() if not line.startswith(("run_folder", "runs_folder"))]
            cell.source = "\n".join([*kept, 'runs_folder = "runs"', 'run_folder = ""'])
        for output in cell.get("outputs", []):
            if "text" in output:
                output["text"] = output["text"].replace(str(project_root()), ".")
                if (home := str(Path.home())) != "/":
                    output["text"] = output["text"].replace(home, "~")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--parameters", type=json.loads, required=True)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # an exit that takes the unfinished folder away
    runs = arguments.runs.absolute()
    return command.run(lambda: print(train(arguments.parameters, runs)), runs)


if __name__ == "__main__":
    sys.exit(main())
