"""The same code on a GPU. Skipped, visibly, where there is none."""

import pytest
from conftest import QUICK

from normstudy.config import Config
from normstudy.hardware import has_cuda
from normstudy.training.data import load
from normstudy.training.loop import fit

pytestmark = pytest.mark.skipif(not has_cuda(), reason="no CUDA device here")


@pytest.mark.parametrize("norm", ["bn", "gn", "ln"])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_a_gpu_gives_what_the_cpu_gives(norm, optimizer):
    """898 images in batches of 100: recorded steps, and an eager one at the end of each epoch."""
    data = load("digits")
    chosen = {**QUICK, "norm": norm, "l1": 1e-5, "optimizer": optimizer, "max_lr": 0.02, "epochs": 4}
    cpu, gpu = (fit(Config(**{**chosen, "device": device}), data) for device in ("cpu", "cuda"))
    first, other = cpu.history[0], gpu.history[0]
    assert other["train_loss"] == pytest.approx(first["train_loss"], rel=0.02)
    assert other["lr"] == first["lr"]
    assert gpu.history[-1]["test_accuracy"] == pytest.approx(cpu.history[-1]["test_accuracy"], abs=0.05)


def test_a_gpu_repeats_itself():
    data = load("digits")
    first, second = (fit(Config(**{**QUICK, "norm": "bn", "device": "cuda"}), data) for _ in range(2))
    for one, other in zip(first.history, second.history, strict=True):
        assert {**one, "seconds": 0} == {**other, "seconds": 0}
