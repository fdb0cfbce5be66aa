"""`make verify`: runs trained again and compared, and noted as current where nothing has changed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest
import verify
import yaml
from commands import ROOT, workflow

from normstudy.config import make_config, run_name
from normstudy.errors import NormstudyError
from normstudy.runs import manifest, stamps
from normstudy.runs.folder import is_current, is_of_present_sources, read_run
from normstudy.runs.missing_runs import missing_runs
from normstudy.runs.record import read_record, recorded, verify_predictions, write_predictions, write_record
from normstudy.runs.reproduction import train_again
from normstudy.runs.studies import MAIN, verified_study, write_studies
from normstudy.runs.study_file import read_study_file
from normstudy.training.sources import sources_hash

OTHER = "0123456789abcdef"


def changed(folder, change):
    """Change the metrics of a run folder, so that it looks as if it had been made so; its path then."""
    metrics = json.loads((folder / "metrics.json").read_text())
    change(metrics)
    (folder / "metrics.json").write_text(json.dumps(metrics))
    manifest.write(folder)
    final = folder.with_name(run_name(make_config(metrics["config"])))
    folder.rename(final)
    write_studies(final.parent, {MAIN: [final.name]})
    return final


def made_by_others(metrics) -> None:
    metrics["environment"]["sources"] = OTHER


@pytest.fixture
def run(whole, tmp_path):
    """A copy of `whole`, the only run of a study."""
    write_studies(tmp_path, {MAIN: [whole.name]})
    return shutil.copytree(whole, tmp_path / whole.name)


@pytest.fixture
def result(monkeypatch, capsys):
    """Verifies as `make verify` does, but trains in this process: the exit status and what is printed."""

    def here(runs, epochs, jobs, tell):
        for each in runs:
            tell(each.name, train_again(each.config, epochs[each.name]))

    def ask(folder, study="", everything=False, stamp=False):
        monkeypatch.setattr(verify, "train_side_by_side", here)
        code = verify.verify_runs(folder, study, everything, stamp)
        return code, capsys.readouterr().out

    return ask


@pytest.mark.slow
def test_a_run_is_found_the_same_and_nothing_is_written(run):
    before = {path: path.read_bytes() for path in run.parent.rglob("*") if path.is_file()}
    process = workflow("verify", "--runs", run.parent)
    assert process.returncode == 0, process.stderr
    first, last = process.stdout.splitlines()
    assert first.startswith("To train again: 1 run, 2 epochs in all, 1 at once, about ")
    assert last == f"1 of 1: {run.name}, 2 of 2 epochs: equal bit by bit"
    assert {path: path.read_bytes() for path in run.parent.rglob("*") if path.is_file()} == before


@pytest.mark.slow
def test_a_run_of_other_sources_counts_as_current_once_that_is_noted(run, result):
    run = changed(run, made_by_others)
    assert not is_current(run)
    code, out = result(run.parent)
    assert code == 0
    assert "Made by other sources, to the same numbers: 1 run; `make verify STAMP=1` notes that" in out
    assert not is_current(run)
    process = workflow("verify", "--runs", run.parent, "--stamp", "1")
    assert process.returncode == 0, process.stderr
    assert f"1 run; noted in {run.parent}/verified.json, and they count as current" in process.stdout
    assert is_current(run)
    (stamp,) = stamps.read(run.parent)
    assert (stamp["from"], stamp["to"], stamp["compared"], stamp["epochs"]) == (OTHER, sources_hash(), [run.name], 2)
    assert {"train_loss", "test_loss"} < set(stamp["measures"])
    assert {"processor", "torch", "threads"} < stamp["environment"].keys()
    verified_study(run.parent)
    before = (run.parent / stamps.NAME).read_bytes()
    assert "nothing to note" in result(run.parent, stamp=True)[1]
    assert (run.parent / stamps.NAME).read_bytes() == before


def test_nothing_is_noted_of_sources_that_are_changed_meanwhile(run, result, monkeypatch):
    run = changed(run, made_by_others)
    found = iter([sources_hash(), OTHER[::-1]])
    monkeypatch.setattr(verify, "sources_hash", lambda: next(found))
    with pytest.raises(verify.VerifyError, match="the sources were changed meanwhile"):
        result(run.parent, stamp=True)
    assert not is_current(run)


def elsewhere(metrics) -> None:
    metrics["environment"]["processor"] = "Another"
    metrics["history"][0]["train_loss"] *= 1 + 1e-6


@pytest.mark.parametrize(
    ("change", "status", "what"),
    [
        (
            lambda m: m["history"][1].update(train_accuracy=0.5),
            1,
            "DIFFERENT: train_accuracy in epoch 2 was 0.5 ",
        ),
        (lambda m: m["config"].update(max_lr=0.0201), 1, "DIFFERENT: train_loss in epoch 1"),
        (elsewhere, 0, "within tolerance: train_loss in epoch 1 was "),
    ],
)
def test_numbers_that_changed_are_reported_and_never_noted(run, result, change, status, what):
    run = changed(run, lambda metrics: (change(metrics), made_by_others(metrics)))
    code, out = result(run.parent, everything=True, stamp=True)
    assert code == status
    assert f"{run.name}, 2 of 2 epochs: {what}" in out
    assert "not found to be the same bit by bit: 1 run" in out
    assert not (run.parent / stamps.NAME).exists()


@pytest.fixture
def three(whole, tmp_path):
    """Runs of two kinds made by other sources: seeds 3 and 4 of `whole`'s, the latter wrong, and another l1."""
    names = []
    for values in ({}, {"seed": 4}, {"l1": 0.5}):
        metrics = json.loads((whole / "metrics.json").read_text())
        metrics["config"].update(values)
        made_by_others(metrics)
        names.append(run_name(make_config(metrics["config"])))
        folder = shutil.copytree(whole, tmp_path / names[-1])
        (folder / "metrics.json").write_text(json.dumps(metrics))
        manifest.write(folder)
    write_studies(tmp_path, {MAIN: names[:2], "wrong": names[2:]})
    return [tmp_path / name for name in names]


def test_one_run_stands_for_those_of_its_kind_in_a_study_or_all_are_trained(three, result):
    code, out = result(three[0].parent, everything=True, stamp=True)
    assert code == 1
    assert "To train again: 3 runs, " in out
    assert out.count("DIFFERENT") == 2
    assert [is_current(folder) for folder in three] == [False] * 3  # of its kind, one came out otherwise
    code, out = result(three[0].parent, study=MAIN, stamp=True)
    assert code == 0
    assert "To train again: 1 run, " in out
    assert [is_current(folder) for folder in three] == [True, True, False]
    assert [stamp["compared"] for stamp in stamps.read(three[0].parent)] == [[three[0].name]]


@pytest.fixture
def recorded_three(three, tmp_path_factory):
    """A folder of results with the runs of `three` in the record `some` alone, with what the models said."""
    runs = [recorded(read_run(folder), "gn") for folder in three]
    results = tmp_path_factory.mktemp("results")
    write_record(results / "some.json", "A study", runs)
    write_predictions(results / "some.npz", runs)
    write_studies(results, {})
    return results


def current(path):
    return [is_of_present_sources(run) for run in read_record(path).runs]


def test_records_are_verified_and_stamped(recorded_three, result, tmp_path):
    path = recorded_three / "some.json"
    before, content = read_record(path), path.read_bytes()
    study_file = tmp_path / "some.yaml"
    values = {**before.runs[0].config.model_dump(exclude={"seed"}, exclude_none=True)}
    study_file.write_text(yaml.safe_dump({"seeds": [3, 4], "models": {"gn": values}, "predictions": True}))
    study = read_study_file(study_file)
    assert len(missing_runs(study, recorded_three)) == 2
    code, out = result(recorded_three, stamp=True)
    assert code == 1
    assert "To train again: 2 runs, " in out
    assert "Made by other sources, to the same numbers: 2 runs; noted in" in out
    assert "not found to be the same bit by bit: 1 run; `make report`, `make publish` and `make study` train" in out
    assert current(path) == [True, True, False]
    assert missing_runs(study, recorded_three) == []
    after = read_record(path)
    verify_predictions(after)
    assert [(run.metrics, run.model) for run in after.runs] == [(run.metrics, run.model) for run in before.runs]
    assert path.read_bytes() == content


def test_a_run_that_stands_in_several_places_is_trained_again_once_and_compared_with_each(three, result):
    results = three[0].parent
    run = recorded(read_run(three[0]), "gn")
    other = json.loads(json.dumps(run.metrics))
    other["history"][1]["test_loss"] = 0.123
    write_studies(results, {MAIN: [run.name]})
    write_record(results / "main.json", "", [replace(run, metrics=other)])
    code, out = result(results, stamp=True)
    assert code == 1
    assert "To train again: 1 run, 2 epochs in all" in out
    assert f"1 of 1: {run.name} ({three[0]}), 2 of 2 epochs: equal bit by bit\n" in out
    assert f"1 of 1: {run.name} ({results}/main.json), 2 of 2 epochs: DIFFERENT: test_loss in epoch 2 was 0.123" in out
    assert not is_current(three[0])
    write_record(results / "main.json", "", [run])
    assert "to the same numbers: 2 runs; noted in" in result(results, stamp=True)[1]
    assert is_current(three[0])
    assert current(results / "main.json") == [True]


def test_a_record_is_named_like_a_study_and_needs_no_folders(recorded_three, three, result):
    (recorded_three / "studies.json").unlink()
    assert "To train again: 2 runs, " in result(recorded_three, study="some")[1]
    write_record(three[0].parent / "more.json", "", [recorded(read_run(three[2]), "gn")])
    assert "To train again: 1 run, " in result(three[0].parent, study="more")[1]
    assert "To train again: 1 run, " in result(three[0].parent, study=MAIN)[1]
    assert "To train again: 2 runs, " in result(three[0].parent)[1]
    assert "To train again: 3 runs, " in result(three[0].parent, everything=True)[1]


@pytest.mark.fault("`make verify` of runs that are not there, damaged or of a GPU", "one line, nothing trained")
@pytest.mark.parametrize(
    ("damage", "study", "why"),
    [
        (lambda run: shutil.rmtree(run.parent), "", "studies.json: not there; `make report`"),
        (lambda run: None, "mine", "no study 'mine' in it; there are: main"),
        (lambda run: (run.parent / "more.json").write_text("["), "", "more.json: not readable"),
        (lambda run: (run.parent / "studies.json").write_text("{}"), "", "studies.json: no study in it"),
        (lambda run: (run / "predictions.npz").write_text(""), "", "predictions.npz: not as it was written"),
        (lambda run: changed(run, lambda m: m["config"].update(device="cuda")), "", "device = cuda, and none is"),
    ],
)
def test_what_cannot_be_verified_is_reported_in_one_line(run, result, damage, study, why):
    if "cuda" in why and verify.has_cuda():
        pytest.skip("there is a GPU here")
    damage(run)
    with pytest.raises(NormstudyError) as caught:
        result(run.parent, study)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(str(run.parent))
    assert why in line


def die(config, epochs) -> None:
    """In the place of `train_again`, as the kernel ends what takes too much memory."""
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.fault("a process of `make verify` is killed, as where memory is short", "one line, nothing written")
def test_a_process_that_is_killed_is_reported(run, monkeypatch):
    monkeypatch.setattr(verify, "train_again", die)
    run = changed(run, made_by_others)
    with pytest.raises(verify.VerifyError, match="a process that trained was killed"):
        verify.train_side_by_side([read_run(run)], {run.name: 2}, 1, lambda *result: None)


def at_work(process: psutil.Process) -> bool:
    """Whether it has computed for a second; one that has ended in the meantime (a helper of the start) has not."""
    try:
        return process.cpu_times().user > 1
    except psutil.NoSuchProcess:
        return False


@pytest.mark.fault("`make verify` interrupted, ended or killed", "no process left, nothing written")
@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_goes_on_after_its_end(run, how):
    def long(metrics):
        first, last = metrics["history"]
        metrics["config"]["epochs"] = 3_000
        metrics["history"] = [{**first, "epoch": number} for number in range(1, 3_000)] + [{**last, "epoch": 3_000}]

    run = changed(run, long)
    command = [sys.executable, "workflow/verify.py", "--runs", run.parent, "--all", "1", "--stamp", "1"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert "3,000 epochs in all" in process.stdout.readline()
        deadline, workers = time.monotonic() + 60, []
        while not any(at_work(each) for each in workers):
            assert time.monotonic() < deadline
            workers = psutil.Process(process.pid).children(recursive=True)
            time.sleep(0.1)
        process.send_signal(how)
        out, err = process.communicate(timeout=60)
    assert process.returncode == {signal.SIGKILL: -9}.get(how, 130)
    assert "Traceback" not in out + err
    assert psutil.wait_procs(workers, timeout=10)[1] == []
    assert not (run.parent / stamps.NAME).exists()
    assert read_run(run).config.epochs == 3_000
