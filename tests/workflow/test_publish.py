"""`make publish`, but for the training."""

import subprocess
import sys
from types import SimpleNamespace

import yaml
from commands import ROOT, write_params

from normstudy.config import read_config
from normstudy.runs.studies import plan

sys.path.insert(0, str(ROOT / "workflow"))

import publish


def test_of_each_model_the_run_of_its_lowest_seed_is_published(tmp_path):
    write_params(tmp_path, a="norm: gn\nseeds: [5, 3, 4]\n", b="norm: ln\n", c="norm: gn\nseed: 9\n")
    found = publish.first_of_each(plan(tmp_path, "digits"))
    assert [(run.source.name, run.config.seed) for run in found] == [("a.yaml", 3), ("b.yaml", 0)]


def test_no_other_seed_is_trained_for_it(tmp_path, monkeypatch):
    write_params(tmp_path / "params", a="norm: gn\nseeds: [5, 3]\ndataset: digits\n")
    (missing,) = publish.first_of_each(plan(tmp_path / "params", "digits"))
    asked = []

    def call(command):
        (path,) = (tmp_path / command[command.index("--params") + 1]).iterdir()
        assert path.name == "a.yaml"
        assert "seeds" not in yaml.safe_load(path.read_text())
        asked.append(read_config(path))
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", call)
    publish.train([missing], tmp_path / "runs")
    assert asked == [missing.config]
