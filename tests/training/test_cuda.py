"""The same code on a GPU. Skipped, visibly, where there is none."""

import pytest
from conftest import QUICK
from training.broken_models import HEAD, SOUND

from normstudy import model_code
from normstudy.config import Config, read_config, resolve
from normstudy.data.loading import load
from normstudy.hardware import has_cuda
from normstudy.training.loop import fit
from normstudy.training.trial import try_out

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


LEFT = "return self.head(seen.mean(dim=(2, 3)) * torch.linspace(1, 2, 4))"
WAITS = "return self.head(seen.mean(dim=(2, 3)) * (2.0 if seen.mean().item() > 0 else 1.0))"
OTHERWISE = "return self.head(nn.functional.adaptive_avg_pool2d(seen, 2)[..., 0, 0])"


@pytest.mark.parametrize(
    ("forward", "remedy"), [(LEFT, "x.device"), (WAITS, "torch.where"), (OTHERWISE, "device: cpu")]
)
def test_what_a_gpu_does_not_bear_is_reported_before_training(forward, remedy, tmp_path, monkeypatch):
    monkeypatch.setattr(model_code, "store", lambda: tmp_path / "kept")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_models.py").write_text(SOUND.replace(HEAD.strip(), forward))
    (tmp_path / "own.yaml").write_text("model: my_models.py:net\nnorm: gn\ndataset: digits\ndevice: cuda\n")
    problem = try_out(resolve(read_config("own.yaml"), "digits")).problem
    assert "my_models.py, line " in problem
    assert remedy in problem
