"""`make study`: trains what is missing, and keeps a compact record."""

import sys
from pathlib import Path

import pytest
from commands import ROOT
from conftest import add_pictures
from recorded import recorded_run

from normstudy.config import make_config
from normstudy.runs import study_file
from normstudy.runs.folder import publish, save, stage
from normstudy.runs.lacking import lacking
from normstudy.runs.record import read_record, write_record
from normstudy.runs.studies import PlannedRun

sys.path.insert(0, str(ROOT / "workflow"))

import study

FILE = """
title: A small study
common: {dataset: digits, evaluate_on: validation, epochs: 2, precision: fp32, device: cpu}
seeds: [1]
models:
  gn: {norm: gn, max_lr: [0.02, 0.05], weight_decay: 0.01}
  diverging: {norm: none, optimizer: sgd, max_lr: 100}
"""


class Checkout:
    """A checkout with studies of its own, in which runs are trained without the workflow.

    `trained`: how many were; `enough`: after how many training breaks off.
    """

    def __init__(self, folder, monkeypatch):
        self.folder, self.trained, self.enough, self.monkeypatch = folder, 0, 100, monkeypatch
        (folder / "params/studies").mkdir(parents=True)
        (folder / "results").mkdir()
        self.write(FILE)
        monkeypatch.setattr(study_file, "project_root", lambda: folder)
        monkeypatch.setattr(study, "settle", lambda script: None)
        monkeypatch.setattr(study, "train", self.train)
        monkeypatch.chdir(folder)

    def write(self, text, name="small"):
        (self.folder / f"params/studies/{name}.yaml").write_text(text)

    def make(self, *options) -> int:
        self.monkeypatch.setattr(sys, "argv", ["study.py", "--runs", "runs", *(options or ("--study", "small"))])
        return study.main()

    def train(self, name, options) -> int:
        from normstudy.training.data import load
        from normstudy.training.loop import fit

        for run in lacking(study_file.read_study_file(study_file.study_path(name)), self.folder / "results"):
            if self.trained == self.enough:
                return 1
            if not run.is_done(options.runs):
                data = load("digits", run.config.evaluate_on)
                staged = stage(run.config, options.runs)
                save(fit(run.config, data), data, staged)
                add_pictures(staged)
                publish(staged, options.runs)
                self.trained += 1
        return 0

    def record(self, name="small"):
        return read_record(self.folder / f"results/{name}.json")


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    return Checkout(tmp_path, monkeypatch)


def test_what_is_missing_is_trained_and_recorded_in_the_studys_order(checkout, capsys):
    assert checkout.make() == 0
    out = capsys.readouterr().out
    assert "small: 3 runs, of which 3 are missing" in out
    assert "results/small.json: whole after" in out
    found = checkout.record()
    assert found.title == "A small study"
    assert [(run.model, run.config.max_lr) for run in found.runs] == [("gn", 0.02), ("gn", 0.05), ("diverging", 100)]
    assert [run.diverged for run in found.runs] == [False, False, True]
    assert [len(run.history) for run in found.runs[:2]] == [2, 2]
    readme = (checkout.folder / "results/README.md").read_text()
    assert "made by `make study STUDY=small`: all 3 runs, seed 1; 1 diverged" in readme

    path = checkout.folder / "results/small.json"
    before = path.read_bytes()
    assert checkout.make() == 0
    assert "of which 0 are missing" in capsys.readouterr().out
    assert (checkout.trained, path.read_bytes()) == (3, before)

    checkout.write(FILE.replace("[0.02, 0.05]", "0.02"))
    assert checkout.make() == 0
    assert [run.name for run in checkout.record().runs] == [
        found.runs[0].name,
        found.runs[2].name,
    ]  # one left the study
    assert checkout.trained == 3


def test_what_is_finished_is_recorded_when_training_breaks_off(checkout, capsys):
    checkout.enough = 1
    assert checkout.make() == 1
    assert "results/small.json: 1 of 3 runs after" in capsys.readouterr().out
    assert len(checkout.record().runs) == 1
    assert "1 of 3 runs so far" in (checkout.folder / "results/README.md").read_text()
    checkout.enough = 100
    assert checkout.make() == 0
    assert checkout.trained == 3
    assert len(checkout.record().runs) == 3


def test_a_run_that_another_study_has_is_not_trained_again(checkout, capsys):
    checkout.make()
    checkout.write(FILE.replace("  gn: {", "  called otherwise: {"), "other")
    assert checkout.make("--study", "other") == 0
    assert "other: 3 runs, of which 0 are missing" in capsys.readouterr().out
    assert checkout.trained == 3
    assert [run.model for run in checkout.record("other").runs] == ["called otherwise"] * 2 + ["diverging"]
    assert [run.history for run in checkout.record("other").runs] == [run.history for run in checkout.record().runs]


def test_the_time_of_runs_follows_from_recorded_epochs(checkout):
    def of(**changes):
        model = {"norm": "gn", "dataset": "mnist", "precision": "fp32", "device": "cpu", "epochs": 10, **changes}
        return [PlannedRun(Path("some.yaml"), make_config({**model, "seed": seed})) for seed in range(4)]

    assert study.expected_seconds(of(), 2) == 0
    write_record(checkout.folder / "results/known.json", "Known", [recorded_run("gn", [0.5], norm="gn", seconds=3)])
    beside = 2 * study.BESIDE_THE_EPOCHS
    assert study.expected_seconds(of(), 2) == pytest.approx(2 * 10 * 3 + beside)
    assert study.expected_seconds(of(norm="ln"), 2) == 0
    thrice_as_deep = study.expected_seconds(of(depth=8), 2)
    assert thrice_as_deep == pytest.approx(3 * 2 * 10 * 3 + beside)
    assert 20 < study.expected_seconds(of(batch_size=2), 2) / study.expected_seconds(of(), 2) < 30  # measured: 26


def test_an_interrupt_begins_no_further_study(checkout, monkeypatch, capsys):
    checkout.write(FILE.replace("[1]", "[2]"), "then")
    for code, begun in ((1, ["small", "then"]), (study.INTERRUPTED, ["small"])):
        asked = []
        monkeypatch.setattr(study, "train", lambda name, options, code=code, asked=asked: asked.append(name) or code)
        assert checkout.make("--all") == code
        assert asked == begun


def test_gathering_trains_nothing(checkout, capsys):
    assert checkout.make("--study", "small", "--gather", "1") == 0
    assert checkout.trained == 0
    assert "results/small.json: 0 of 3 runs" in capsys.readouterr().out
    assert not (checkout.folder / "results/small.json").exists()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--study", "large"], "error: no study 'large' in params/studies/; there are: small"),
        ([], "error: say which study, with STUDY=; there are: small"),
    ],
)
def test_a_study_that_is_not_there_is_told_in_a_line(checkout, capsys, options, expected):
    assert checkout.make("--runs", "runs", *options) == 1
    assert capsys.readouterr().err == f"{expected}\n"
