"""What is wrong with a model of one's own is one line that names file, line and remedy, before anything is trained."""

import collections
import re
import sys
from pathlib import Path

import pytest
import torch
from training.broken_models import CASES, IN_BLOCKS, RESIDUAL, SOUND

from normstudy import model_code
from normstudy.config import Config, ParameterError, read_config, resolve
from normstudy.training.model_faults import told
from normstudy.training.trial import try_out


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder with parameters for `my_models.py`, and one of our own to keep code in."""
    monkeypatch.setattr(model_code, "store", lambda: tmp_path / "kept")
    (tmp_path / "own.yaml").write_text(
        "model: my_models.py:net\nnorm: gn\ndataset: digits\nprecision: fp32\ndevice: cpu\n"
    )
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    vars(collections).pop("kept", None)


def told_of(source: str, capsys) -> str:
    """The line that tells what is wrong with a file of that text; empty where nothing is."""
    Path("my_models.py").write_text(source)
    modules, dtype = set(sys.modules), torch.get_default_dtype()
    try:
        line = try_out(resolve(read_config("own.yaml"), "digits")).problem
    except ParameterError as error:
        line = str(error)
    assert not [name for name in set(sys.modules) - modules if name.startswith("my_models")]
    assert torch.get_default_dtype() == dtype
    assert torch.is_grad_enabled()
    assert capsys.readouterr() == ("", "")
    return line


@pytest.mark.parametrize("name", CASES)
def test_a_broken_model_is_told_in_one_line(name, capsys):
    is_told(SOUND, *CASES[name], capsys)


@pytest.mark.parametrize("name", IN_BLOCKS)
def test_a_fault_in_a_block_is_told_where_its_number_stands(name, capsys):
    is_told(RESIDUAL, *IN_BLOCKS[name], capsys)


def is_told(sound, case, begins, expected, capsys):
    """Whether the `case` of a table of broken models, of that `sound` one, is told as it has to be."""
    source = case if isinstance(case, str) else sound
    for old, new in [] if isinstance(case, str) else case:
        assert old in source
        source = source.replace(old, new)
    line = told_of(source, capsys)
    assert line.isprintable()
    assert len(line) < 600
    place = 1 + source[: source.index(begins)].count("\n")
    assert f"model = my_models.py:net: my_models.py, line {place}: " in line
    assert expected in line
    assert re.search(r"; [^;]+$", line)  # what to do


BLOCKS = """
from torch import nn


def separable(inputs, outputs, norm, **settings):
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, groups=inputs, bias=norm.bias, **settings), norm(inputs), nn.ReLU(),
        nn.Conv2d(inputs, outputs, 1, bias=norm.bias), norm(outputs), nn.ReLU(), nn.Dropout(0.2),
    )
"""
USING_BLOCKS = """
import torch
from torch import nn

from parts import blocks


class Learned(nn.Module):
    def __init__(self):
        super().__init__()
        self.map = nn.Parameter(torch.randn(4, 3, 3))

    def forward(self, x):
        from parts.blocks import separable
        return x * (1 + self.map)


def net(norm, shape, classes):
    print("made")
    return nn.Sequential(
        nn.Conv2d(shape[0], 4, 5, stride=4, bias=norm.bias), norm(4), nn.ReLU(),
        blocks.separable(4, 8, norm, dilation=2, padding=1), blocks.separable(8, 4, norm, stride=1, padding=1),
        nn.AdaptiveAvgPool2d(3), nn.InstanceNorm2d(4), Learned(),
        nn.Flatten(), nn.Linear(36, classes), nn.Softmax(dim=1),
    )
"""


@pytest.mark.parametrize(
    "values", [{"norm": "bn", "batch_size": 7}, {"norm": "none", "optimizer": "adamw", "l1": 1e-5}]
)
def test_a_sound_model_has_no_fault_and_what_may_not_be_meant_is_noted(values, capsys):
    Path("parts").mkdir()
    Path("parts/__init__.py").write_text("")
    Path("parts/blocks.py").write_text(BLOCKS)
    Path("my_models.py").write_text(USING_BLOCKS.replace("        from parts.blocks import separable\n", ""))
    values = {"precision": "fp32", "device": "cpu", **values}
    config = resolve(Config(model="my_models.py:net", dataset="digits", **values), "digits")
    trial = try_out(config)
    assert trial.problem == ""
    free, own, probabilities = trial.notes
    assert "6: normalizations of its own, which are the same whatever `norm` says" in own
    assert "7.map (4 × 3 × 3): no weights of a convolution or linear layer" in free
    assert probabilities.startswith("my_models.py:net: my_models.py, line 23: its scores are probabilities already")
    assert "leave yours out" in probabilities
    assert capsys.readouterr() == ("", "")


def test_a_module_that_is_imported_late_is_told_of(capsys):
    Path("parts").mkdir()
    Path("parts/blocks.py").write_text(BLOCKS)
    line = told_of(USING_BLOCKS, capsys)
    assert (
        "my_models.py, line 14: ModuleNotFoundError: No module named 'parts', in 7 (Learned()) of line 23; install"
        in line
    )
    assert "import it by its name at the top" in line
    Path("parts/blocks.py").write_text(BLOCKS.replace("nn.ReLU()", "nn.Relu()"))
    assert "parts/blocks.py, line 7: AttributeError" in told_of(USING_BLOCKS, capsys)


def test_the_smallest_batch_of_a_run_is_tried(capsys):
    # 898 images in batches of 69 leave one, of which BN has a single value where the image is one position.
    Path("own.yaml").write_text("model: my_models.py:net\nnorm: bn\ndataset: digits\nbatch_size: 69\ndevice: cpu\n")
    line = told_of(SOUND.replace("3, bias", "6, bias"), capsys)
    assert "Expected more than 1 value per channel when training" in line


ON_A_GPU = {
    "adaptive_avg_pool2d_backward_cuda does not have a deterministic implementation, but you set": "use another layer",
    "CUDA error: operation failed due to a previous error during capture": "take torch.where instead",
    "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!": "register_buffer",
}
"""What torch 2.11 said on one, where models were trained that a CPU bears."""


@pytest.mark.parametrize("message", ON_A_GPU)
def test_what_a_gpu_says_has_its_remedy(message, here):
    Path("my_models.py").write_text(SOUND)
    code = model_code.find("my_models.py:net", [here])
    line = str(told(RuntimeError(message), code))
    assert line.startswith("model = my_models.py:net: my_models.py, line ")
    assert ON_A_GPU[message] in line
