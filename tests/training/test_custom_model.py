"""Custom networks: what can be trained is, bit for bit again, and what is wrong is one line with file and line."""

import collections
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from training.broken_models import CASES, SOUND, WORKING

from normstudy import model_code
from normstudy.config import Config, ParameterError, read_config, resolve
from normstudy.data.loading import Data, load
from normstudy.runs.folder import save
from normstudy.training.custom_model import ModelError, reported
from normstudy.training.loop import fit
from normstudy.training.networks import make_net, normalizations_of, put_back
from normstudy.training.randomness import generator, seed_of
from normstudy.training.trial import Trial, try_out


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """The current folder, with parameters for `my_models.py`; code is kept in it."""
    monkeypatch.setattr(model_code, "store", lambda: tmp_path / "kept")
    (tmp_path / "own.yaml").write_text(
        "model: my_models.py:net\nnorm: gn\ndataset: digits\nprecision: fp32\ndevice: cpu\nepochs: 3\n"
    )
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    vars(collections).pop("kept", None)


@pytest.fixture(scope="module")
def few() -> Data:
    data = load("digits")
    return Data(data.train[torch.arange(128)], data.evaluation[torch.arange(32)], data.mean, data.std)


def written(source: str, **values) -> Config:
    """The configuration of a network of that code, and of other values."""
    Path("my_models.py").write_text(source)
    return resolve(read_config("own.yaml"), "digits").model_copy(update=values)


def tried(source: str, **values) -> Trial:
    return try_out(written(source, **values))


def changed(replacements: list[tuple[str, str]], source: str = SOUND) -> str:
    for old, new in replacements:
        assert old in source
        source = source.replace(old, new)
    return source


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_one_line_with_file_and_line(name):
    case, begins, expected = CASES[name]
    source = case if isinstance(case, str) else changed(case)
    try:
        line = tried(source).problem
    except ParameterError as error:  # of a file that is no Python, when parameters are read
        line = str(error)
    place = 1 + source[: source.index(begins)].count("\n")
    assert f"model = my_models.py:net: my_models.py, line {place}: " in line
    assert expected in line
    assert line.isprintable()
    assert len(line) < 600


@pytest.mark.parametrize("name", WORKING)
def test_what_others_do_with_torch_works_here(name, few, tmp_path):
    config = written(changed(WORKING[name]), epochs=1)
    trial = try_out(config)
    assert (trial.problem, trial.notes) == ("", ())
    run = fit(config, few)
    save(run, few, tmp_path)
    again = make_net(config)
    put_back(again, load_file(tmp_path / "model.safetensors"))
    images = torch.rand(4, 1, 28, 28)
    assert torch.equal(again.eval()(images), run.model.eval()(images))


def test_a_network_of_weights_alone_works():
    source = SOUND.replace("bias=norm.bias", "bias=False").replace("(4, classes)", "(4, classes, bias=False)")
    assert tried(source, norm="none").problem == ""


@pytest.mark.parametrize("norm", ["gn", "none"])
@pytest.mark.parametrize(
    ("blocks", "count"), [("part, copy.deepcopy(part)", 2), ("*[copy.deepcopy(part) for _ in range(3)]", 3)]
)
def test_normalizations_in_copies_of_a_block_count(norm, blocks, count):
    source = SOUND.replace("import torch\n", "import copy\nimport torch\n")
    made = f"part = Part(4, norm)\n        self.part = nn.Sequential({blocks})"
    config = written(changed([("self.part = Part(4, norm)", made), ("3, bias", "1, bias")], source), norm=norm)
    assert try_out(config) == Trial("")
    assert len(normalizations_of(make_net(config))) == count


INTERRUPT = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"


@pytest.mark.parametrize("place", ["import torch\n", "    return Whole", "        y = self.norm"])
def test_ctrl_c_is_no_fault_of_the_network(place):
    indentation = " " * (len(place) - len(place.lstrip()))
    config = written(SOUND.replace(place, f"{indentation}{INTERRUPT}\n{place}"))
    with pytest.raises(KeyboardInterrupt):
        try_out(config)


DROPPING = SOUND.replace("return y.relu()", "return nn.functional.dropout(y.relu(), 0.3, self.training)")


class _StopError(Exception):
    pass


@pytest.mark.parametrize("norm", ["bn", "gn"])
def test_an_interrupted_run_goes_on_bit_for_bit(norm, few, tmp_path):
    config = written(DROPPING, norm=norm)

    def stop(entry):
        if entry["epoch"] == 2:
            raise _StopError

    complete = fit(config, few)
    with pytest.raises(_StopError):
        fit(config, few, on_epoch=stop, checkpoint=tmp_path / "checkpoint")
    torch.manual_seed(5)
    resumed = fit(config, few, checkpoint=tmp_path / "checkpoint")
    assert resumed.resumed_after == [2]
    assert [{**entry, "seconds": 0} for entry in resumed.history] == [
        {**entry, "seconds": 0} for entry in complete.history
    ]
    ours, theirs = complete.model.state_dict(), resumed.model.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_seeds_are_those_of_all_runs_before():
    assert seed_of(7, 3, "model") == 18342371407867003547
    assert generator(7, 3, "order").initial_seed() == 8442724036233395554


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
    return nn.Sequential(
        nn.Conv2d(shape[0], 4, 5, stride=4, bias=norm.bias), norm(4), nn.ReLU(),
        blocks.separable(4, 8, norm, dilation=2, padding=1), blocks.separable(8, 4, norm, stride=1, padding=1),
        nn.AdaptiveAvgPool2d(3), nn.InstanceNorm2d(4), Learned(),
        nn.Flatten(), nn.Linear(36, classes), nn.Softmax(dim=1),
    )
"""


@pytest.fixture
def parts(here):
    (here / "parts").mkdir()
    (here / "parts/__init__.py").touch()
    (here / "parts/blocks.py").write_text(BLOCKS)


@pytest.mark.parametrize(
    "values", [{"norm": "bn", "batch_size": 7}, {"norm": "none", "optimizer": "adamw", "l1": 1e-5}]
)
def test_what_may_not_be_meant_is_noted(values, parts):
    trial = tried(USING_BLOCKS.replace("        from parts.blocks import separable\n", ""), **values)
    assert trial.problem == ""
    free, own, probabilities = trial.notes
    assert "7.map (4 × 3 × 3): no weights of a convolution or linear layer" in free
    assert "6: normalizations of its own, which are the same whatever `norm` says" in own
    assert "its scores are probabilities already" in probabilities


def test_faults_in_other_modules_have_their_line(parts):
    line = tried(USING_BLOCKS).problem
    assert "my_models.py, line 14: 7 (Learned()): ModuleNotFoundError: No module named 'parts'; install" in line
    assert line.endswith("import it at the top")
    Path("parts/blocks.py").write_text(BLOCKS.replace("nn.ReLU()", "nn.Relu()"))
    assert "parts/blocks.py, line 7: AttributeError" in tried(USING_BLOCKS).problem


def test_the_smallest_batch_of_a_run_is_tried():
    # 898 images in batches of 69 leave one, of which BN has a single value where the image is one position.
    line = tried(SOUND.replace("3, bias", "6, bias"), norm="bn", groups=None, batch_size=69).problem
    assert "Expected more than 1 value per channel when training" in line


ON_A_GPU = {
    "adaptive_avg_pool2d_backward_cuda does not have a deterministic implementation, but you set": "use another",
    "CUDA error: operation failed due to a previous error during capture": "use torch.where",
    "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!": "register_buffer",
}
"""Messages of torch 2.11 on one, where networks were trained that a CPU can train."""


@pytest.mark.parametrize("message", ON_A_GPU)
def test_messages_of_a_gpu_have_a_remedy(message, here):
    Path("my_models.py").write_text(SOUND)
    code = model_code.find("my_models.py:net", [here])
    with pytest.raises(ModelError) as caught, reported(code):
        raise RuntimeError(message)
    assert str(caught.value).startswith("model = my_models.py:net: my_models.py, line 29: RuntimeError: ")
    assert ON_A_GPU[message] in str(caught.value)
