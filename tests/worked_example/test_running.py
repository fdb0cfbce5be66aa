"""Running statistics, against torch.nn."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from norm_batches import batches, filled
from torch import nn

from normstudy.worked_example import running as example
from normstudy.worked_example.definition import IMAGES


@given(batches(), st.floats(0.01, 1), st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_running_statistics_and_test_time_equal_torch(batch, momentum, steps):
    x, _, gamma, beta = batch
    layer = filled(nn.BatchNorm2d(x.shape[1], momentum=momentum), gamma, beta)
    found = example.RunningStatistics(layer.running_mean.clone(), layer.running_var.clone())
    for step in range(steps):
        layer(x + step)
        found = example.running_statistics(x + step, found, momentum)
    torch.testing.assert_close(found.mean, layer.running_mean)
    torch.testing.assert_close(found.variance, layer.running_var)
    layer.eval()
    torch.testing.assert_close(example.normalize_at_test(x[:1], found, gamma, beta), layer(x[:1]))


@pytest.mark.parametrize("count", [1, 5])
def test_exact_running_statistics_equal_torch(count):
    layer = nn.BatchNorm2d(4).double()
    for _ in range(count):
        layer(IMAGES.double())
    found = example.exact_running_statistics(count)
    assert [float(value) for value in found.mean] == pytest.approx(layer.running_mean.tolist(), abs=1e-12)
    assert [float(value) for value in found.variance] == pytest.approx(layer.running_var.tolist(), abs=1e-12)
