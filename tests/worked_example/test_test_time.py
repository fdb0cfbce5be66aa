"""Running statistics and BN at test time, against torch.nn."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from norm_batches import batches, filled
from torch import nn

from normstudy.worked_example import test_time as example
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


@pytest.mark.parametrize("count", [1, 10])
def test_exact_running_statistics_and_tables_equal_torch(count):
    layer = nn.BatchNorm2d(4).double()
    for _ in range(count):
        layer(IMAGES.double())
    found = example.exact_running_statistics(count)
    assert [float(value) for value in found.mean] == pytest.approx(layer.running_mean.tolist(), abs=1e-12)
    assert [float(value) for value in found.variance] == pytest.approx(layer.running_var.tolist(), abs=1e-12)
    with torch.no_grad():
        at_test = layer.eval()(IMAGES.double())[0, 0, 0, 0].item()
    shown = example.at_test_table().set_index("statistics")["x̂"][f"after {count} batch{'es' * (count > 1)}"]
    assert float(shown.replace("−", "-")) == pytest.approx(at_test, abs=1e-3)


def test_the_table_of_running_statistics_ends_in_those_of_torch():
    layer = nn.BatchNorm2d(4).double()
    layer(IMAGES.double())
    table = example.running_table().replace("\u00a0", " ", regex=True)
    shown = [float(cell.split("≈ ")[1]) for cell in table["running variance"]]
    assert shown == pytest.approx(layer.running_var.tolist(), abs=5e-4)
    assert [float(cell.split(" = ")[1]) for cell in table["running mean"]] == pytest.approx(layer.running_mean.tolist())
