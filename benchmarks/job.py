"""The parts of the whole job, measured by doing them: the run's notebook, the report, and a call with nothing to do."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import papermill

from normstudy.config import Config, read_config, resolve
from normstudy.paths import project_root
from normstudy.runs.folder import stage

Row = tuple[str, list[float]]
ROOT = project_root()


def parts() -> list[Row]:
    """Seconds of each part, in the order of `make report`."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        rows = notebook_parts(where)
        report = [
            "workflow/report.py",
            "--params",
            params(where),
            "--runs",
            where / "runs",
            "--output",
            where / "report",
        ]
        whole = seconds(*report)
        (finished,) = (where / "runs").glob("*/metrics.json")
        training = json.loads(finished.read_text())["history"][0]["seconds"]
        rows.append(("one run of one epoch and its report, besides the epoch", [whole - training]))
        rows.append(
            (
                "render the published runs, HTML and PDF",
                [seconds("workflow/render.py", "--results", "results", "--output", where / "page")],
            )
        )
        rows.append(("`make report` with nothing to do", [seconds(*report) for _ in range(3)]))
    return rows


def notebook_parts(where: Path) -> list[Row]:
    """A run of one epoch through papermill: its cells, by their heading, and what is around them."""
    config = one_epoch("gn")
    staged = stage(config, where)
    output = where / "train.ipynb"
    start = time.perf_counter()
    # In a folder of its own also for the checkpoint, from which the next measurement would go on.
    parameters = {**config.model_dump(), "run_folder": str(staged), "runs_folder": str(where)}
    notebook = papermill.execute_notebook(
        *(str(ROOT / "analysis/train.ipynb"), str(output), parameters),
        cwd=str(ROOT),
        progress_bar=False,
        shutdown_kernel="immediate",  # as of a run
    )
    whole = time.perf_counter() - start
    parts: dict[str, float] = {}
    heading = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = next((line.lstrip("# ") for line in cell.source.splitlines() if line.startswith("#")), heading)
        elif cell.cell_type == "code":
            parts[heading] = parts.get(heading, 0.0) + duration(cell.metadata.papermill)
    rows = [(f"notebook: {heading}", [took]) for heading, took in parts.items()]
    shutil.rmtree(staged)
    return [("notebook: start and end of kernel and papermill", [whole - sum(parts.values())]), *rows]


def memory() -> list[Row]:
    """The largest resident memory that any process of a run had."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = json.dumps(one_epoch("bn_l1").model_dump())
        child = (
            "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
        )
        child += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
        command = [sys.executable, "workflow/train_run.py", "--runs", folder, "--parameters", chosen]
        answer = subprocess.run(
            [sys.executable, "-c", child, *command], cwd=ROOT, capture_output=True, text=True, check=True
        )
    kilobytes = int(answer.stdout) / (1024 if sys.platform == "darwin" else 1)
    return [("peak of one run (the kernel)", [kilobytes * 1024 / 1e9])]


def one_epoch(model: str) -> Config:
    """`params/<model>.yaml` for an epoch on MNIST."""
    return resolve(read_config(ROOT / f"params/{model}.yaml").model_copy(update={"epochs": 1}), "mnist")


def params(where: Path) -> Path:
    """A folder with one model of one epoch."""
    folder = where / "params"
    folder.mkdir()
    (folder / "gn.yaml").write_text("norm: gn\nepochs: 1\ndataset: mnist\n")
    return folder


def seconds(script: str, *arguments: str | Path) -> float:
    """Wall time of one of the project's commands."""
    start = time.perf_counter()
    subprocess.run([sys.executable, script, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def duration(times: dict) -> float:
    """Seconds between papermill's two time stamps."""
    return (datetime.fromisoformat(times["end_time"]) - datetime.fromisoformat(times["start_time"])).total_seconds()
