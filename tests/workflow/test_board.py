"""`make tensorboard`: serves what there is of runs until it is ended."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import psutil
import pytest
from commands import ROOT, workflow


def a_free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.mark.slow
def test_tensorboard_serves_the_runs_and_ends_with_the_command(whole, tmp_path):
    shutil.copytree(whole, tmp_path / whole.name)
    port = a_free_port()
    command = [sys.executable, "-u", "workflow/board.py", "--runs", tmp_path, "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        said = ""
        while "Shown: 1 run." not in said or "http://localhost" not in said:
            said += process.stdout.readline()
            assert process.poll() is None, said
        address = re.search(r"http://localhost:\d+/", said)[0]
        found, deadline = {}, time.monotonic() + 120
        while whole.name not in found:
            assert time.monotonic() < deadline
            time.sleep(1)
            with urllib.request.urlopen(f"{address}data/plugin/scalars/tags") as answer:
                found = json.load(answer)
        assert "loss/evaluation" in found[whole.name]
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert psutil.wait_procs(children, timeout=10)[1] == []


@pytest.mark.fault("`make tensorboard` of no folder, or at an impossible port", "one line")
@pytest.mark.parametrize(
    ("given", "why"),
    [(["--runs", "/nowhere"], "RUNS=/nowhere: no folder"), (["--runs", ".", "--port", "x"], "PORT=x: must be a whole")],
)
def test_what_cannot_be_shown_is_reported_in_one_line(given, why):
    result = workflow("board", *given)
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert why in line
