"""What git knows of this checkout."""

from __future__ import annotations

import os
import subprocess

from normstudy.paths import project_root


def commit() -> str | None:
    """The commit that is checked out here; None where this is no repository."""
    return _git("rev-parse", "HEAD")


def is_clean() -> bool | None:
    """Whether no file of that commit was changed here, and none added to `src/`; None where this is no repository.

    Parameter files, reports and records of the user's own do not count.
    """
    changes = _git("status", "--porcelain", "--untracked-files=normal")
    if changes is None:
        return None
    return all(line.startswith("?? ") and not line.startswith("?? src/") for line in changes.splitlines())


def _git(*arguments: str) -> str | None:
    """What git answers here; None if it does not, or if it would answer for another repository."""
    root = project_root()
    # Unpacked inside somebody's repository, or with a GIT_DIR set, this would be another's commit.
    if not (root / ".git").exists():
        return None
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    # git is asked only to read, in a checkout whose code runs: whoever owns it need not be whoever asks.
    command = ["git", "-c", f"safe.directory={root}", "-c", "core.fsmonitor=false", "-C", root, *arguments]
    try:
        answer = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None
