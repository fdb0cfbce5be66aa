"""The package in an environment of one's own: `pip install .`, without the lock, and it trains and classifies."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import ROOT

USES = """
import sys
from normstudy import Config, fit, load
run = fit(Config(norm="gn", dataset="digits", epochs=1))
classifier = load(sys.argv[1])
print(run.history[-1]["test_accuracy"] > 0.2, classifier.classes[7], sys.modules["normstudy"].__file__)
"""


@pytest.mark.thorough
def test_it_works_where_pip_has_put_it(tmp_path):
    """A few gigabytes and a minute or two, of a registry's newest torch: not for every day."""
    uv = Path(sys.executable).with_name("uv")
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True)
    if not uv.exists() or archive.returncode:
        pytest.skip("uv or git is not here")
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    subprocess.run(["tar", "-x", "-C", checkout], input=archive.stdout, check=True)
    python = tmp_path / "env/bin/python"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "env"], check=True)
    installed = subprocess.run([uv, "pip", "install", "--quiet", "--python", python, checkout], capture_output=True)
    if b"dns error" in installed.stderr or b"error sending request" in installed.stderr:
        pytest.skip("no registry can be reached")
    assert installed.returncode == 0, installed.stderr.decode()
    told = subprocess.run(
        [python, "-c", USES, ROOT / "results/gn4-mnist-seed0-5caff818"],
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if not key.startswith("PYTHON")},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    works, name, place = told.stdout.split()
    assert (works, name) == ("True", "7")
    assert place.startswith(str(tmp_path / "env"))
