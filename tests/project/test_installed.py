"""The package in an environment of its own: `pip install .`, without the lock; it trains, classifies and exports."""

import os
import subprocess
import sys
import tomllib

import pytest
from commands import ROOT
from packaging.requirements import Requirement
from packaging.version import Version

from normstudy.training.sources import sources_hash

USES = """
import sys
import torch
import normstudy
from normstudy import Config, fit, load
from normstudy.training.sources import sources_hash
from normstudy.using.onnx_file import checked, onnx_bytes
for norm in ("bn", "gn", "ln", "in", "ln2d", "none"):
    run = fit(Config(norm=norm, dataset="digits", epochs=1, batch_size=32))
    assert run.history[-1]["test_accuracy"] > 0.2, norm
images = torch.randint(0, 256, (20, 1, 28, 28), dtype=torch.uint8)
for run in sys.argv[1:]:
    classifier = load(run)
    assert checked(onnx_bytes(classifier), classifier, images).images == 20
print(torch.__version__, classifier.classes[7], sources_hash(), normstudy.__file__)
"""


def admitted(name):
    """What pyproject.toml asks of the package `name`."""
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    return next(each for each in map(Requirement, dependencies) if each.name == name)


def oldest(requirement):
    return next(each.version for each in requirement.specifier if each.operator == ">=")


@pytest.mark.slow
def test_it_works_with_the_oldest_torch_where_pip_has_put_it(tmp_path):
    """A few gigabytes and minutes."""
    torch = admitted("torch")
    wanted = [f"torch=={oldest(torch)}"]
    uv = ROOT / ".venv/bin/uv"
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True)
    if not uv.exists() or archive.returncode:
        pytest.skip("uv or git is not here")
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    subprocess.run(["tar", "-x", "-C", checkout], input=archive.stdout, check=True)
    python = tmp_path / "env/bin/python"
    subprocess.run([uv, "--no-config", "venv", "--quiet", "--python", sys.executable, tmp_path / "env"], check=True)
    install = [uv, "--no-config", "pip", "install", "--quiet", "--python", python, f"{checkout}[export]", *wanted]
    installed = subprocess.run(install, capture_output=True)
    if b"dns error" in installed.stderr or b"error sending request" in installed.stderr:
        pytest.skip("no registry can be reached")
    assert installed.returncode == 0, installed.stderr.decode()
    result = subprocess.run(
        [python, "-c", USES, *(path.parent for path in ROOT.glob("results/*/metrics.json"))],
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if not key.startswith("PYTHON")},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    version, name, sources, place = result.stdout.split()
    assert torch.specifier.contains(version)
    assert Version(version).release[:2] == Version(oldest(torch)).release[:2]
    assert (name, sources) == ("7", sources_hash())
    assert place.startswith(str(tmp_path / "env"))


def test_the_bounds_of_torch_are_stated_and_hold_the_one_that_is_locked():
    torch = admitted("torch")
    assert {each.operator for each in torch.specifier} == {">=", "<"}
    words = (ROOT / "requirements.lock").read_text(encoding="utf-8").split()
    locked = [word.removeprefix("torch==") for word in words if word.startswith("torch==")]
    assert locked
    assert all(torch.specifier.contains(version) for version in locked)
