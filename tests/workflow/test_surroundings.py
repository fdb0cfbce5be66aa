"""The main job in somebody's surroundings: their settings, start-up files, kernels, and a user without a home."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from commands import NO_DATA, ROOT, run, workflow, write_params
from folders import write_files
from surroundings import clean

from normstudy import own_kernel, paths
from normstudy.errors import NormstudyError
from normstudy.notebook import read_parameters
from normstudy.paths import cache_folder
from normstudy.runs import versions

QUICK = "dataset: digits\nepochs: 1\n"
LIST = Path(__file__).with_name("surroundings.md")


def rows() -> list[tuple[str, str, str]]:
    """(who reads it, variable, decision) of every variable in the list."""
    cells = [line.split(" | ") for line in LIST.read_text().splitlines() if line.startswith("| ")][2:]
    return [
        (who.lstrip("| "), name, decision)
        for who, names, decision, *_ in cells
        for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", names)
    ]


def test_an_ending_that_comes_twice_interrupts_once():
    script = """
import os, signal, time
from command import end_as_interrupted
end_as_interrupted()
try:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(30)
except KeyboardInterrupt:
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGHUP)
    time.sleep(0.1)
    print("done")
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT / "workflow", capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_the_list_says_what_is_done():
    decided = {(name, decision) for who, name, decision in rows() if who not in ("make", "pip", "uv")}
    assert len(decided) > 70
    environ = {name: "/theirs" for name, _ in decided} | {"HOME": os.environ["HOME"]}
    kept = clean(environ)
    for name, decision in decided:
        assert (kept.get(name) == environ[name]) == (decision == "respected"), name


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home full of settings, each of which would break a run, or change it."""
    home = tmp_path_factory.mktemp("home of theirs")
    kernel = {"argv": ["/bin/false", "{connection_file}"], "display_name": "Python 3 (module)", "language": "python"}
    write_files(
        home,
        {
            "startup.py": "token, epochs, norm = 'secret', 99, 'theirs'\nimport sys\n",
            ".ipython/profile_default/startup/00.py": "project = {'a': 1}\nlimit = 3\n",
            ".ipython/profile_default/ipython_kernel_config.py": "c.InteractiveShellApp.exec_lines = ['mine = [1]']\n",
            ".local/share/jupyter/kernels/python3/kernel.json": json.dumps(kernel),
            "jupyter/kernels/python3/kernel.json": json.dumps(kernel),
            ".config/matplotlib/matplotlibrc": "text.usetex: True\nfigure.facecolor: black\nsavefig.dpi: 10\n",
            "matplotlibrc": "text.usetex: True\nsavefig.facecolor: black\naxes.facecolor: black\n",
            ".config/snakemake/cluster/config.yaml": "executor: slurm\njobs: 1\n",
            "code/normstudy/__init__.py": "raise SystemExit('another checkout')\n",
            "code/sitecustomize.py": "raise SystemExit('a sitecustomize of theirs')\n",
            "bash.sh": "cd /; exit 3\n",
        },
    )
    subprocess.run(["git", "init", "-q", home / "repository"], check=True)
    return home


def theirs(home: Path) -> dict[str, str]:
    """An environment that names all of that."""
    return {
        "HOME": str(home),
        "PYTHONSTARTUP": str(home / "startup.py"),
        "PYTHONPATH": str(home / "code"),
        "PYTHONSAFEPATH": "1",
        "PYTHONOPTIMIZE": "2",
        "PYTHONWARNINGS": "error",
        "PYTHONUTF8": "0",
        "LC_ALL": "C",
        "IPYTHONDIR": str(home / ".ipython"),
        "JUPYTER_PATH": str(home / "jupyter"),
        "SNAKEMAKE_PROFILE": "cluster",
        "MATPLOTLIBRC": str(home / "matplotlibrc"),
        "MPLBACKEND": "no-such-backend",
        "GIT_DIR": str(home / "repository/.git"),
        "GIT_WORK_TREE": str(home / "repository"),
        "BASH_ENV": str(home / "bash.sh"),
        "FORCE_COLOR": "1",
        "QUARTO_PROFILE": "theirs",
        "QUARTO_PYTHON": "/bin/false",
    }


@pytest.fixture(scope="module")
def jobs(home, tmp_path_factory):
    """The same job twice: in their surroundings, and in none. Processes, and the folders of both."""
    where = tmp_path_factory.mktemp("jobs")
    found = []
    for name, environment in (("theirs", theirs(home)), ("none", {})):
        params = write_params(where / name / "params", gn=f"norm: gn\n{QUICK}")
        process = run(
            *(sys.executable, "-E", "-s", "workflow/report.py", "--params", params, "--runs", where / name / "runs"),
            *("--output", where / name / "report", "--renderer", "preview"),
            **{**NO_DATA, **environment},
        )
        found.append((process, where / name))
    return found


def test_the_job_passes_in_somebody_s_surroundings(jobs):
    for process, where in jobs:
        assert process.returncode == 0, process.stdout + process.stderr
        assert (where / "report/report.pdf").exists()
    assert len(jobs[0][0].stdout) < 1_000  # no frames for a file
    assert "\x1b" not in jobs[0][0].stdout


def test_pictures_and_numbers_are_the_same_in_any_surroundings(jobs):
    ours, plain = (next((where / "runs").glob("gn*")) for _, where in jobs)
    for name in ("misclassified.png", "confusion.png", "augmentation.png", "curves.png"):
        assert (ours / name).read_bytes() == (plain / name).read_bytes(), name
    metrics = [json.loads((folder / "metrics.json").read_text()) for folder in (ours, plain)]
    assert metrics[0]["config"] == metrics[1]["config"]
    for entry in (*metrics[0]["history"], *metrics[1]["history"]):
        del entry["seconds"]
    assert metrics[0]["history"] == metrics[1]["history"]
    assert metrics[0]["environment"] == metrics[1]["environment"]  # the commit, too


@pytest.mark.slow
def test_papermill_by_hand_takes_no_variable_of_a_start_up_file_for_a_parameter(home, tmp_path):
    environment = {name: theirs(home)[name] for name in ("HOME", "PYTHONSTARTUP", "IPYTHONDIR")}
    process = run(
        *("papermill", "analysis/train.ipynb", tmp_path / "out.ipynb", "--inject-paths", "-k", "python3"),
        *("-p", "dataset", "digits", "-p", "epochs", "1", "-p", "runs_folder", tmp_path / "runs"),
        JUPYTER_PREFER_ENV_PATH="1",
        **{**NO_DATA, **environment},
    )
    assert process.returncode == 0, process.stderr
    (metrics,) = (tmp_path / "runs").glob("*/metrics.json")
    assert json.loads(metrics.read_text())["config"]["epochs"] == 1


def test_names_that_were_there_before_the_first_cell_are_no_parameters(monkeypatch):
    class Shell:
        user_ns_hidden: dict = {"limit": 3, "seed": 5}  # noqa: RUF012 - as IPython has it

    monkeypatch.setattr("normstudy.notebook.get_ipython", Shell)
    plain = {"dataset": "digits", "runs_folder": "runs", "run_folder": ""}
    hidden = Shell.user_ns_hidden
    assert read_parameters({**plain, **hidden, "PAPERMILL_INPUT_PATH": "a.ipynb"}).seed == 5
    with pytest.raises(NormstudyError, match="limit = 4: unknown parameter"):
        read_parameters({**plain, **hidden, "limit": 4})


def test_code_of_another_checkout_is_refused(tmp_path):
    other = tmp_path / "other"
    for name in ("src/normstudy/paths.py", "workflow/report.py", "analysis/train.ipynb"):
        write_files(other, {name: (ROOT / name).read_text()})
    with pytest.raises(paths.CheckoutError, match="the code of another checkout would run"):
        paths.refuse_other_checkout(other)
    with pytest.raises(paths.CheckoutError):
        paths.refuse_other_checkout(other / "analysis")
    paths.refuse_other_checkout(ROOT)
    paths.refuse_other_checkout(tmp_path)
    (other / "workflow/render.py").write_text((ROOT / "workflow/render.py").read_text())
    environment = {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "workflow")])}
    process = run(
        *("env", "-C", other, sys.executable, "workflow/render.py", "--results", "results", "--output", "o"),
        **environment,
    )
    assert process.returncode == 1
    (line,) = process.stderr.splitlines()
    assert line.startswith(f"error: {other}: the code of another checkout would run, {ROOT}; call `make` in the one")


def test_git_answers_for_this_checkout_alone(monkeypatch, tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    settings = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", tmp_path, *settings, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    head = subprocess.run(["git", "-C", tmp_path, "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
    monkeypatch.setenv("GIT_DIR", str(ROOT / ".git"))
    monkeypatch.setattr(versions, "project_root", lambda: tmp_path)
    assert (versions.commit(), versions.is_clean()) == (head, True)
    (tmp_path / "unpacked").mkdir()
    assert versions.is_clean()  # an empty folder is nothing to git
    write_files(tmp_path, {"unpacked/pyproject.toml": ""})
    assert versions.is_clean()  # a file of the user's decides nothing
    write_files(tmp_path, {"src/added.py": ""})
    assert versions.is_clean() is False
    monkeypatch.setattr(versions, "project_root", lambda: tmp_path / "unpacked")  # a zip, inside a repository
    assert (versions.commit(), versions.is_clean()) == (None, None)


def test_what_a_kernel_says_as_it_dies_is_quoted(tmp_path, monkeypatch):
    sys.path.insert(0, str(ROOT / "workflow"))
    import train_run

    program = "import sys; print('no module named ipykernel\\n', file=sys.stderr); sys.exit(1)"
    dying = {"argv": [sys.executable, "-c", program], "display_name": "x", "language": "python"}
    monkeypatch.setattr(own_kernel, "get_kernel_dict", lambda: dying)
    parameters = {"dataset": "digits", "epochs": 1, "device": "cpu", "precision": "fp32"}
    with pytest.raises(NormstudyError, match=r"died 3 times \(the last it said: no module named ipykernel\)"):
        train_run.train(parameters, tmp_path)
    assert list((tmp_path / ".unfinished").iterdir()) == []


def test_a_run_without_a_log_of_its_own_is_explained_by_the_scheduler_s(tmp_path):
    sys.path.insert(0, str(ROOT / "workflow"))
    from types import SimpleNamespace

    from report import why_failed

    (tmp_path / "snakemake.log").write_text("PermissionError: [Errno 13] Permission denied: '/.cache'\n")
    why = why_failed(SimpleNamespace(name="gn"), tmp_path)
    assert "PermissionError: [Errno 13] Permission denied: '/.cache'" in why


def as_a_stranger(read_only: bool) -> list[str]:
    """A command that runs another as a user without a name and a home, in a checkout that cannot be written."""
    stranger = "unshare --user --map-user=12345 --map-group=12345 env -u HOME -u USER -u LOGNAME -u XDG_CACHE_HOME"
    mounts = f'mount --bind "{ROOT}" "{ROOT}" && mount -o remount,bind,ro "{ROOT}" && cd "{ROOT}" && '
    command = ["unshare", "--mount", "sh", "-c", f'{mounts * read_only}exec {stranger} "$@"', "sh"]
    try:
        answer = subprocess.run([*command, "id", "-u"], capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no `unshare` here")
    if answer.stdout.strip() != "12345":
        pytest.skip(f"another user's eyes are not to be had here ({answer.stderr.strip()})")
    return command


@pytest.mark.slow
@pytest.mark.parametrize("home", [{}, {"HOME": "/"}], ids=["none", "root"])
def test_a_user_without_name_and_home_in_a_checkout_that_cannot_be_written(tmp_path, home):
    command = as_a_stranger(read_only=True)
    params = write_params(tmp_path / "params", gn=f"norm: gn\n{QUICK}")
    only = [] if not home else ["--only-train"]  # the report, once
    process = run(
        *(*command, "env", *(f"{name}={value}" for name, value in home.items()), sys.executable, "-E", "-s"),
        *("workflow/report.py", "--params", params, "--runs", tmp_path / "runs", "--output", tmp_path / "report"),
        *("--renderer", "preview", *only),
        **NO_DATA,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    (notebook,) = (tmp_path / "runs").glob("*/train.ipynb")
    assert "~" not in json.loads(notebook.read_text())["cells"][0]["source"]
    assert only or (tmp_path / "report/report.pdf").exists()


def test_a_place_of_our_own_is_nobody_else_s(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder({"HOME": str(home)}).is_relative_to(home)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    private = cache_folder({"HOME": "/nowhere"})
    assert private == tmp_path / f"normstudy-{os.getuid()}"
    assert private.stat().st_mode & 0o777 == 0o700
    private.chmod(0o777)  # as somebody makes it who wants to decide what we read
    assert cache_folder({"HOME": "/nowhere"}) != private
    private.rmdir()
    private.symlink_to(home)
    assert cache_folder({"HOME": "/nowhere"}) not in (private, home)


def test_a_home_that_cannot_be_used_is_replaced(tmp_path):
    for home in ("", "/", "/no/such/folder", str(LIST)):
        given = Path(clean({"HOME": home, "XDG_CACHE_HOME": "/no/such/folder"})["HOME"])
        assert given.is_dir()
        assert given.parent.name.startswith("normstudy-")
        assert "XDG_CACHE_HOME" not in clean({"HOME": home, "XDG_CACHE_HOME": "/no/such/folder"})
    assert clean({"HOME": str(tmp_path)})["HOME"] == str(tmp_path)
    assert clean({"HOME": str(tmp_path), "NORMSTUDY_DATA": "~/mnist"})["NORMSTUDY_DATA"].endswith("/mnist")


def test_no_program_asks_for_its_own_documentation_unguarded():
    """With -OO there is none."""
    for path in (ROOT / "workflow").glob("*.py"):
        assert "__doc__." not in path.read_text(), path.name
    assert workflow("clean", "--help", PYTHONOPTIMIZE="2").returncode == 0
