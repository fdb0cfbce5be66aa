"""What a user's environment may say to a job, and what is kept from it.

Editors, modules of a cluster and start-up files set variables for the programs of a user; here they would
reach an interpreter, a kernel or a scheduler that is not the user's. `tests/workflow/surroundings.md` lists all that
those programs read, each with its decision.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from normstudy.paths import cache_folder, is_writable_home, made, refuse_other_checkout

IGNORED = (
    "PYTHON*",
    "IPYTHON*",
    "JUPYTER_*",
    "JPY_*",
    "SNAKEMAKE_*",
    "MATPLOTLIBRC",
    "MPLBACKEND",
    "GIT_*",
    "QUARTO_PYTHON",
    "QUARTO_R",
    "QUARTO_PROFILE",
    "QUARTO_PROJECT_*",
    "QUARTO_DOCUMENT_*",
    "QUARTO_EXECUTE_*",
    "QUARTO_FIG_*",
    "QUARTO_LOG*",
    "BASH_ENV",
    "ENV",
    "SHELLOPTS",
    "BASHOPTS",
    "FORCE_COLOR",
    "CLICOLOR*",
    "PY_COLORS",
    "TTY_*",
    "COLUMNS",
    "LINES",
    "OMP_DYNAMIC",
    "OMP_THREAD_LIMIT",
)
"""Patterns of the variables that no program of a job gets to see.

With one of the last two, torch computes with fewer threads than it has shared its work among, and runs diverge.
"""

RESPECTED = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "SNAKEMAKE_SLURM_*")
"""Those among them that it does."""


def settle(script: str) -> None:
    """Begin a program of the workflow: in its checkout, with a clean environment for itself and all that it starts.

    Raises `CheckoutError` when this package is not the one next to `script`, the program's file.
    """
    own = Path(script).resolve().parents[1]
    refuse_other_checkout(own)
    environment = clean(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(own)


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` without what is `IGNORED`, and with places of our own for what is kept between programs.

    A user without a home that can be written, or without a name, is given both.
    """
    kept = {name: value for name, value in environ.items() if not _is_ignored(name)}
    place = cache_folder(kept)
    if source := kept.get("NORMSTUDY_DATA"):
        kept["NORMSTUDY_DATA"] = os.path.expanduser(source)  # while `~` is still the user's
    if not is_writable_home(kept.get("HOME", "")):
        kept = {name: value for name, value in kept.items() if not name.startswith("XDG_")}
        kept["HOME"] = str(made(place / "home"))
    if not any(kept.get(name) for name in ("USER", "LOGNAME")) and not _has_name():
        kept["USER"] = kept["LOGNAME"] = f"uid{os.getuid()}"
    return kept | {
        "NO_COLOR": "1",  # what programs print goes to files
        "PYTHONUTF8": "1",
        "IPYTHONDIR": str(place / "ipython"),
        "JUPYTER_CONFIG_DIR": str(place / "jupyter/config"),
        "JUPYTER_DATA_DIR": str(place / "jupyter/data"),
        "JUPYTER_RUNTIME_DIR": str(place / "jupyter/runtime"),
        "JUPYTER_PREFER_ENV_PATH": "1",  # the kernel called python3 is that of this Python
        "MATPLOTLIBRC": os.devnull,
    }


def _is_ignored(name: str) -> bool:
    return any(fnmatchcase(name, each) for each in IGNORED) and not any(fnmatchcase(name, each) for each in RESPECTED)


def _has_name() -> bool:
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        return False
    return True
