"""What is measured inside a trained network."""

import json

import pytest
import torch
from conftest import QUICK
from torch import nn

from normstudy.config import Config
from normstudy.data.loading import load_once
from normstudy.runs.activations import distribution, normalizations_of
from normstudy.runs.diagnostics import measure
from normstudy.runs.folder import publish, read_run, save, stage
from normstudy.runs.networks import first_net, net_after_an_epoch, trained_net
from normstudy.training.evaluation import evaluate
from normstudy.training.loop import fit


@pytest.fixture(scope="module", params=["bn", "ln", "none"])
def run(request, tmp_path_factory):
    """A run of two epochs on the digits."""
    config = Config(**{**QUICK, "norm": request.param, "max_lr": 0.01})
    runs = tmp_path_factory.mktemp("runs")
    data = load_once("digits", "test")
    staged = stage(config, runs)
    save(fit(config, data), data, staged)
    return read_run(publish(staged, runs))


@pytest.fixture(scope="module")
def found(run):
    return measure("inside", run)


def test_it_is_the_network_of_each_time(run):
    data = load_once("digits", "test")
    net = net_after_an_epoch(run.config, data)
    assert evaluate(net, data, data.evaluation).mean_loss == pytest.approx(run.history[0]["test_loss"], rel=1e-5)
    end = trained_net(run)
    assert evaluate(end, data, data.evaluation).mean_loss == pytest.approx(run.history[1]["test_loss"], rel=1e-5)


def test_it_can_be_written_and_is_small(found):
    assert len(json.dumps(found, allow_nan=False)) < 50_000


def test_after_normalization_mean_is_0_and_deviation_1_at_the_start(run, found):
    if run.config.norm == "none":
        assert all(layer["before"] == layer["after"] for layer in found["start"])
        return
    for layer in found["start"]:
        assert layer["after"]["mean"] == pytest.approx(0, abs=1e-4)
        assert layer["after"]["sd"] == pytest.approx(1, abs=1e-2)
    if run.config.norm == "bn":  # of every channel as well
        assert found["start"][0]["after"]["channel_sds"] == pytest.approx([1] * 16, abs=1e-2)


def test_parameters_are_those_of_the_trained_network(run, found):
    with_parameters = [] if run.config.norm == "none" else normalizations_of(trained_net(run))
    for own, gamma in zip(with_parameters, found["gamma"], strict=True):
        assert gamma == pytest.approx(own.weight.tolist(), rel=1e-4)
    assert len(found["running_var"]) == (4 if run.config.norm == "bn" else 0)


def test_running_statistics_are_those_that_bn_divides_by_at_the_end(run, found):
    assert ("end_running" in found) == (run.config.norm == "bn")
    if run.config.norm != "bn":
        return
    # What comes in is the same at the first layer, whichever statistics are used; what goes out is another.
    first, running = found["end"][0], found["end_running"][0]
    assert first["before"] == running["before"]
    assert first["after"] != running["after"]
    gamma, beta, mean, variance = (found[name][0] for name in ("gamma", "beta", "running_mean", "running_var"))
    expected = [
        g * (m - at) / (v + 1e-5) ** 0.5 + b
        for g, b, at, v, m in zip(gamma, beta, mean, variance, running["before"]["channel_means"], strict=True)
    ]
    assert running["after"]["channel_means"] == pytest.approx(expected, abs=1e-3)


def test_normalizations_are_found_behind_pools():
    config = Config(**{"skeleton": "5x5 and 2x2 pool, 3x3", "dataset": "mnist", "precision": "fp32"})
    assert [type(each) for each in normalizations_of(first_net(config))] == [nn.BatchNorm2d] * 2


def test_a_distribution_is_rounded_and_holds_no_nan():
    x = torch.arange(5.0).view(5, 1, 1, 1) / 3
    found = distribution(x)
    assert found["quantiles"][2] == 0.66667
    assert found["sd"] == pytest.approx(2**0.5 / 3, rel=1e-4)
    assert distribution(x * torch.nan)["mean"] is None
