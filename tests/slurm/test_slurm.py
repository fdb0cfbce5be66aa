"""The workflow on a real Slurm: what is ended there goes on, and the results are those of this machine alone."""

import json
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress

import numpy as np
import psutil
import pytest
import yaml
from commands import NO_DATA, ROOT, write_params
from faults.trials import without_times

from normstudy.config import Config, resolve, run_name
from normstudy.data.loading import load
from normstudy.runs.folder import publish, read_run, save, stage
from normstudy.runs.progress import read
from normstudy.runs.studies import plan
from normstudy.training.loop import fit

from .cluster import ClusterError, one_node

pytestmark = pytest.mark.slow

PATIENCE = 600
HERE_AND_THERE = "dataset: digits\ndevice: cpu\n"
SHORT, LONG = 2, 120
"""Epochs: of runs that nothing happens to, and of those that are hit while they train."""


@pytest.fixture(scope="module")
def cluster():
    try:
        with one_node() as cluster:
            yield cluster
    except ClusterError as error:
        pytest.skip(f"no Slurm here: {error}")


def name_of(norm, seed, epochs):
    return run_name(resolve(Config(norm=norm, seed=seed, epochs=epochs, dataset="digits", device="cpu"), "digits"))


def prompt_profile(folder, **changes):
    """The profile of the project, but that it asks soon what became of a job; and with `changes`."""
    profile = yaml.safe_load((ROOT / "workflow/profiles/slurm/config.yaml").read_text())
    profile |= {"slurm-init-seconds-before-status-checks": 1, **changes}
    folder.mkdir()
    (folder / "config.yaml").write_text(yaml.safe_dump(profile))
    return folder


def start(cluster, where, profile):
    """`make train PROFILE=…` in the background; what it says goes to `output.log`."""
    command = [sys.executable, "workflow/report.py", "--params", where / "params", "--runs", where / "runs"]
    with open(where / "output.log", "a") as log:
        return subprocess.Popen(
            [*command, "--profile", profile, "--only-train"],
            cwd=ROOT,
            env={**cluster.environment, **NO_DATA, "CUDA_VISIBLE_DEVICES": ""},
            stdout=log,
            stderr=log,
            # Where the tests run in the background, the interrupt would be ignored by inheritance.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )


def wait(process, where, condition):
    """What `condition` gives, as soon as it is something; the job must not end before."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert process.poll() is None, (where / "output.log").read_text()
        assert time.monotonic() < deadline, (where / "output.log").read_text()
        time.sleep(0.1)
    return found


def train_here(config, data, runs):
    """The run of `config` as it comes about without notebook, scheduler and interruption."""
    folder = stage(config, runs)
    save(fit(config, data), data, folder)
    return read_run(publish(folder, runs))


def signal_all(processes, number):
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def job_in_training(cluster, runs, names):
    """A job of one of `names` that has some epochs behind it and many before it, and the run's name."""
    jobs = {name: number for number, name in cluster.jobs().items()}
    for name in names:
        if name in jobs and 5 <= len(read(runs / f".progress/{name}.jsonl")) <= LONG - 30:
            return jobs[name], name
    return None


@pytest.mark.fault(
    "on Slurm: jobs ended by scancel, by SIGKILL of their step, by the death of slurmd",
    "8 runs compared with those made without Slurm: history but for times, predictions and weights, bit by bit",
)
def test_what_is_ended_on_the_cluster_goes_on_and_ends_as_it_does_here(cluster, tmp_path):
    params, runs = tmp_path / "params", tmp_path / "runs"
    for norm in ("bn", "gn", "in", "ln"):
        for seed in (1, 2):
            epochs = LONG if norm != "in" and seed == 1 else SHORT
            write_params(params, **{f"{norm}{seed}": f"norm: {norm}\nseed: {seed}\nepochs: {epochs}\n{HERE_AND_THERE}"})
    planned = {run.name: run.config for run in plan(params, "digits")}
    victims = [name for name, config in planned.items() if config.epochs == LONG]

    process = start(cluster, tmp_path, prompt_profile(tmp_path / "profile"))
    struck = []
    for strike in ("scancel", "step", "slurmd"):
        number, name = wait(process, tmp_path, lambda: job_in_training(cluster, runs, victims))
        victims.remove(name)
        struck.append(name)
        if strike == "scancel":
            assert cluster.call("scancel", str(number)).returncode == 0
        elif strike == "step":
            step = cluster.step(number)
            assert any("ipykernel_launcher" in " ".join(process.cmdline()) for process in step)
            signal_all(step, signal.SIGKILL)
        else:
            # As where a machine hangs and comes back: the run may neither end before its node counts as
            # down, which takes a while, nor be gone when it is begun again.
            step = cluster.step(number)
            signal_all(step, signal.SIGSTOP)
            cluster.kill_slurmd()
            wait(process, tmp_path, lambda: cluster.node_state().startswith("down"))
            cluster.start_daemon("slurmd", "-D")
            signal_all(step, signal.SIGCONT)
    assert process.wait(PATIENCE) == 0, (tmp_path / "output.log").read_text()

    log = (runs / ".logs/snakemake.log").read_text()
    for state in ("CANCELLED", "FAILED", "NODE_FAIL"):
        assert f"SLURM status is: '{state}'" in " ".join(log.split())
    assert len(planned) == 8
    assert json.loads((runs / "studies.json").read_text())["main"] == list(planned)
    data = load("digits")
    for name, config in planned.items():
        one, other = train_here(config, data, tmp_path / "here"), read_run(runs / name)
        assert without_times(one.history) == without_times(other.history)
        assert one.predictions.keys() == other.predictions.keys()
        assert all(np.array_equal(one.predictions[key], other.predictions[key]) for key in one.predictions)
        assert (one.folder / "model.safetensors").read_bytes() == (other.folder / "model.safetensors").read_bytes()
    resumed = {name: read_run(runs / name).metrics["extra"].get("resumed_after") for name in planned}
    assert resumed[struck[0]], resumed
    assert resumed[struck[1]], resumed
    assert list((runs / ".unfinished").iterdir()) == []
    assert cluster.jobs() == {}


@pytest.mark.fault("on Slurm: Ctrl-C", "nothing left in the queue; the next call goes on")
def test_ctrl_c_cancels_the_jobs_and_the_next_call_goes_on(cluster, tmp_path):
    write_params(tmp_path / "params", gn=f"norm: gn\nseed: 1\nepochs: {LONG}\n{HERE_AND_THERE}")
    runs, name = tmp_path / "runs", name_of("gn", 1, LONG)
    profile = prompt_profile(tmp_path / "profile")
    process = start(cluster, tmp_path, profile)
    wait(process, tmp_path, lambda: job_in_training(cluster, runs, [name]))
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 130
    assert "What is finished is kept" in (tmp_path / "output.log").read_text()
    deadline = time.monotonic() + PATIENCE
    while cluster.jobs():  # Slurm gives a job seconds to end
        assert time.monotonic() < deadline
        time.sleep(0.5)
    process = start(cluster, tmp_path, profile)
    assert process.wait(PATIENCE) == 0
    assert read_run(runs / name).metrics["extra"]["resumed_after"]


@pytest.mark.fault("on Slurm: a job that is refused, or cannot do what it should", "run, reason and job in one line")
def test_what_became_of_a_job_that_cannot_be_done_is_said(cluster, tmp_path):
    """One that Slurm refuses (no node has a GPU), and one that finds none where it was sent."""
    gpu = write_params(tmp_path / "params", gpu="device: cuda\nepochs: 1\ndataset: digits\n") / "gpu.yaml"
    process = start(cluster, tmp_path, "slurm")
    assert process.wait(PATIENCE) == 1
    refused = "its job was refused: sbatch: error: Invalid generic resource (gres) specification"
    assert re.search(
        rf"the run \S+ failed: {re.escape(refused)} \(its parameters: {gpu}\)\n", (tmp_path / "output.log").read_text()
    )

    profile = prompt_profile(tmp_path / "profile", retries=0, **{"set-resources": {"train": {"gpu": 0}}})
    process = start(cluster, tmp_path, profile)
    assert process.wait(PATIENCE) == 1
    result = (tmp_path / "output.log").read_text()
    assert "failed: ParameterError: device = cuda: no CUDA device is available here" in result
    assert re.search(r"; its job \d+ ended as FAILED \(see \S+/\d+\.log\) \(its", result)
