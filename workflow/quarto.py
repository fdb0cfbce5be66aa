"""Find Quarto, or install it.

Usage: python workflow/quarto.py      (tries the installation again)

Quarto's package fetches its binary while it installs, without a time limit of its own, and behind a
firewall that fails. So it is no part of requirements.lock; it is tried once, within a minute.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from bootstrap import uv_install
from command import run
from packaging.version import InvalidVersion, Version

PIN = "quarto-cli==1.9.38"
OLDEST = Version("1.9")
SECONDS = 60

_BIN = Path(sys.executable).parent
_FAILED = Path(sys.prefix) / "quarto-not-installed"


def find() -> tuple[str | None, str]:
    """Quarto's path and its version; or None, and why there is none."""
    too_old = ""
    for candidate in (shutil.which("quarto"), str(_BIN / "quarto")):
        found = version(candidate) if candidate else None
        if found and found >= OLDEST:
            return candidate, str(found)
        if found:
            too_old = f"Quarto {found} is older than {OLDEST}; "
    reason = _FAILED.read_text().strip() if _FAILED.exists() else install()
    found = version(str(_BIN / "quarto")) if not reason else None
    return (str(_BIN / "quarto"), str(found)) if found else (None, too_old + reason)


def install() -> str:
    """Install the pinned package into this environment; why that failed, or nothing."""
    _FAILED.unlink(missing_ok=True)
    command, environment = uv_install(sys.executable)
    reason = ""
    try:
        process = subprocess.Popen(
            [*command, PIN],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            code = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # the build that downloads is a grandchild
            process.wait()
            reason = f"Quarto could not be fetched within {SECONDS} seconds"
        else:
            reason = "Quarto's package could not fetch its binary" if code else ""
    except OSError as error:
        reason = f"Quarto could not be installed ({error.strerror})"
    if not reason and version(str(_BIN / "quarto")) is None:
        reason = "the Quarto that was installed does not run"
    if reason:
        reason += "; `make quarto` tries again"
        with suppress(OSError):  # then it is tried again at the next call
            _FAILED.write_text(reason + "\n")
    return reason


def version(quarto: str) -> Version | None:
    """The version that the program `quarto` reports; None when it does not run."""
    try:
        answer = subprocess.run([quarto, "--version"], capture_output=True, text=True, timeout=SECONDS)
        return Version(answer.stdout.strip()) if answer.returncode == 0 else None
    except (OSError, subprocess.TimeoutExpired, InvalidVersion):
        return None


def main() -> int:
    problem = install()
    print(problem or f"Quarto {version(str(_BIN / 'quarto'))} is installed.")
    return int(bool(problem))


if __name__ == "__main__":
    sys.exit(run(main, _BIN))
