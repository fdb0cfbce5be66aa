"""What the normalizations of a network do to images on the way."""

import pytest
import torch

from normstudy.model import Net
from normstudy.runs.looks import look

NORMS = [("bn", {}), ("bn", {"statistics_batch": 2}), ("ln", {}), ("gn", {"groups": 2}), ("in", {}), ("ln2d", {})]


@pytest.mark.parametrize("training", [False, True], ids=["at-test-time", "in-training"])
@pytest.mark.parametrize(("norm", "options"), NORMS, ids=["bn", "ghost", "ln", "gn", "in", "ln2d"])
def test_mean_and_variance_give_what_came_out(norm, options, training):
    torch.manual_seed(0)
    net = Net(norm, channels=8, **options).train(training)
    found = look(net, torch.randn(5, 1, 28, 28))
    for each in found.normalizations:
        wanted = (each.before - each.mean) / (each.variance + 1e-5).sqrt()  # γ = 1, β = 0
        torch.testing.assert_close(each.after, wanted, atol=1e-4, rtol=1e-4)


def test_running_averages_stay_as_they_are():
    net = Net("bn").train()
    before = {name: buffer.clone() for name, buffer in net.named_buffers()}
    look(net, torch.randn(4, 1, 28, 28))
    assert all(torch.equal(buffer, before[name]) for name, buffer in net.named_buffers())


def test_without_normalization_there_is_no_mean():
    found = look(Net("none"), torch.randn(2, 1, 28, 28)).normalizations
    assert all(each.mean is None and torch.equal(each.before, each.after) for each in found)
