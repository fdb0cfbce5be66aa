"""What is measured of trained networks, compared with a straightforward computation."""

import math
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from conftest import QUICK
from safetensors.torch import save_file
from torch import nn

from normstudy.config import Config
from normstudy.data.loading import load_once
from normstudy.model import Net, initialise, make_net
from normstudy.runs import diagnostics
from normstudy.runs.diagnostics import TOGETHER, at_first, measure, trained_net, with_precise_statistics
from normstudy.runs.study_file import AFTERWARDS
from normstudy.training.batches import Batches
from normstudy.training.randomness import generator


@pytest.fixture
def run_of(tmp_path):
    """Gives a stand-in for a run with these parameters, whose network is as it was initialised, changed by `change`."""

    def make(change=lambda net: None, **parameters):
        config = Config(**{**QUICK, **parameters})
        net = make_net(config)
        initialise(net, generator(1, 0, "weights"))
        with torch.no_grad():
            change(net)
        save_file(net.state_dict(), tmp_path / "model.safetensors")
        return SimpleNamespace(folder=tmp_path, config=config)

    return make


def trained_a_little(net: Net) -> None:
    """Running statistics, γ and β that are not those of the start."""
    for number, layer in enumerate(each for each in net.modules() if isinstance(each, nn.BatchNorm2d)):
        source = torch.Generator().manual_seed(number)
        for tensor in (layer.running_mean, layer.bias):
            tensor.normal_(generator=source)
        for tensor in (layer.running_var, layer.weight):
            tensor.uniform_(0.5, 2, generator=source)


def test_every_measure_that_a_study_may_ask_for_is_there():
    assert tuple(diagnostics.MEASURES) == AFTERWARDS


def test_weights_by_hand(run_of):
    def change(net):
        convolutions = [each for each in net.modules() if isinstance(each, nn.Conv2d)]
        convolutions[0].weight.fill_(-0.3)  # all equally large
        convolutions[1].weight.zero_()[0, 0, 0, 0] = 5  # one is all there is
        convolutions[2].weight.zero_()
        net.head.weight.zero_().view(-1)[:4] = torch.tensor([3.0, -4.0, 0.04, 0.3])

    found = measure("weights", run_of(change, norm="gn"))
    n = 16 * 16 * 9
    # Of the linear layer's 160 weights, the root mean square is sqrt(25.0916 / 160) = 0.396.
    spread = (3 + 4 + 0.04 + 0.3) / math.sqrt(25.0916) / math.sqrt(160)
    assert found["spread"][:2] == pytest.approx([1, 1 / math.sqrt(n)])
    assert found["spread"][2] is None
    assert found["spread"][4] == pytest.approx(spread)
    assert found["tiny"].keys() == {"0.01", "0.1"}
    assert [found["tiny"]["0.1"][at] for at in (0, 1, 4)] == pytest.approx([0, 1 - 1 / n, 156 / 160])
    assert found["tiny"]["0.01"][4] == pytest.approx(156 / 160)
    assert len(found["spread"]) == len(found["tiny"]["0.1"]) == 5


def test_weights_do_not_depend_on_their_scale(run_of):
    plain = measure("weights", run_of(norm="bn"))
    scaled = measure("weights", run_of(lambda net: [w.mul_(2**-10) for w in net.parameters() if w.ndim > 1], norm="bn"))
    assert scaled == plain


def test_batch_norm_with_each_kind_of_statistics(run_of):
    run = run_of(trained_a_little, norm="bn", batch_size=100)
    data = load_once("digits", "test")
    found = measure("batch_norm", run)
    images, labels = data.evaluation.images, data.evaluation.labels
    net = trained_net(run)
    with torch.no_grad():
        scores = net(standardised(data, images))
        assert found["running"] == {
            "loss": pytest.approx(F.cross_entropy(scores, labels).item(), rel=1e-5),
            "accuracy": pytest.approx((scores.argmax(1) == labels).double().mean().item()),
        }
        net.train()
        by_batch = torch.cat([net(standardised(data, part)) for part in images.split(100)])
    assert found["batch"]["loss"] == pytest.approx(F.cross_entropy(by_batch, labels).item(), rel=1e-5)
    assert found["batch"]["accuracy"] == pytest.approx((by_batch.argmax(1) == labels).double().mean().item())
    assert len({each["loss"] for each in found.values()}) == 3


def standardised(data, images):
    return data.standardise_(images.float() / 255)


def test_precise_statistics_are_the_mean_of_those_of_large_batches(run_of):
    run = run_of(trained_a_little, norm="bn", statistics_batch=4)
    data = load_once("digits", "test")
    net = with_precise_statistics(run, data)
    assert not net.training
    # 898 training images: one whole batch of them, and the rest left out.
    seen = standardised(data, data.train.images[:TOGETHER])
    layers = list(net.features)
    x = seen
    with torch.no_grad():
        for layer in layers:
            if isinstance(layer, nn.BatchNorm2d):
                assert type(layer) is nn.BatchNorm2d
                torch.testing.assert_close(layer.running_mean, x.mean((0, 2, 3)), rtol=1e-4, atol=1e-5)
                torch.testing.assert_close(layer.running_var, x.var((0, 2, 3)), rtol=1e-4, atol=1e-5)
                mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)
                x = (x - mean[:, None, None]) / (variance + layer.eps).sqrt()[:, None, None]
                x = x * layer.weight[:, None, None] + layer.bias[:, None, None]
            else:
                x = layer(x)
    weights = trained_net(run).state_dict()
    for name, tensor in net.state_dict().items():
        if "running" not in name and "num_batches" not in name:
            torch.testing.assert_close(tensor, weights[name], rtol=0, atol=0)


def test_the_mean_is_over_all_whole_batches(run_of, monkeypatch):
    monkeypatch.setattr(diagnostics, "TOGETHER", 300)  # twice in 898
    run = run_of(trained_a_little, norm="bn")
    data = load_once("digits", "test")
    net = with_precise_statistics(run, data)
    first = next(layer for layer in net.features if isinstance(layer, nn.BatchNorm2d))
    with torch.no_grad():
        each = [net.features[0](standardised(data, part)) for part in data.train.images[:600].split(300)]
    torch.testing.assert_close(first.running_mean, torch.stack([x.mean((0, 2, 3)) for x in each]).mean(0))
    torch.testing.assert_close(first.running_var, torch.stack([x.var((0, 2, 3)) for x in each]).mean(0))


def test_other_normalizations_have_no_statistics_to_be_had_otherwise(run_of):
    assert measure("batch_norm", run_of(norm="gn")) == {}


def test_what_is_no_number_is_none(run_of):
    found = measure("batch_norm", run_of(lambda net: net.head.bias.fill_(math.inf), norm="bn"))
    assert found["running"]["loss"] is None
    assert found["batch"]["loss"] is None


@pytest.mark.parametrize("parameters", [{"norm": "ln", "l1": 0.01}, {"norm": "bn", "seed": 4, "seed_weights": 7}])
def test_first_gradients_are_those_of_autograd(parameters):
    config = Config(**{**QUICK, **parameters})
    found = at_first(config)
    net = make_net(config).train()
    initialise(net, generator(7 if config.seed_weights else config.seed, 0, "weights"))
    images, labels = next(Batches(config, load_once("digits", "test"), torch.device("cpu")).of(1))
    weights = [each for each in net.parameters() if each.ndim > 1]
    objective = F.cross_entropy(net(images), labels) + config.l1 * sum(each.abs().sum() for each in weights)
    gradients = torch.autograd.grad(objective, weights)
    assert found["weight_norms"] == pytest.approx([float(each.detach().square().sum().sqrt()) for each in weights])
    assert found["gradient_norms"] == pytest.approx([float(each.square().sum().sqrt()) for each in gradients], rel=1e-4)
    assert measure("first_gradients", SimpleNamespace(config=config)) == found
