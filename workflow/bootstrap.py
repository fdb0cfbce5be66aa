"""Make `.venv` with what requirements-uv.lock and requirements.lock name, and this package. What `make setup` calls.

Runs under any Python, so it is written for old ones, and needs nothing but the standard library.
"""

import os
import subprocess
import sys

OLDEST = (3, 11)
VENV = ".venv"
STAMP = os.path.join(VENV, ".installed")


def main():
    problem = missing()
    if problem:
        print("error: " + problem, file=sys.stderr)
        return 1
    python = os.path.join(VENV, "bin", "python")
    try:
        if not runs(python):
            step("Making " + VENV, [sys.executable, "-m", "venv", "--clear", VENV])
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        step("Installing uv", pip + ["--require-hashes", "-r", "requirements-uv.lock"])
        # Where Python may not write bytecode, each process would compile all that it imports: ten seconds for a run.
        uv = [os.path.join(VENV, "bin", "uv"), "pip", "install", "--quiet", "--compile-bytecode", "--python", python]
        step("Installing requirements.lock (about 6 GB, minutes)", uv + ["--require-hashes", "-r", "requirements.lock"])
        step("Installing normstudy", uv + ["--no-deps", "--no-build-isolation", "--editable", "."])
    except subprocess.CalledProcessError as error:
        print("error: this step failed, see above: " + " ".join(map(str, error.cmd)), file=sys.stderr)
        print("Check the network and the room on the disk, then run `make setup` again.", file=sys.stderr)
        return 1
    open(STAMP, "w").close()
    return 0


def missing():
    """What this Python lacks, with its remedy; nothing if it will do."""
    if sys.version_info < OLDEST:
        return (
            "Python %d.%d is too old, 3.11 or newer is needed: install one and run `make setup PYTHON=python3.11`"
            % (sys.version_info[:2])
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return (
            "Python's `venv` module is missing: install it (Debian, Ubuntu: `sudo apt install python3-venv`) "
            "or name another Python, as in `make setup PYTHON=/usr/local/bin/python3`"
        )
    return ""


def runs(python):
    """Whether `python` exists, runs and is new enough."""
    try:
        return subprocess.call([python, "-c", "import sys; sys.exit(sys.version_info < %r)" % (OLDEST,)]) == 0
    except OSError:
        return False


def step(title, command):
    print(title + " ...")
    sys.stdout.flush()
    subprocess.check_call(command)


if __name__ == "__main__":
    sys.exit(main())
