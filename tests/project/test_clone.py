"""A clone on a machine whose git turns line ends (core.autocrlf), and how what was published is brought back."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from commands import ROOT

from normstudy.errors import NormstudyError
from normstudy.runs.folder import REMEDY, remedy
from normstudy.runs.record import read_record, read_records, verify_predictions
from normstudy.runs.studies import read_study, verified_study


def git(where: Path, *arguments: str | Path) -> str:
    """What git says, in `where` and by nobody's settings."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-C", where, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """A clone of what is committed, as Windows' git makes it."""
    try:
        git(ROOT, "cat-file", "-e", "HEAD:.gitattributes")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this checkout has no git, or no commit with .gitattributes, to be cloned")
    folder = tmp_path_factory.mktemp("clone") / "checkout"
    git(ROOT, "clone", "--quiet", "--config", "core.autocrlf=true", ROOT, folder)
    return folder


@pytest.fixture
def own(clone, monkeypatch) -> Path:
    """The clone as the checkout that one is in."""
    monkeypatch.setattr("normstudy.paths.project_root", lambda: clone)
    yield clone
    git(clone, "reset", "--quiet", "--hard")


@pytest.mark.fault("clone with core.autocrlf=true", "every file as committed, and the published runs verify")
def test_a_clone_has_every_file_as_it_was_committed(clone):
    ends = [line.split()[:2] for line in git(clone, "ls-files", "--eol").splitlines()]
    assert len(ends) > 100
    assert {(index.removeprefix("i/"), work.removeprefix("w/")) for index, work in ends} <= {
        *(("lf", "lf"), ("-text", "-text"), ("none", "none"))
    }
    for run in verified_study(clone / "results"):
        sums = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=run.folder, capture_output=True)
        assert sums.returncode == 0, sums.stdout
    assert git(clone, "status", "--porcelain") == ""


def test_nothing_would_be_committed_otherwise(clone):
    git(clone, "add", "--renormalize", ".")
    assert git(clone, "status", "--porcelain") == ""


def turn_line_ends(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def damage_and_read(checkout: Path, place: str, damage) -> str:
    """The line with which the published results are refused once `place` in them is damaged."""
    if place.startswith("gn4"):
        place = next((checkout / "results").glob("gn4*")).name + place.removeprefix("gn4")
    damage(checkout / "results" / place)
    with pytest.raises(NormstudyError) as caught:
        read_results(checkout)
    (line,) = str(caught.value).splitlines()
    return line


def read_results(checkout: Path) -> None:
    verified_study(checkout / "results")
    for name in ("search", "neighbours", "skeletons"):
        read_record(checkout / f"results/{name}.json")
    for study in read_records(checkout / "results").values():
        verify_predictions(study)


@pytest.mark.fault("published results damaged", "named with the command that brings them back, which does")
@pytest.mark.parametrize(
    ("place", "damage"),
    [
        ("gn4/metrics.json", turn_line_ends),
        ("gn4/predictions.npz", lambda path: path.write_bytes(b"")),
        ("gn4", shutil.rmtree),
        ("studies.json", Path.unlink),
        ("search.json", lambda path: path.write_text("[")),
        ("main.npz", lambda path: path.write_bytes(b"")),
    ],
)
def test_what_was_published_is_brought_back_by_the_command_that_is_reported(own, place, damage):
    line = damage_and_read(own, place, damage)
    assert "delete" not in line
    (command,) = re.findall(r"; `(.*)` brings it back as it was published$", line)
    subprocess.run(["sh", "-c", command], cwd=own, check=True)
    read_results(own)
    assert git(own, "status", "--porcelain") == ""


def test_a_checkout_without_git_is_to_be_downloaded_again(tmp_path, monkeypatch):
    monkeypatch.setattr("normstudy.paths.project_root", lambda: tmp_path)
    shutil.copytree(ROOT / "results", tmp_path / "results")
    line = damage_and_read(tmp_path, "gn4/model.safetensors", Path.unlink)
    assert line.endswith("; download this checkout again: it was published whole")


def test_runs_elsewhere_are_trained_again(tmp_path, run_folder):
    assert remedy(run_folder) == REMEDY
    assert remedy(ROOT / "results" / "any" / "metrics.json") != REMEDY
    (tmp_path / "loop").symlink_to("loop")
    assert remedy(tmp_path / "loop") == REMEDY
    with pytest.raises(NormstudyError, match=r"`make report` trains the runs and writes it$"):
        read_study(tmp_path)
