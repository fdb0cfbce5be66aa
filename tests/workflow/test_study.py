"""`make study`: trains what is missing through the workflow, and keeps a compact record."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import study
from commands import NO_DATA, ROOT, workflow

from normstudy.config import ParameterError
from normstudy.runs import manifest
from normstudy.runs.folder import read_run
from normstudy.runs.record import read_record, verify_predictions

FILE = """
title: A small study
common: {dataset: digits, epochs: 2, precision: fp32, device: cpu}
seeds: [1]
models:
  gn: {norm: gn, max_lr: [0.02, 0.05], weight_decay: 0.01}
  diverging: {norm: none, optimizer: sgd, max_lr: 100}
predictions: true
afterwards: [weights]
"""


def folders(where):
    return ["--params", where / "params", "--runs", where / "runs", "--results", where / "results"]


def write_study(where, name="small", text=FILE):
    for folder in ("params/studies", "results", "runs"):
        (where / folder).mkdir(parents=True, exist_ok=True)
    (where / f"params/studies/{name}.yaml").write_text(text)


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory):
    """The finished process of a study, and the folder that it was called in."""
    where = tmp_path_factory.mktemp("study")
    write_study(where)
    return workflow("study", "--study", "small", *folders(where), **NO_DATA), where


@pytest.fixture
def where(trained_once, tmp_path):
    """A copy of that folder."""
    return shutil.copytree(trained_once[1], tmp_path / "where")


@pytest.fixture
def ask(monkeypatch, capsys):
    """Calls the program in this process, which must train nothing unless `train` is given in place of what does."""

    def asked(where, *more, train=None):
        def refuse(*arguments):
            raise AssertionError("nothing is to be trained")

        monkeypatch.setattr("command.settle", lambda script: None)
        monkeypatch.setattr(study, "train", train or refuse)
        monkeypatch.setattr("command.end_as_interrupted", lambda: None)
        arguments = [*("--study", "small")[: 0 if "--all" in more else 2], *more]
        monkeypatch.setattr(sys, "argv", ["study.py", *map(str, [*arguments, *folders(where)])])
        code = study.main()
        return code, *capsys.readouterr()

    return asked


OWN = "common: {dataset: digits, device: cpu}\nmodels:\n  mine: {model: 'mine.py:net', norm: gn}\n"


def test_all_models_of_ones_own_are_tried_before_any_study_is_trained(tmp_path, ask, monkeypatch):
    write_study(tmp_path)
    write_study(tmp_path, "with_own", OWN)
    (tmp_path / "params/mine.py").write_text("def net(norm, shape, classes): ...\n")
    tried = []

    def refuse(runs, say):
        tried.extend(run.config.model for run in runs)
        raise ParameterError("broken")

    monkeypatch.setattr(study, "try_models", refuse)
    assert ask(tmp_path, "--all") == (1, "", "error: broken\n")
    assert tried == ["mine.py:net"]


def record(where, name="small"):
    return read_record(where / f"results/{name}.json")


@pytest.mark.slow
def test_what_is_missing_is_trained_and_recorded_in_the_studys_order(trained_once):
    process, where = trained_once
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stdout.startswith("small: 3 runs, of which 3 are missing\n")
    assert "results/small.json: whole after " in process.stdout
    assert process.stdout.endswith("` makes a page of it.\n")
    found = record(where)
    assert found.title == "A small study"
    assert [(run.model, run.config.max_lr) for run in found.runs] == [("gn", 0.02), ("gn", 0.05), ("diverging", 100)]
    verify_predictions(found)
    for run in found.runs:
        in_folder = read_run(where / "runs" / run.name)
        assert run.metrics == in_folder.metrics
        assert run.has_predictions != run.diverged
        if not run.diverged:
            assert run.predictions["predicted"].tolist() == in_folder.predictions["predicted"].tolist()
            assert len(run.afterwards["weights"]["spread"]) == len(run.history[0]["weight_norms"]) == 5
    assert found.runs[2].diverged
    assert found.runs[2].afterwards == {}
    readme = (where / "results/README.md").read_text()
    assert re.search(r"`small` \| A small study \| 3 +\| 3 +\| 1 .* 1 diverged", readme)


def test_nothing_is_trained_twice(where, ask):
    before = [(where / f"results/small{suffix}").read_bytes() for suffix in (".json", ".npz")]
    assert ask(where)[:2] == (0, f"small: 3 runs, of which 0 are missing\n{where}/results/small.json: whole\n")
    assert [(where / f"results/small{suffix}").read_bytes() for suffix in (".json", ".npz")] == before
    shutil.rmtree(where / "runs")
    assert ask(where)[0] == 0  # of what is recorded, the folders are not needed
    assert [(where / f"results/small{suffix}").read_bytes() for suffix in (".json", ".npz")] == before


def test_run_folders_that_are_there_are_recorded_without_training(where, ask):
    before = record(where)
    for suffix in (".json", ".npz"):
        (where / f"results/small{suffix}").unlink()
    assert ask(where)[:2] == (0, f"small: 3 runs, of which 0 are missing\n{where}/results/small.json: whole\n")
    assert [(run.metrics, run.afterwards) for run in record(where).runs] == [
        (run.metrics, run.afterwards) for run in before.runs
    ]


def test_a_run_that_another_study_has_is_not_trained_again_and_gets_its_name(where, ask):
    shutil.rmtree(where / "runs")
    write_study(where, "other", FILE.replace("  gn: {", "  called otherwise: {").replace("0.05", "0.05, 0.1"))
    code, out, _ = ask(where, "--study", "other", train=lambda name, options: 1)
    assert code == 1
    assert "other: 4 runs, of which 1 are missing" in out
    assert "other.json: 3 of 4 runs" in out
    assert {run.model for run in record(where, "other").runs} == {"called otherwise", "diverging"}
    verify_predictions(record(where, "other"))


def test_what_left_the_study_leaves_its_record(where, ask):
    before = record(where).runs
    write_study(where, text=FILE.replace("[0.02, 0.05]", "0.05"))
    assert ask(where)[0] == 0
    assert [run.name for run in record(where).runs] == [before[1].name, before[2].name]
    write_study(where, text=FILE[: FILE.index("  gn:")] + FILE[FILE.index("  diverging") :])
    assert ask(where)[0] == 0  # none is left that said anything of images
    assert [run.diverged for run in record(where).runs] == [True]


def test_what_is_finished_is_recorded_however_training_ends(where, ask):
    for path in (where / "results").iterdir():
        path.unlink()
    lost = next((where / "runs").glob("gn*"))
    kept = shutil.copytree(lost, where / "kept")
    shutil.rmtree(lost)
    code, out, _ = ask(where, "--gather", "1")
    assert code == 0
    assert "small.json: 2 of 3 runs" in out
    assert len(record(where).runs) == 2
    assert "2 of 3 so far" in (where / "results/README.md").read_text()
    for ending in (1, -9, study.INTERRUPTED):
        code, out, _ = ask(where, train=lambda name, options, ending=ending: ending)
        assert code == ending
        assert len(record(where).runs) == 2
    code, out, _ = ask(where, train=lambda name, options: bool(shutil.copytree(kept, lost)) - 1)
    assert code == 0
    assert len(record(where).runs) == 3


@pytest.mark.fault("a finished run of a study is damaged", "the others are recorded; one line names it")
def test_a_damaged_run_is_named_after_the_others_are_recorded(where, ask):
    (where / "results/small.json").unlink()
    damaged = next((where / "runs").glob("none*"))
    (damaged / "augmentation.png").write_bytes(b"")
    code, _, err = ask(where)
    assert code == 1
    (line,) = err.splitlines()
    assert line.startswith(f"error: {damaged}: augmentation.png: not as it was written")
    assert [run.model for run in record(where).runs] == ["gn", "gn"]


def test_all_studies_are_made_one_after_the_other_until_one_is_interrupted(where, ask):
    write_study(where, "another", FILE.replace("seeds: [1]", "seeds: [2]"))
    write_study(where, "third", FILE.replace("seeds: [1]", "seeds: [3]"))
    begun = []
    code, _, _ = ask(where, "--all", train=lambda name, options: begun.append(Path(name).stem) or 1)
    assert (code, begun) == (1, ["another", "third"])
    begun.clear()
    code, _, _ = ask(where, "--all", train=lambda name, options: begun.append(Path(name).stem) or study.INTERRUPTED)
    assert (code, begun) == (study.INTERRUPTED, ["another"])
    (where / "params/studies/wrong.yaml").write_text("models: 3")
    code, out, err = ask(where, "--all")
    assert (code, out) == (1, "")  # before any is begun
    assert err.startswith("error: ")
    assert "wrong.yaml: `common` and each of `models`" in err


@pytest.mark.parametrize("name", ["large", ""])
def test_a_study_that_is_not_there_is_reported_in_a_line(where, ask, name):
    code, _, err = ask(where, "--study", name)
    assert code == 1
    (line,) = err.splitlines()
    assert line.endswith("; there are: small; or name a YAML file")
    assert ("no study 'large'" in line) == bool(name)


@pytest.mark.slow
@pytest.mark.fault(
    "`make study` is ended or interrupted", "nothing goes on; what is finished is recorded, and found again"
)
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_all_and_keeps_what_is_finished(where, how):
    write_study(where, text=FILE.replace("predictions", "  long: {norm: ln, epochs: 3000}\npredictions"))
    (where / "results/small.json").unlink()
    command = [sys.executable, "workflow/study.py", "--study", "small", "--cores", "1", *map(str, folders(where))]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **NO_DATA},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        deadline = time.monotonic() + 300
        while not any((where / "runs/.progress").glob("ln-*.jsonl")):
            assert time.monotonic() < deadline
            assert process.poll() is None, process.communicate()
            time.sleep(0.2)
        workers = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(how)
        out, err = process.communicate(timeout=120)
    assert process.returncode == study.INTERRUPTED, out + err
    assert "Traceback" not in out + err
    assert "small: 4 runs, of which 1 are missing" in out
    assert "small.json: 3 of 4 runs" in out
    assert psutil.wait_procs(workers, timeout=20)[1] == []
    assert len(record(where).runs) == 3


def test_runs_of_other_sources_are_trained_again(where, ask):
    rows = json.loads((where / "results/small.json").read_text())
    rows["environments"][0]["sources"] = "0" * 16
    (where / "results/small.json").write_text(json.dumps(rows))
    assert ask(where)[0] == 0  # the folders are of the present sources
    assert {run.metrics["environment"]["sources"] for run in record(where).runs} != {"0" * 16}
    for folder in (path for path in (where / "runs").iterdir() if (path / "metrics.json").exists()):
        metrics = json.loads((folder / "metrics.json").read_text())
        metrics["environment"]["sources"] = "0" * 16
        (folder / "metrics.json").write_text(json.dumps(metrics))
        manifest.write(folder)
    (where / "results/small.json").unlink()
    code, out, _ = ask(where, train=lambda name, options: 1)
    assert code == 1
    assert "of which 3 are missing" in out
    assert not (where / "results/small.json").exists()
