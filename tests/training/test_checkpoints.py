"""What an unfinished run goes on from."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from commands import ROOT
from conftest import QUICK
from faults.trials import without_times

from normstudy.config import Config
from normstudy.data.loading import load
from normstudy.training import checkpoints
from normstudy.training.checkpoints import CheckpointError, identity, read, write
from normstudy.training.loop import fit

EPOCHS = 4


class KilledError(Exception):
    """In the place of a kill, which no test of one process could survive."""


@pytest.fixture(scope="module")
def digits():
    return load("digits")


def killed_after(epoch, config, data, path):
    """Leave the checkpoint of a run that ended after `epoch`."""

    def stop(entry):
        if entry["epoch"] == epoch:
            raise KilledError

    with pytest.raises(KilledError):
        fit(config, data, stop, checkpoint=path)


def assert_same(run, other):
    """Bit-identical but for times."""
    assert without_times(run.history) == without_times(other.history)
    for name, column in vars(run.predictions).items():
        assert torch.equal(column, getattr(other.predictions, name)), name
    weights = other.model.state_dict()
    assert run.model.state_dict().keys() == weights.keys()
    for name, tensor in run.model.state_dict().items():
        assert tensor.dtype == weights[name].dtype
        assert torch.equal(tensor, weights[name]), name


@pytest.mark.fault("a run is ended between two epochs", "history but for times, predictions and weights, bit by bit")
@pytest.mark.parametrize(
    ("norm", "optimizer", "precision"),
    [
        ("bn", "adamw", "fp32"),
        ("gn", "sgd", "fp32"),
        ("ln", "muon", "fp32"),
        pytest.param("in", "adamw", "bf16", marks=pytest.mark.slow),
        pytest.param("none", "sgd", "bf16", marks=pytest.mark.slow),
        pytest.param("bn", "muon", "bf16", marks=pytest.mark.slow),
    ],
)
def test_a_resumed_run_is_bit_identical(tmp_path, digits, norm, optimizer, precision):
    own = {"norm": norm, "optimizer": optimizer, "precision": precision, "l1": 1e-5, "epochs": EPOCHS}
    config = Config(**{**QUICK, **own})
    whole = fit(config, digits)
    path = tmp_path / "run.safetensors"
    for epoch in (1, 2, EPOCHS):  # the second goes on from the first, and the third has nothing left to train
        killed_after(epoch, config, digits, path)
    seen = []
    run = fit(config, digits, seen.append, checkpoint=path, on_resume=seen.extend)
    assert_same(run, whole)
    assert run.resumed_after == [1, 2, EPOCHS]
    assert whole.resumed_after == []
    assert [entry["epoch"] for entry in seen] == list(range(1, EPOCHS + 1))


def test_a_run_that_diverges_after_its_interruption_says_so_as_the_undisturbed_one_does(tmp_path, digits):
    config = Config(**{**QUICK, "norm": "none", "optimizer": "sgd", "max_lr": 4.0, "epochs": 20, "seed": 4})
    whole = fit(config, digits)
    assert whole.diverged
    assert len(whole.history) > 1, "the parameters of this test no longer do what it needs"
    path = tmp_path / "run.safetensors"
    killed_after(len(whole.history), config, digits, path)
    run = fit(config, digits, checkpoint=path)
    assert run.diverged == whole.diverged
    assert without_times(run.history) == without_times(whole.history)


@pytest.fixture(scope="module")
def left(tmp_path_factory, digits):
    """A configuration and the checkpoint of its run after two of three epochs."""
    config = Config(**{**QUICK, "epochs": 3})
    path = tmp_path_factory.mktemp("left") / "run.safetensors"
    killed_after(2, config, digits, path)
    return config, path


def test_nothing_in_a_checkpoint_can_be_executed(left):
    _, path = left
    size = int.from_bytes(path.read_bytes()[:8], "little")
    header = json.loads(path.read_bytes()[8 : 8 + size])  # safetensors: a JSON header, then numbers
    assert {"record", "digest"} == header.pop("__metadata__").keys()
    assert all({"dtype", "shape", "data_offsets"} == entry.keys() for entry in header.values())
    assert size + 8 + max(entry["data_offsets"][1] for entry in header.values()) == path.stat().st_size


@pytest.mark.fault("a checkpoint of other parameters, sources or torch", "refused by name")
@pytest.mark.parametrize(
    ("of", "named"),
    [
        ({"configuration": {"seed": 2}}, "configuration"),
        ({"sources": "0" * 16}, "sources"),
        ({"version of torch": "1.0"}, "version of torch"),
    ],
)
def test_a_checkpoint_of_something_else_is_refused(left, monkeypatch, of, named):
    config, path = left
    own = identity(config)
    monkeypatch.setattr(checkpoints, "identity", lambda config: {**own, **of})
    with pytest.raises(CheckpointError, match=f"of a run with another {named}"):
        read(path, config)


@pytest.mark.fault("a checkpoint is cut short or has a flipped bit", "refused; the run is that of a first start")
@pytest.mark.parametrize("place", [0, 7, 8, 300, 0.3, 0.6, 0.9, -1, "cut 0", "cut 0.1", "cut 0.5", "cut 0.99"])
def test_a_damaged_checkpoint_is_refused_and_the_run_starts_again(tmp_path, left, digits, place):
    config, path = left
    data = bytearray(path.read_bytes())
    if isinstance(place, str):
        data = data[: int(float(place.removeprefix("cut ")) * len(data))]
    else:
        data[int(place * len(data)) if isinstance(place, float) else place] ^= 1
    damaged = tmp_path / "run.safetensors"
    damaged.write_bytes(data)
    with pytest.raises(CheckpointError, match=r"run\.safetensors: (not a checkpoint|damaged)"):
        read(damaged, config)
    if place in (0, -1):
        with pytest.warns(UserWarning, match="the run starts from its first epoch"):
            run = fit(config, digits, checkpoint=damaged)
        assert run.resumed_after == []
        assert_same(run, fit(config, digits))


def test_what_a_killed_process_left_beside_the_checkpoint_does_not_matter(tmp_path, left, digits):
    config, path = left
    own = tmp_path / "run.safetensors"
    own.write_bytes(path.read_bytes())
    own.with_suffix(".new").write_bytes(path.read_bytes()[:1000])  # killed while it was written
    assert fit(config, digits, checkpoint=own).resumed_after == [2]
    assert not own.with_suffix(".new").exists()


def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(tmp_path, left):
    config, path = left
    own = tmp_path / "run.safetensors"
    own.write_bytes(path.read_bytes())
    own.with_suffix(".new").mkdir()  # in the way, also of root
    before = read(own, config)
    with pytest.raises(CheckpointError, match=r"cannot be written .*goes on from its last epoch"):
        write(own, replace(before, history=[]), config)
    assert own.read_bytes() == path.read_bytes()


@pytest.mark.slow
def test_two_processes_do_not_train_the_same_run_at_once(tmp_path):
    """The second waits for the first, which is killed in the middle, and goes on from there."""
    path = tmp_path / "run.safetensors"
    code = (
        "import sys; from pathlib import Path; from normstudy.config import Config;"
        "from normstudy.training.loop import fit;"
        f"run = fit(Config(**{ {**QUICK, 'epochs': 40}!r}), on_epoch=lambda entry: print(entry['epoch'], flush=True),"
        f"checkpoint=Path({str(path)!r})); print(run.resumed_after)"
    )
    first = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert first.stdout.readline() == "1\n"
        second = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(4):
            first.stdout.readline()
    finally:
        first.kill()
    with second:
        lines = second.stdout.read().splitlines()
    assert second.returncode == 0
    resumed_after = json.loads(lines[-1])
    assert len(resumed_after) == 1
    assert 5 <= resumed_after[0] < 40
    assert lines[:-1] == [str(epoch) for epoch in range(resumed_after[0] + 1, 41)]
