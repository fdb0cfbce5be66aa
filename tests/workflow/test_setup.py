"""The set-up on anyone's machine: the checkout that one stands in works, and nothing of the user's is deleted."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import bootstrap
import pytest
from commands import ROOT
from small_checkout import Checkout, Mirror, sample_package

ODD = 'it\'s a "check [out]" 100%C3 $HOME Ünï#;(x)& ~\\n'
"""A folder's name with what shells, make, Snakemake and Python could take for something else."""

ANEW = ".venv was made for another checkout, or its Python is gone: making it again."

HOSTILE = {
    "pip/pip.conf": "[global]\nindex-url = {url}\nquiet = 1\n[install]\nuser = true\n",
    "uv/uv.toml": 'exclude-newer = "2000-01-01"\n[pip]\nsystem = true\ntarget = "/nowhere"\n',
}
"""Files in the user's `.config`; the mirror of the first is to be respected, and nothing else."""

SETTINGS = {
    **{"PYTHONPATH": "/nowhere", "PYTHONHOME": "/nowhere", "PYTHONSAFEPATH": "1", "PYTHONOPTIMIZE": "2"},
    **{"PIP_USER": "1", "PIP_TARGET": "/nowhere", "PIP_REQUIRE_VIRTUALENV": "1", "PIP_CONSTRAINT": "/nowhere"},
    **{"UV_SYSTEM_PYTHON": "1", "UV_TARGET": "/nowhere", "UV_CONSTRAINT": "/nowhere", "UV_PYTHON": "3.8"},
    **{"VIRTUAL_ENV": "/nowhere", "CONDA_PREFIX": "/nowhere", "PYTHON": "/nowhere/python", "MAKEFLAGS": "-j3"},
}


@pytest.fixture(scope="session")
def mirror(tmp_path_factory):
    return Mirror(tmp_path_factory.mktemp("mirror"))


@pytest.fixture(scope="session")
def address(mirror):
    with mirror.served() as (url, requests):
        yield url, requests


@pytest.fixture(scope="session")
def made(mirror, address, tmp_path_factory):
    """A checkout in an odd folder, set up for a user with hostile settings; what `make report` said. Copy it."""
    place = tmp_path_factory.mktemp("made")
    checkout = Checkout(place / ODD, place / "machine", mirror)
    for name, text in HOSTILE.items():
        checkout.settings(f".config/{name}", text.replace("{url}", address[0]))
    return checkout, checkout.make("report", **SETTINGS)


@pytest.fixture
def copy(made, mirror, tmp_path):
    """A copy of `made` as `cp -r` makes it, on the same machine."""
    checkout = Checkout(tmp_path / "copy", made[0].machine, mirror)
    shutil.copytree(made[0].folder, checkout.folder, symlinks=True, dirs_exist_ok=True)
    return checkout


@pytest.fixture
def stub(tmp_path):
    """A checkout whose `.venv` is a script: it counts as whole, and tells its arguments."""
    checkout = Checkout(tmp_path / "stub", tmp_path / "machine")
    script = 'case "$*" in *--check) exit 0;; esac\nfor each; do printf "%s\\0" "$each"; done'
    checkout.program("python", script, checkout.folder / ".venv/bin")
    return checkout


@pytest.mark.slow
@pytest.mark.fault(
    "set-up in an odd folder, with others' settings for Python, pip and uv",
    "packages come from the user's mirror into this checkout",
)
def test_it_works_in_any_folder_whatever_the_user_has_set(made, address):
    checkout, process = made
    result = checkout.result(process)
    assert result["package"] == str(checkout.folder / "src/normstudy/__init__.py")
    assert result["sample"].startswith(str(checkout.folder / ".venv"))
    assert next(line for line in process.stdout.splitlines() if line.endswith("...")) == "Making .venv ..."
    assert any("/simple/uv/uv-" in request for request in address[1])  # pip's mirror, for pip
    assert any("/simple/sample/sample-" in request for request in address[1])  # and for uv


def test_where_all_is_well_nothing_is_said_or_written(made):
    checkout, _ = made
    before = {path: path.stat().st_mtime_ns for path in checkout.folder.rglob("*")}
    process = checkout.make("setup", **SETTINGS)
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")
    assert before == {path: path.stat().st_mtime_ns for path in checkout.folder.rglob("*")}
    checkout.program("python3", "exit 1", checkout.machine / "broken")
    path = os.pathsep.join([str(checkout.machine / "broken"), "/usr/bin", "/bin"])
    assert checkout.make("report", PATH=path).returncode == 0  # the Python on PATH is not asked


@pytest.mark.slow
@pytest.mark.fault("two set-ups at once", "one makes .venv, both go on")
def test_of_two_at_once_the_second_waits(mirror, address, tmp_path):
    checkout = Checkout(tmp_path / "checkout", tmp_path / "machine", mirror)
    started = [checkout.start("report", PIP_INDEX_URL=address[0], UV_CACHE_DIR=str(tmp_path / "cache")) for _ in "12"]
    ended = [(process, *process.communicate(timeout=300)) for process in started]
    assert [process.returncode for process, *_ in ended] == [0, 0], ended
    assert sum("Making .venv" in out for _, out, _ in ended) == 1
    assert sum("waiting for it" in out for _, out, _ in ended) == 1


@pytest.mark.slow
@pytest.mark.fault(
    "checkout copied or moved with its .venv, another one on PYTHONPATH",
    "the one stood in is worked in, the other is as before",
    tried=2,
)
def test_a_copy_works_on_its_own(copy, made):
    original = made[0]
    kept = (original.folder / ".venv/.installed").read_bytes()
    process = copy.make("report")
    result = copy.result(process)
    assert ANEW in process.stdout.splitlines()
    assert result["package"] == str(copy.folder / "src/normstudy/__init__.py")
    assert result["sample"].startswith(str(copy.folder))
    assert (original.folder / ".venv/.installed").read_bytes() == kept
    assert original.result(original.make("report"))["package"].startswith(str(original.folder))
    # And moved, while the other checkout is on PYTHONPATH.
    moved = Checkout(copy.folder.parent / "moved", copy.machine, None)
    shutil.rmtree(moved.folder)
    copy.folder.rename(moved.folder)
    process = moved.make("report", PYTHONPATH=str(original.folder / "src"))
    assert ANEW in process.stdout.splitlines()
    assert moved.result(process)["package"].startswith(str(moved.folder))


@pytest.mark.slow
@pytest.mark.fault("Python of .venv gone", "made again, said in a line")
def test_a_python_that_is_gone_is_replaced(tmp_path):
    checkout = Checkout(tmp_path / "checkout", tmp_path / "machine")
    checkout.write(".venv/pyvenv.cfg", "")
    checkout.write(".venv/lib/python3.10/site-packages/old.py", "")
    (checkout.folder / ".venv/bin").mkdir()
    (checkout.folder / ".venv/bin/python").symlink_to("/nowhere/python3.11")
    process = checkout.make("setup")  # goes wrong further on: this checkout has no packages to install
    assert process.stdout.splitlines()[:2] == [ANEW, "Making .venv ..."]
    assert not (checkout.folder / ".venv/lib/python3.10").exists()


def test_another_lock_file_installs_what_changed_and_leaves_the_rest(made, mirror, address):
    checkout, _ = made
    theirs = checkout.write(".venv/lib/theirs.txt", "kept")
    mirror.add("sample", "2.0", sample_package("2.0"))
    lock = checkout.folder / "requirements.lock"
    lock.write_text(re.sub(r"sample==.*\n", lambda _: mirror.locks["sample"], lock.read_text()))
    process = checkout.make("report", UV_CACHE_DIR=str(checkout.machine / "fresh"))
    sample = Path(checkout.result(process)["sample"])
    assert ".venv is out of date: installing what is missing." in process.stdout.splitlines()
    assert "2.0" in sample.read_text()
    assert theirs.read_text() == "kept"
    assert checkout.make("setup").stdout == ""


@pytest.mark.slow
def test_a_venv_that_the_user_made_is_completed(mirror, address, tmp_path):
    checkout = Checkout(tmp_path / "a checkout", tmp_path / "machine", mirror)
    command = [str(checkout.machine / "bin/python3"), "-m", "venv", "--without-pip", ".venv"]
    subprocess.run(command, cwd=checkout.folder, check=True)
    theirs = checkout.write(".venv/lib/theirs.txt", "kept")
    process = checkout.make("report", PIP_INDEX_URL=address[0])
    assert checkout.result(process)["sample"].startswith(str(checkout.folder))
    assert theirs.exists()


@pytest.mark.slow
def test_an_index_out_of_reach_is_named_in_a_line(tmp_path, mirror):
    checkout = Checkout(tmp_path / "checkout", tmp_path / "machine", mirror)
    process = checkout.make("setup", PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="0")
    assert process.returncode != 0
    line = process.stderr.splitlines()[-2]
    assert line.startswith("error: this step failed, see above: .venv/bin/python ")
    assert line.endswith(
        "check that the index of packages can be reached (pip's settings count), then call `make setup`"
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"PIP_INDEX_URL": "https://u:secret@mirror"}, {"UV_DEFAULT_INDEX": "https://u:secret@mirror"}),
        ({"PIP_EXTRA_INDEX_URL": "https://a https://b"}, {"UV_INDEX": "https://a https://b"}),
        ({"PIP_FIND_LINKS": "/a /b"}, {"UV_FIND_LINKS": "/a,/b"}),
        ({"PIP_TRUSTED_HOST": "mirror"}, {"UV_INSECURE_HOST": "mirror"}),
        ({"PIP_CERT": "/a.pem"}, {"SSL_CERT_FILE": "/a.pem"}),
        ({"PIP_CERT": "/a.pem", "SSL_CERT_FILE": "/own.pem"}, {"SSL_CERT_FILE": "/own.pem"}),
        ({"PIP_PROXY": "http://p"}, {"HTTPS_PROXY": "http://p"}),
        ({"PIP_INDEX_URL": "https://a", "UV_DEFAULT_INDEX": "https://own"}, {"UV_DEFAULT_INDEX": "https://own"}),
        ({"UV_CACHE_DIR": "/c", "UV_OFFLINE": "1"}, {"UV_CACHE_DIR": "/c", "UV_OFFLINE": "1"}),
        ({"UV_INDEX_COMPANY_PASSWORD": "p", "UV_TARGET": "/x"}, {"UV_INDEX_COMPANY_PASSWORD": "p", "UV_TARGET": None}),
        (
            {"PIP_USER": "1", "PIP_TARGET": "/x", "UV_EXCLUDE_NEWER": "2000"},
            {"PIP_USER": "0", "UV_EXCLUDE_NEWER": None},
        ),
        (dict.fromkeys(["PIP_TARGET", "PYTHONPATH", "VIRTUAL_ENV"], "/x"), {"PIP_TARGET": None, "PYTHONPATH": None}),
    ],
)
def test_of_a_users_settings_for_pip_and_uv_the_sources_of_packages_count(monkeypatch, tmp_path, given, expected):
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_", "SSL_")) or name.upper().endswith(("PROXY", "CA_BUNDLE")):
            monkeypatch.delenv(name)
    for name, value in {**given, "PIP_CONFIG_FILE": os.devnull}.items():
        monkeypatch.setenv(name, value)
    _, environment = bootstrap.uv_install(sys.executable)
    assert {name: environment.get(name) for name in expected} == expected


def refusal(checkout, **environment):
    """The one line with which a set-up refuses; nothing in the checkout has changed."""
    before = sorted(map(str, checkout.folder.rglob("*")))
    process = checkout.make("report", **environment)
    assert process.returncode != 0
    assert process.stdout == ""
    assert sorted(map(str, checkout.folder.rglob("*"))) == before
    line, end = process.stderr.splitlines()
    assert re.match(r"make: \*\*\* .*setup.* Error", end)
    assert line.startswith("error: ")
    return line


@pytest.mark.fault("the user's files under the name .venv", "refused in one line, nothing changed", tried=3)
@pytest.mark.slow
def test_files_of_the_user_are_never_taken_for_a_venv(made, tmp_path):
    checkout = Checkout(tmp_path / "checkout", tmp_path / "machine")
    checkout.write(".venv/thesis.tex", "mine")
    assert ".venv holds files and is no virtual environment of Python" in refusal(checkout)
    shutil.rmtree(checkout.folder / ".venv")
    checkout.write(".venv", "the-name-of-an-environment")
    assert ".venv is no folder" in refusal(checkout)
    (checkout.folder / ".venv").unlink()
    (checkout.folder / ".venv").symlink_to(made[0].folder / ".venv")  # another checkout's
    assert ".venv is a link, and what it leads to is not for this checkout" in refusal(checkout)


OLD = 'case "$*" in *--which|*bootstrap.py) echo unexpected >&2;; esac\nexit 1'


def test_a_newer_python_is_looked_for(tmp_path):
    checkout = Checkout(tmp_path / "checkout", tmp_path / "machine")
    checkout.program("python3", OLD)
    checkout.program("python3.14", "echo 'pyenv: python3.14: command not found' >&2; exit 127")
    checkout.program("python3.12", 'echo "$@"')
    assert checkout.make("setup").stdout.splitlines() == [
        "python3 is missing or will not do: python3.12 does it.",
        "-E -s -X utf8 workflow/bootstrap.py",
    ]
    assert checkout.make("setup", "PYTHON=python3.12").stdout == "-E -s -X utf8 workflow/bootstrap.py\n"


def without_pythons(checkout):
    """A PATH with the shell's programs and no Python but the checkout's."""
    folder = checkout.machine / "shell"
    folder.mkdir()
    for name in ("make", "sh", "env", "dirname"):
        (folder / name).symlink_to(shutil.which(name))
    return os.pathsep.join([str(checkout.machine / "bin"), str(folder)])


def test_without_a_python_that_will_do_one_line_says_what_is_missing(tmp_path):
    checkout = Checkout(tmp_path / "checkout", tmp_path / "machine")
    path = without_pythons(checkout)
    checkout.program("python3", OLD)
    assert "Python 3.11 or newer is needed: install it" in refusal(checkout, PATH=path)
    # Too old, or without the module, as Debian ships it: bootstrap.py says so itself.
    bootstrap_file = checkout.folder / "workflow/bootstrap.py"
    text = bootstrap_file.read_text()
    checkout.program("python3", f'case "$*" in *ensurepip*) exit 1;; esac\nexec {shlex.quote(sys.executable)} "$@"')
    bootstrap_file.write_text(text.replace("OLDEST = (3, 11)", "OLDEST = (99, 0)"))
    line = refusal(checkout, PATH=path)
    assert "is too old" in line
    assert "make setup PYTHON=" in line
    bootstrap_file.write_text(text.replace("import ensurepip", "import no_ensurepip"))
    assert "`venv` module is missing" in refusal(checkout, PATH=path)


VALUES = [
    *("my runs", "'my runs'", 'a"b', "a[1]", "a(b)", "run{1}", "l%C3", "$HOME", "$$", "$(HOME)", "`id`", "a#b", "a;b"),
    *("~", "-x", "a\\", "a\\ b", "*", "ü", "1e3", "a&b|c", "", "!!", "a,b", "x:=y"),
]


@pytest.mark.fault(
    "RUNS, OUTPUT, PARAMS with what shells and make could take for something else", "reach the script as typed"
)
@pytest.mark.parametrize("value", VALUES)
def test_what_is_typed_reaches_the_script_as_it_is(stub, value):
    process = stub.make("report", f"RUNS={value}", f"OUTPUT={value}", f"PARAMS={value}", "RENDERER=preview")
    assert process.returncode == 0, process.stderr
    arguments = process.stdout.split("\0")[:-1]
    assert arguments[arguments.index("workflow/report.py") + 1 :] == [
        *(f"--params={value}", f"--runs={value}", f"--output={value}", "--renderer=preview"),
    ]


@pytest.mark.parametrize("flags", ["", "-j4", "-k", "s", "-e", "B", "w"])
def test_the_environment_types_nothing(stub, flags):
    names = ("RUNS", "OUTPUT", "PARAMS", "RENDERER", "PROFILE", "JOBS", "PYTHON", "RUN", "FOLDERS")
    process = stub.make("report", **dict.fromkeys(names[: 7 if "e" in flags else 9], "/nowhere"), MAKEFLAGS=flags)
    assert process.returncode == 0, process.stderr
    assert re.sub(r"make: .*\n", "", process.stdout).split("\0")[:-1] == [
        *("-E", "-s", "-u", "-X", "utf8", "workflow/report.py")
    ]


def test_a_cluster_is_asked_for_by_name(stub):
    arguments = stub.make("train", "PROFILE=my profile", "JOBS=20").stdout.split("\0")
    assert arguments[-4:-1] == ["--only-train", "--profile=my profile", "--jobs=20"]
    assert "--profile" not in stub.make("train", "PROFILE=", "JOBS=").stdout


def test_cleaning_fetches_nothing(stub, tmp_path):
    assert stub.make("clean", "OUTPUT=my report").stdout.split("\0")[-3:-1] == [
        "workflow/clean.py",
        "--output=my report",
    ]
    checkout = Checkout(tmp_path / "checkout", tmp_path / "other")
    process = checkout.make("clean")
    assert process.returncode != 0
    assert "call `make setup`, then `make clean`" in process.stderr
    assert not (checkout.folder / ".venv").exists()


def test_help_and_windows(stub):
    result = stub.make("help", MAKEFLAGS="-j2").stdout.splitlines()
    assert result[:2] == ["Main", "  make help           list what one can do here"]
    assert [line for line in result if not line.startswith("  ")] == ["Main", "Studies", "Use", "Maintenance"]
    commands = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert sorted(line.split()[1] for line in result if line.startswith("  ")) == sorted(commands)
    process = stub.make("report", OS="Windows_NT")
    assert process.returncode != 0
    assert "On Windows this works within WSL" in process.stderr
