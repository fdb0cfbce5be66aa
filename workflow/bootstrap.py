"""Make `.venv` with what requirements.lock names, and this package. What `make setup` calls.

Usage: python workflow/bootstrap.py            (does what is to be done)
       python workflow/bootstrap.py --check    (status 0 where nothing is to be done; with the Python of `.venv`)
       python workflow/bootstrap.py --which    (tells which Python it is)

It needs the standard library alone. `.venv/.installed` notes for which checkout, Python and files `.venv` was made.
"""

import ast
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

OLDEST = (3, 11)
CHECKOUT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
VENV = ".venv"
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, ".installed")
MARK = os.path.join(VENV, "pyvenv.cfg")
DECISIVE = ("requirements.lock", "requirements-uv.lock", "pyproject.toml", "workflow/bootstrap.py")
DIVERTING = re.compile(
    "PYTHON.*|__PYVENV_LAUNCHER__|VIRTUAL_ENV.*|DIST_EXTRA_CONFIG|SETUPTOOLS_.*|DISTUTILS_.*"
    "|PIP_(?!INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|TRUSTED_HOST|KEYRING_PROVIDER|CERT|CLIENT_CERT|PROXY"
    "|.*TIMEOUT|RETRIES|.*CACHE_DIR|CONFIG_FILE).*"
    "|UV_(?!.*INDEX|FIND_LINKS|INSECURE_HOST|KEYRING_PROVIDER|SYSTEM_CERTS|NATIVE_TLS|OFFLINE|HTTP_|REQUEST_TIMEOUT"
    "|CONCURRENT_|CACHE_DIR|NO_CACHE|LINK_MODE).*"
)
"""Variables of the user's other work. Of those for pip and uv, the ones that say where packages come from count."""

FULL = 100_000_000
"""Bytes of free room below which that is why a step has failed."""


class SetupError(Exception):
    """The set-up cannot go on; one line with the remedy."""


def main(arguments):
    os.chdir(CHECKOUT)
    if arguments == ["--which"]:
        print(this_python())
        return 0
    if arguments == ["--check"]:
        return int(read_stamp() != stamp_for(this_python()))
    try:
        with open("workflow/bootstrap.py") as lock:  # any file that is there: no other shall lie about
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("Another `make` is setting up .venv: waiting for it.", flush=True)
                fcntl.flock(lock, fcntl.LOCK_EX)
            except OSError:  # a file system without locks
                pass
            set_up()
            return 0
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
    except subprocess.CalledProcessError as error:
        why = "check that the index of packages can be reached (pip's settings count)"
        if shutil.disk_usage(".").free < FULL:
            why = f"the disk of {CHECKOUT} is full, make room there"
        command = " ".join(map(str, error.cmd))
        print(f"error: this step failed, see above: {command}; {why}, then call `make setup`", file=sys.stderr)
    except OSError as error:
        print(f"error: {error.filename or VENV}: {error.strerror}", file=sys.stderr)
    except KeyboardInterrupt:
        print("Interrupted. `make setup` goes on from there.", file=sys.stderr)
        return 130
    return 1


def set_up():
    python, stamp = answer(PYTHON), read_stamp()
    if python and stamp == stamp_for(python):
        return
    refuse_what_cannot_be()
    plain = plain_environment()
    if not python or (stamp and (stamp.get("checkout"), stamp.get("python")) != (CHECKOUT, python)):
        if os.path.exists(MARK):
            if os.path.islink(VENV):
                raise SetupError(f"{VENV} is a link, and what it leads to is not for this checkout: remove the link")
            print(f"{VENV} was made for another checkout, or its Python is gone: making it again.")
            clear()
        base = getattr(sys, "_base_executable", None) or sys.executable  # not that of an activated environment
        step("Making .venv", [base, "-E", "-s", "-m", "venv", VENV], plain)
    elif stamp:
        print(f"{VENV} is out of date: installing what is missing.")
    if subprocess.call([PYTHON, "-E", "-s", "-c", "import pip"], stderr=subprocess.DEVNULL):  # `uv venv` has none
        step("Installing pip", [PYTHON, "-E", "-s", "-m", "ensurepip"], plain)
    pip = [PYTHON, "-E", "-s", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    step("Installing uv", [*pip, "-r", "requirements-uv.lock"], plain)
    command, environment = uv_install(PYTHON)
    # Where Python may not write bytecode, each process would compile all that it imports: ten seconds for a run.
    command += ["--compile-bytecode", "--require-hashes", "-r", "requirements.lock"]
    step("Installing requirements.lock (about 6 GB, minutes)", command, environment)
    # A build would fail where the path holds what it takes for a variable.
    where = [PYTHON, "-I", "-X", "utf8", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    folder = subprocess.check_output(where, encoding="utf-8").strip()
    with open(os.path.join(folder, "normstudy.pth"), "w", encoding="utf-8") as file:
        file.write(os.path.join(CHECKOUT, "src") + "\n")
    with open(STAMP + ".new", "w") as file:
        json.dump(stamp_for(answer(PYTHON)), file)
    os.replace(STAMP + ".new", STAMP)


def refuse_what_cannot_be():
    """Raise `SetupError` where this Python cannot make `.venv`, or the user's files are in its place."""
    if os.path.lexists(VENV) and not os.path.isdir(VENV):
        raise SetupError(f"{VENV} is no folder: move it away")
    if os.path.isdir(VENV) and not os.path.exists(MARK) and os.listdir(VENV):
        raise SetupError(f"{VENV} holds files and is no virtual environment of Python: move it away")
    if sys.version_info < OLDEST:
        version = "%d.%d" % sys.version_info[:2]
        raise SetupError(f"Python {version} is too old: install 3.11 or newer and call `make setup PYTHON=python3.11`")
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise SetupError("Python's `venv` module is missing: install it (Debian: `sudo apt install python3-venv`)")


def uv_install(python):
    """`uv pip install` into the environment of `python`, from where pip's settings say; the environment for it."""
    plain = plain_environment()
    # Verbose, since a file may say `quiet`.
    asked = [python, "-E", "-s", "-m", "pip", "config", "list", "-vvv", "--disable-pip-version-check"]
    listing = subprocess.run(asked, env=plain, capture_output=True, text=True).stdout
    found = re.findall(r"^(?:global|install|:env:)\.([\w-]+)=(.*)$", listing, re.MULTILINE)  # later ones count
    pip = {name: " ".join(str(ast.literal_eval(value)).split()) for name, value in found}
    trusted = pip.get("cert") or plain.get("REQUESTS_CA_BUNDLE") or plain.get("CURL_CA_BUNDLE") or ""
    given = {
        "UV_DEFAULT_INDEX": pip.get("index-url", ""),
        "UV_INDEX": pip.get("extra-index-url", ""),
        "UV_FIND_LINKS": pip.get("find-links", "").replace(" ", ","),
        "UV_INSECURE_HOST": pip.get("trusted-host", ""),
        "UV_INDEX_STRATEGY": "unsafe-best-match",  # pip looks in all places, too; hashes keep strangers out
        "SSL_CERT_DIR" if os.path.isdir(trusted) else "SSL_CERT_FILE": trusted,
        "HTTPS_PROXY": pip.get("proxy", ""),
        "HTTP_PROXY": pip.get("proxy", ""),
    }
    uv = [os.path.join(os.path.dirname(python), "uv"), "--no-config"]
    uv += ["--no-index"] * (pip.get("no-index", "").lower() in {"1", "true", "yes", "on"})
    return [*uv, "pip", "install", "--quiet", "--python", python], {k: v for k, v in given.items() if v} | plain


def plain_environment():
    """The user's variables without those that are `DIVERTING`."""
    kept = {name: value for name, value in os.environ.items() if not DIVERTING.fullmatch(name)}
    return {**kept, "PIP_USER": "0"}


def stamp_for(python):
    """What is noted in `.venv` when it is complete, for this checkout and the `python` that `this_python` tells."""
    found = hashlib.sha256()
    for name in DECISIVE:
        with open(name, "rb") as file:
            found.update(hashlib.sha256(file.read()).digest())
    return {"checkout": CHECKOUT, "python": python, "files": found.hexdigest()}


def read_stamp():
    try:
        with open(STAMP) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def this_python():
    """The version of the Python that runs this, and what packages for it are built for."""
    kind = sys.implementation.cache_tag + sys.abiflags
    return "%d %d %s %s %s" % (*sys.version_info[:2], kind, sys.platform, os.uname()[4])


def answer(python):
    """What `this_python` says in the program `python`; None if it does not run."""
    command = [python, "-E", "-s", "-S", os.path.join("workflow", "bootstrap.py"), "--which"]
    try:
        return subprocess.check_output(command, stderr=subprocess.DEVNULL, encoding="utf-8").strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def clear():
    """Empty `.venv`, but for what says that it is a virtual environment, lest half of one be taken for the user's."""
    for name in sorted(os.listdir(VENV), key=lambda name: name != os.path.basename(STAMP)):
        path = os.path.join(VENV, name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        elif path != MARK:
            os.unlink(path)


def step(title, command, environment):
    print(title + " ...", flush=True)
    subprocess.check_call(command, env=environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
