"""Make `.venv` with what requirements-uv.lock and requirements.lock name, and this package. What `make setup` calls.

Usage: python workflow/bootstrap.py            (does what is to be done, and says why)
       python workflow/bootstrap.py --check    (tells by its exit status whether nothing is to be done; `.venv`'s own)
       python workflow/bootstrap.py --which    (tells which Python it is)

Runs under any Python 3, so that it can say to the user of an old one what he needs, and needs nothing but the
standard library. `.venv/.installed` says for which checkout, Python and files `.venv` was made.
"""

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from contextlib import contextmanager

OLDEST = (3, 11)
CHECKOUT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
VENV = ".venv"
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, ".installed")
MARK = os.path.join(VENV, "pyvenv.cfg")
DECISIVE = ("requirements.lock", "requirements-uv.lock", "pyproject.toml", "workflow/bootstrap.py")
PLAIN = ["-E", "-s", "-X", "utf8"]
"""Options of Python that leave the user's own settings for it out."""


class SetupError(Exception):
    """The set-up cannot go on; one line with the remedy."""


def main(arguments):
    os.chdir(CHECKOUT)
    if "--which" in arguments:
        print(this_python())
        return 0
    if "--check" in arguments:
        return 1 if fault(this_python()) else 0
    try:
        refuse_hopeless_place()
        with one_at_a_time():
            found = fault(answer(PYTHON))
            if found:
                refuse_what_is_not_ours(found)
                set_up(*found)
    except SetupError as error:
        print("error: %s" % error, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print("error: this step failed, see above: " + " ".join(map(str, error.cmd)), file=sys.stderr)
        print("Check the network and the room on the disk, then run `make setup` again.", file=sys.stderr)
        return 1
    except OSError as error:
        print("error: %s: %s" % (error.filename or VENV, error.strerror), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. `make setup` goes on from there.", file=sys.stderr)
        return 130
    return 0


def set_up(anew, why):
    """Make `.venv`, `anew` or on what is there, and note for what it was made."""
    refuse_unfit_python()
    import package_sources  # which an old Python could not read

    if os.path.exists(MARK):
        print("%s %s: %s" % (VENV, why, "making it again." if anew else "installing what is missing."))
    plain = package_sources.plain_environment(os.environ)
    if anew:
        clear()
        step("Making " + VENV, [base_python(), *PLAIN, "-m", "venv", VENV], plain)
    elif subprocess.call([PYTHON, *PLAIN, "-c", "import pip"], stderr=subprocess.DEVNULL):  # `uv venv` has none
        step("Installing pip", [PYTHON, *PLAIN, "-m", "ensurepip"], plain)
    settings = package_sources.pip_settings(PYTHON, os.environ)
    pip = [PYTHON, *PLAIN, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    environment = package_sources.pip_environment(os.environ, settings)
    step("Installing uv", pip + ["--require-hashes", "-r", "requirements-uv.lock"], environment)
    # Where Python may not write bytecode, each process would compile all that it imports: ten seconds for a run.
    uv = [os.path.join(VENV, "bin", "uv"), *package_sources.uv_options(settings), "pip", "install", "--quiet"]
    uv += ["--compile-bytecode", "--python", PYTHON]
    environment = package_sources.uv_environment(os.environ, settings)
    title = "Installing requirements.lock (about 6 GB, minutes)"
    requirements = uv + ["--require-hashes", "-r", "requirements.lock"]
    try:
        step(title, requirements, environment)
    except subprocess.CalledProcessError:
        if not settings.pop("extra-index-url", ""):
            raise
        # A company's index that cannot be reached from here: pip goes on without it, uv does not.
        environment = package_sources.uv_environment(os.environ, settings)
        step(title + " without the further indexes of pip's settings", requirements, environment)
    link_sources()
    stamp = {"checkout": CHECKOUT, "python": answer(PYTHON), "files": {name: digest(name) for name in DECISIVE}}
    with open(STAMP + ".new", "w") as file:
        json.dump(stamp, file, indent=1)
    os.replace(STAMP + ".new", STAMP)


def link_sources():
    """Let `.venv` import this checkout's `src`. A build would fail where the path holds what it takes for a variable."""
    packages = ["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    folder = subprocess.check_output([PYTHON, "-I", "-X", "utf8"] + packages).decode("utf-8").strip()
    with open(os.path.join(folder, "normstudy.pth"), "w", encoding="utf-8") as file:
        file.write(os.path.join(CHECKOUT, "src") + "\n")


def fault(python):
    """What is wrong with `.venv`, whose Python gave the answer `python`; nothing if it is as it should be.

    A pair: whether it must be made anew, and why, in words that go on from its name.
    """
    if python is None:
        return True, "has no Python that runs any more"
    version = tuple(map(int, python.split()[:2]))
    if version < OLDEST:
        return True, "has Python %d.%d, and %d.%d or newer is needed" % (version + OLDEST)
    try:
        with open(STAMP) as file:
            stamp = json.load(file)
        owner, made_for, files = stamp["checkout"], stamp["python"], stamp["files"]
    except (OSError, ValueError, TypeError, KeyError):  # one that was not finished, or that the user made
        owner = owner_by_activation()
        if owner and not is_same(owner, CHECKOUT):
            return True, "belongs to " + owner
        return not owner, "is not complete"
    if not is_same(owner, CHECKOUT):
        return True, "belongs to " + owner
    if made_for != python:
        return True, "was made for another Python (%s) than it has now (%s)" % (made_for, python)
    changed = [name for name in DECISIVE if files.get(name) != digest(name)]
    return (False, "is older than " + " and ".join(changed)) if changed else None


def this_python():
    """The version of the Python that runs this, and what packages for it are built for."""
    kind = sys.implementation.cache_tag + sys.abiflags
    return "%d %d %s %s %s" % (sys.version_info[0], sys.version_info[1], kind, sys.platform, os.uname()[4])


def answer(python):
    """What `this_python` says in the program `python`; None if it does not run."""
    command = [python, "-E", "-s", "-S", os.path.join("workflow", "bootstrap.py"), "--which"]
    try:
        return subprocess.check_output(command, stderr=subprocess.DEVNULL).decode().strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def owner_by_activation():
    """The folder that a `.venv` without a stamp was made in, as its script for shells says; empty if it does not."""
    try:
        with open(os.path.join(VENV, "bin", "activate"), encoding="utf-8", errors="surrogateescape") as file:
            values = re.findall(r"^\s*(?:export )?VIRTUAL_ENV=(.+)$", file.read(), re.MULTILINE)
    except OSError:
        return ""
    folders = []
    for value in values:
        places = [value.strip("\"'")]  # as Python 3.11 writes it, whatever characters it has
        try:
            places += shlex.split(value)  # as later ones do
        except ValueError:
            pass
        folders += [os.path.dirname(place) for place in places if os.path.isabs(place)]
    here = [folder for folder in folders if is_same(folder, CHECKOUT)]
    return (here + folders + [""])[0]


def is_same(folder, other):
    """Whether both name one folder, in whatever spelling."""
    try:
        return folder == other or os.path.samefile(folder, other)
    except OSError:
        return False


def digest(name):
    with open(name, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def clear():
    """Empty `.venv`. What says that it is a virtual environment stays, lest half of one be taken for the user's files."""
    if not os.path.isdir(VENV):
        return
    for name in sorted(os.listdir(VENV), key=lambda name: name != os.path.basename(STAMP)):
        path = os.path.join(VENV, name)
        if path == MARK:
            continue
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)


def base_python():
    """The Python outside of all virtual environments: the one that runs this may be `.venv`'s own, activated."""
    return getattr(sys, "_base_executable", None) or sys.executable


def refuse_hopeless_place():
    """Raise `SetupError` where no `.venv` can work."""
    if os.name == "nt":
        raise SetupError("on Windows this works within WSL alone (https://learn.microsoft.com/windows/wsl)")
    if os.pathsep in CHECKOUT:
        raise SetupError(
            "the path of this folder, %s, has a colon, with which Python makes no environment: rename it" % CHECKOUT
        )
    if "\n" in CHECKOUT or "\r" in CHECKOUT:
        raise SetupError("the path of this folder, %r, has a line break, which no list of paths can hold" % CHECKOUT)
    if sys.platform == "darwin" and (os.uname()[4] == "x86_64" or int(os.uname()[2].split(".")[0]) < 23):
        raise SetupError(
            "PyTorch is made for macOS 14 or newer on Apple silicon, which this Python (%s, Darwin %s) is not for"
            % (os.uname()[4], os.uname()[2])
        )
    if "musl" in (sysconfig.get_config_var("SOABI") or ""):
        raise SetupError("PyTorch is not made for musl, as Alpine Linux has it: use a system with glibc, Debian say")


def refuse_what_is_not_ours(found):
    """Raise `SetupError` if `.venv`, which has the fault `found`, is not ours to change, or cannot be changed."""
    anew, why = found
    if os.path.lexists(VENV) and not os.path.isdir(VENV):
        kind = "a link that leads nowhere" if os.path.islink(VENV) else "a file"
        raise SetupError("%s is %s, where a folder is needed: move it away" % (VENV, kind))
    if os.path.isdir(VENV) and not os.path.exists(MARK) and any(files for _, _, files in os.walk(VENV)):
        raise SetupError("%s holds files and is no virtual environment of Python: move it away" % VENV)
    owner = why.partition("belongs to ")[2]
    if os.path.islink(VENV) and owner and os.path.isdir(os.path.join(owner, VENV)):
        raise SetupError("%s is a link to that of %s, which stays as it is: remove the link (rm .venv)" % (VENV, owner))
    place = VENV if os.path.isdir(VENV) else "."
    if not os.access(place, os.W_OK):
        why = "%s %s, and" % (VENV, why) if os.path.isdir(VENV) else "there is no %s, and" % VENV
        raise SetupError("%s it cannot be written by you: ask its owner, or work in a copy of your own" % why)


def refuse_unfit_python():
    """Raise `SetupError` with the remedy if this Python cannot make `.venv`."""
    if sys.version_info < OLDEST:
        raise SetupError(
            "Python %d.%d is too old, 3.11 or newer is needed: install one and run `make setup PYTHON=python3.11`"
            % sys.version_info[:2]
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise SetupError(
            "Python's `venv` module is missing: install it (Debian, Ubuntu: `sudo apt install python3-venv`) "
            "or name another Python, as in `make setup PYTHON=/usr/local/bin/python3`"
        )


@contextmanager
def one_at_a_time():
    """Wait for another set-up of this checkout to end, and keep others out."""
    import fcntl

    path = os.path.join("workflow", "bootstrap.py")  # any file that is there: no other shall lie about
    with open(path, "r+" if os.access(path, os.W_OK) else "r") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another `make` is setting up %s: waiting for it." % VENV)
            sys.stdout.flush()
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:  # a file system without locks
            pass
        yield


def step(title, command, environment):
    print(title + " ...")
    sys.stdout.flush()
    subprocess.check_call(command, env=environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
