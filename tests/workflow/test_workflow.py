"""From parameter files to the rendered page, by the command that `make report` calls."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from commands import NO_DATA, ROOT, run, workflow, write_params
from strays import leave_beside

from normstudy.ownership import take_runs_folder
from normstudy.runs.folder import read_run
from normstudy.runs.studies import plan

QUICK = "dataset: digits\nepochs: 2\n"


def folders(runs):
    return {path.name for path in runs.iterdir() if not path.name.startswith(".") and path.is_dir()}


def make_report(where, *more):
    return workflow(
        *("report", "--params", where / "params", "--runs", where / "runs", "--output", where / "report"),
        *("--renderer", "preview", *more),
        **NO_DATA,
    )


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """A finished job of two models on digits: its process and its folder."""
    where = tmp_path_factory.mktemp("job")
    write_params(where / "params", a_bn=f"norm: bn\nl1: 1e-5\n{QUICK}", b_ln=f"norm: ln\n{QUICK}")
    return make_report(where), where


def test_the_job_ends_with_a_report(job):
    process, where = job
    assert process.returncode == 0, process.stdout + process.stderr
    assert (where / "report/index.html").stat().st_size > 50_000
    assert (where / "report/report.pdf").read_bytes().startswith(b"%PDF")
    assert len(folders(where / "runs")) == 2
    study = json.loads((where / "runs/studies.json").read_text())
    assert set(study["main"]) == folders(where / "runs")


def test_the_terminal_tells_a_user_what_happens(job):
    out = job[0].stdout
    assert "2 models on UCI digits; 0 trained already" in out
    assert re.search(r"BN \+ L1: epoch 2 of 2, test accuracy \d+\.\d+%", out)
    assert re.search(r"LN: epoch 2 of 2, test accuracy \d+\.\d+%", out)
    begun = out.index("Rendering with the preview renderer (as asked for) …")
    assert begun < out.index("report/index.html")
    assert "Data: UCI digits. Rendered by the preview renderer" in out
    assert "Snakemake" not in out


def test_the_page_shows_the_numbers_of_the_runs(job):
    where = job[1]
    page = (where / "report/index.html").read_text()
    for name in folders(where / "runs"):
        finished = read_run(where / "runs" / name)
        assert f"{100 * finished.history[-1]['test_accuracy']:.2f}" in page
        assert f"{finished.history[-1]['test_loss']:.4f}" in page
    assert "UCI digits" in page
    assert "2 epochs on" in page


def test_the_executed_notebook_is_in_the_run_folder_and_names_no_path(job):
    for name in folders(job[1] / "runs"):
        path = job[1] / "runs" / name / "train.ipynb"
        notebook = nbformat.read(path, as_version=4)
        assert any(cell.get("outputs") for cell in notebook.cells)
        assert "papermill" not in notebook.metadata
        text = path.read_text()
        assert str(ROOT) not in text
        assert str(job[1]) not in text


def test_a_second_call_trains_nothing(job):
    where = job[1]
    before = {name: (where / "runs" / name / "metrics.json").stat().st_mtime_ns for name in folders(where / "runs")}
    page = (where / "report/index.html").stat().st_mtime_ns
    process = make_report(where)
    assert process.returncode == 0
    assert "2 trained already" in process.stdout
    assert "epoch" not in process.stdout
    assert before == {name: (where / "runs" / name / "metrics.json").stat().st_mtime_ns for name in before}
    assert (where / "report/index.html").stat().st_mtime_ns == page


@pytest.mark.slow
def test_a_changed_parameter_trains_that_run_alone_and_keeps_the_old_one(job):
    where = job[1]
    before = folders(where / "runs")
    write_params(where / "params", b_ln=f"norm: ln\nseed: 2\n{QUICK}")
    process = make_report(where, "--only-train")
    assert process.returncode == 0, process.stdout
    assert "1 trained already" in process.stdout
    assert "BN" not in process.stdout
    (new,) = folders(where / "runs") - before
    assert "seed2" in new
    assert before < folders(where / "runs")
    assert new in json.loads((where / "runs/studies.json").read_text())["main"]


@pytest.mark.fault("files with a time from the future", "the report, and nothing made twice")
@pytest.mark.slow
def test_no_time_of_a_file_decides(job):
    where = job[1]
    write_params(where / "params", c_in=f"norm: in\n{QUICK}")
    future = time.time() + 600
    for path in [*(where / "runs/.done").iterdir(), *(where / "runs").glob("*/metrics.json")]:
        os.utime(path, (future, future))
    process = make_report(where)
    assert process.returncode == 0, process.stdout
    assert "2 trained already" in process.stdout
    assert "IN" in (where / "report/index.html").read_text()
    for path in (where / "runs/.done").iterdir():
        os.utime(path, (future, future))
    assert "Rendering" not in make_report(where).stdout


@pytest.mark.fault("variables by which kernels round otherwise", "recorded, and tolerated as rounding")
@pytest.mark.slow
def test_other_instructions_for_a_library_are_recorded(job, tmp_path):
    (name,) = [name for name in folders(job[1] / "runs") if name.startswith("bn")]
    params = write_params(tmp_path / "params", bn=(job[1] / "params/a_bn.yaml").read_text())
    limit = {"ONEDNN_MAX_CPU_ISA": "SSE41", "OMP_THREAD_LIMIT": "1"}
    process = workflow("report", "--params", params, "--runs", tmp_path / "runs", "--only-train", **limit, **NO_DATA)
    assert process.returncode == 0, process.stdout
    metrics = read_run(tmp_path / "runs" / name).metrics
    assert metrics["environment"]["arithmetic"] == "ONEDNN_MAX_CPU_ISA=SSE41"
    process = workflow("compare", "--a", tmp_path / "runs" / name, "--b", job[1] / "runs" / name)
    assert process.returncode == 0, process.stdout
    assert "DIFFERENT" not in process.stdout


@pytest.mark.fault("standard output that is closed, or that nobody reads", "the runs are trained; status 0", tried=2)
@pytest.mark.slow
@pytest.mark.parametrize("reader", ["| head -n 1", ">&-"])
def test_what_nobody_reads_ends_nothing(tmp_path, reader):
    params = write_params(tmp_path / "params", bn="dataset: digits\nepochs: 1\n")
    program = f'"{sys.executable}" workflow/report.py --params "{params}" --runs "{tmp_path}/runs" --only-train'
    process = run("bash", "-c", f"{program} {reader}; exit ${{PIPESTATUS[0]}}", **NO_DATA)
    assert (process.returncode, process.stderr) == (0, "")
    assert len(folders(tmp_path / "runs")) == 1


@pytest.mark.fault("TMPDIR full; too few open files allowed", "the cause and the remedy in one line", tried=2)
def test_what_this_machine_refuses_is_named_before_anything_is_trained(tmp_path, disk):
    params = write_params(tmp_path / "params", bn=QUICK)
    job = f'"{sys.executable}" workflow/report.py --params "{params}" --runs "{tmp_path}/runs" --only-train'
    disk.leave(0)
    full = run("bash", "-c", job, TMPDIR=str(disk.path), **NO_DATA)
    few = run("bash", "-c", f"ulimit -n 64; {job}", **NO_DATA)
    assert (full.returncode, few.returncode) == (1, 1)
    assert full.stdout.startswith(f"error: TMPDIR={disk.path}: No space left; make room there, or name another")
    assert few.stdout.startswith("error: ulimit -n 64: a process may open too few files for a run, 128 are needed")
    assert full.stdout.count("\n") == few.stdout.count("\n") == 1
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_several_seeds_are_trained_seed_by_seed(tmp_path):
    params = write_params(tmp_path / "params", a_bn="norm: bn\ndataset: digits\nepochs: 1\n")
    write_params(params, b_ln="norm: ln\ndataset: digits\nepochs: 1\nseeds: [7, 3]\n")
    job = ("report", "--params", params, "--runs", tmp_path / "runs", "--only-train", "--cores", "1")
    process = workflow(*job, "--seeds", "2", **NO_DATA)
    assert process.returncode == 0, process.stdout + process.stderr
    assert "2 models in 4 runs on UCI digits; 0 trained already." in process.stdout
    assert re.findall(r"to train: (.*), 1 epoch", process.stdout) == [
        "BN, seed 0",
        "LN, seed 7",
        "BN, seed 1",
        "LN, seed 3",
    ]
    runs = [read_run(tmp_path / "runs" / name) for name in folders(tmp_path / "runs")]
    by_time = sorted(runs, key=lambda run: (run.folder / "metrics.json").stat().st_mtime_ns)
    in_order = [("bn", 0), ("ln", 7), ("bn", 1), ("ln", 3)]
    assert [(run.config.norm, run.config.seed) for run in by_time] == in_order
    assert json.loads((tmp_path / "runs/studies.json").read_text())["main"] == [run.name for run in by_time]


@pytest.mark.parametrize("seeds", ["", "0", "ten", "1001", "1.5"])
def test_a_number_of_seeds_that_cannot_be_is_refused_in_a_line(tmp_path, seeds):
    params = write_params(tmp_path / "params", bn=QUICK)
    process = workflow("report", "--params", params, "--runs", tmp_path / "runs", "--seeds", seeds, **NO_DATA)
    assert process.returncode == 1
    assert process.stdout == f"error: SEEDS={seeds}: must be a whole number from 1 to 1,000\n"
    assert process.stderr == ""


@pytest.mark.slow
@pytest.mark.fault("one run fails", "the others are finished and kept")
def test_a_failing_run_does_not_stop_the_others(tmp_path):
    params = write_params(tmp_path / "params", a_gn=f"norm: gn\n{QUICK}", b_in=f"norm: in\n{QUICK}")
    broken = plan(params, "digits")[0].name
    # A damaged folder of that name has to be set aside, and cannot be: a file is where it would go.
    take_runs_folder(tmp_path / "runs")
    (tmp_path / "runs" / broken).mkdir()
    (tmp_path / "runs/.replaced").write_text("")
    process = workflow("report", "--params", params, "--runs", tmp_path / "runs", "--only-train", **NO_DATA)
    assert process.returncode == 1
    assert f"the run {broken} failed" in process.stdout
    (other,) = folders(tmp_path / "runs") - {broken}
    assert read_run(tmp_path / "runs" / other).config.norm == "in"
    assert ".replaced" in process.stdout
    assert "1 of 2 runs are finished and kept" in process.stdout


@pytest.mark.slow
def test_a_parameter_file_may_be_called_anything(tmp_path):
    called = "<img src=x onerror=alert(1)> $(touch broken-in) `id` 'q' \"Q\" \u202e שלום 😀 \x1b[31m {x} \udcff.yaml"
    params = write_params(tmp_path / "params")
    (params / called).write_text("norm: gn\ndataset: digits\nepochs: 1\n")
    process = workflow("report", "--params", params, "--runs", tmp_path / "runs", "--only-train", **NO_DATA)
    assert process.returncode == 0, process.stdout + process.stderr
    assert '"Q" [U+202E] שלום 😀 [U+001B][31m {x} [U+DCFF].yaml)' in process.stdout
    assert "\x1b" not in process.stdout
    assert len(folders(tmp_path / "runs")) == 1
    assert not (ROOT / "broken-in").exists()
    (params / called).write_text('epochs: "<b>\\x1b[31m"\n')
    process = workflow("report", "--params", params, "--runs", tmp_path / "runs", "--only-train", **NO_DATA)
    assert process.returncode == 1
    assert "\x1b" not in process.stdout
    assert "epochs = <b>[U+001B][31m: must be a whole number" in process.stdout


@pytest.mark.fault("bad parameters through the main job", "file, key and remedy in one line; nothing was run")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("norm: gn\ngroups: 3\n", "groups = 3: 16 channels can be split into"),
        ("epochs: true\n", "epochs = true: must be a whole number"),
        ("lambda: 1\n", "lambda = 1: unknown parameter"),
        ("norm: [bn\n", "not valid YAML"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(tmp_path, text, expected):
    params = write_params(tmp_path / "params", good=QUICK, bad=text)
    process = workflow("report", "--params", params, "--runs", tmp_path / "runs", **NO_DATA)
    assert process.returncode == 1
    assert "bad.yaml" in process.stdout
    assert expected in process.stdout
    assert "Traceback" not in process.stdout + process.stderr
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
@pytest.mark.fault("two jobs at once on the same runs", "the second says so, waits, and does what is left")
def test_a_second_job_on_the_same_runs_says_so_and_waits(tmp_path):
    import fcntl

    take_runs_folder(tmp_path / "runs")
    with open(tmp_path / "runs/.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        params = write_params(tmp_path / "params", bn="dataset: digits\nepochs: 1\n")
        command = [sys.executable, "workflow/report.py", "--params", params, "--runs", tmp_path / "runs"]
        command += ["--only-train"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert "Another job is at work" in process.stdout.readline()
            assert not (tmp_path / "runs/.progress").exists()
            # A fault is reported at once: a custom network is tried without waiting.
            broken = write_params(tmp_path / "own", bn="model: mine.py:net\ndataset: digits\n")
            (broken / "mine.py").write_text("def net(norm, shape, classes):\n    return norm\n")
            own = workflow("report", "--params", broken, "--runs", tmp_path / "runs", "--only-train")
            assert own.stdout.startswith("Trying mine.py:net on a few random images …\nerror: ")
            assert own.stdout.endswith("; return a torch.nn.Module\n")
            fcntl.flock(lock, fcntl.LOCK_UN)
            rest = process.stdout.read()
    assert process.returncode == 0, rest
    assert "epoch 1 of 1" in rest
    assert len(folders(tmp_path / "runs")) == 1


def test_snakemake_by_itself_plans_the_same_runs(tmp_path):
    params = write_params(tmp_path / "params", bn="dataset: digits\nepochs: 2\n")
    process = run(
        *("snakemake", "runs", "--snakefile", "workflow/Snakefile", "--cores", "1", "--dry-run", "--nolock"),
        *("--config", f"params={params}", f"runs={tmp_path / 'runs'}"),
    )
    assert process.returncode == 0, process.stderr
    assert re.search(r"train +1", process.stdout + process.stderr)


@pytest.mark.slow
@pytest.mark.fault("Ctrl-C", "no process and no half folder left")
def test_ctrl_c_ends_the_job_and_leaves_nothing_behind(tmp_path):
    params = write_params(tmp_path / "params", bn="dataset: digits\nepochs: 10000\n")
    runs = tmp_path / "runs"
    command = [sys.executable, "workflow/report.py", "--params", params, "--runs", runs, "--only-train"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        # Where the tests run in the background, the interrupt would be ignored by inheritance.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        while "epoch" not in (line := process.stdout.readline()) or "to train" in line:
            assert line, "the job ended by itself"
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    assert process.returncode == 130
    assert "What is finished is kept" in rest
    assert folders(runs) == set()
    assert list((runs / ".unfinished").iterdir()) == []
    left = subprocess.run(["pgrep", "-f", str(runs)], capture_output=True, text=True).stdout
    assert left == ""


@pytest.mark.fault("files of editors and systems all over the checkout", "passed over")
def test_what_editors_and_systems_leave_does_not_stop_the_workflow(tmp_path):
    """In a copy of the checkout, as Snakemake plans it."""
    for name in ("src", "workflow", "theme"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "results").mkdir()
    for name in ("pyproject.toml", "report.qmd", "references.bib", "_quarto.yml"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    for path in (ROOT / "results").glob("*.json"):
        shutil.copyfile(path, tmp_path / "results" / path.name)
    write_params(tmp_path / "params", gn="dataset: digits\n")
    for name in (
        "results/x",
        "params/gn.yaml",
        "theme/base.scss",
        "src/normstudy/training/loop.py",
        "src/normstudy/preview/assets/x",
    ):
        leave_beside(tmp_path / name)
    process = run(
        *("env", "-C", tmp_path, "snakemake", "report", "--snakefile", "workflow/Snakefile", "--cores", "1"),
        *("--dry-run", "--nolock"),
        PYTHONPATH=str(tmp_path / "src"),
    )
    assert process.returncode == 0, process.stderr
    assert re.search(r"train +1", process.stdout + process.stderr)
