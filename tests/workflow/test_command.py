"""A command whose output nobody reads goes on, and ends with the status of its work."""

import subprocess
import sys

import numpy as np
import pytest
from commands import ROOT, write_params
from PIL import Image

UNREAD = ["| head -c 1", ">&-", ">&- 2>&-", "2>/dev/full >&2", "| true"]


def shell(command: str, *arguments: object) -> int:
    """The status of `workflow/<command>`, which may end in a redirection, with `arguments` as $1, …"""
    script, _, end = command.partition(" ")
    line = f'set -o pipefail; "$0" -u workflow/{script} "$@" {end}'
    done = subprocess.run(
        ["bash", "-c", line, sys.executable, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr
    assert "Broken pipe" not in done.stderr
    return done.returncode


@pytest.fixture
def drawing(tmp_path):
    """A picture."""
    Image.fromarray(np.pad(np.full((9, 9), 255, np.uint8), 9)).save(tmp_path / "drawing.png")
    return tmp_path / "drawing.png"


@pytest.mark.slow
def test_predict_writes_its_table(whole, drawing, tmp_path):
    table = tmp_path / "a.csv"
    assert shell("predict.py | head -c 1", "--run", whole, "--images", tmp_path, "--csv", table) == 0
    assert len(table.read_text().splitlines()) == 2


def test_compare_says_in_its_status_whether_the_results_are_the_same(whole):
    assert shell("compare.py | head -c 1", "--a", whole, "--b", whole) == 0


@pytest.mark.parametrize("end", UNREAD)
def test_the_list_of_parameters_may_be_read_in_part(end):
    assert shell(f"params.py {end}") == int("full" in end)


@pytest.mark.slow
@pytest.mark.parametrize("end", ["| head -c 1", ">&-"])
def test_training_goes_on(tmp_path, end):
    params = write_params(tmp_path / "params", gn="norm: gn\ndataset: digits\nepochs: 2\n")
    assert shell(f"report.py {end}", "--params", params, "--runs", tmp_path / "runs", "--only-train") == 0
    assert len(list(tmp_path.glob("runs/*/metrics.json"))) == 1


def test_a_full_disk_in_the_place_of_a_reader_is_reported():
    with open("/dev/full", "w") as full:
        command = [sys.executable, "workflow/params.py"]
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr == "error: what is printed cannot be written (No space left on device); the work goes on\n"
