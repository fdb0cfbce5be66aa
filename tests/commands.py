"""Run the project's commands as a user does: as programs of their own, on folders of the test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from normstudy.paths import project_root

ROOT = project_root()
NO_DATA = {"NORMSTUDY_DATA": "none"}


def run(*command: str | Path, timeout: float = 600, **environment: str) -> subprocess.CompletedProcess:
    """Run a command in the project's folder with its environment's programs first on PATH."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def workflow(script: str, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess:
    """Run `workflow/<script>.py`."""
    return run(sys.executable, f"workflow/{script}.py", *arguments, **environment)


def write_params(folder: Path, **models: str) -> Path:
    """Parameter files `<name>.yaml` with the given text each."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in models.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder
