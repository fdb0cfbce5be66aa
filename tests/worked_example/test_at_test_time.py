"""BN's running statistics as tables."""

import pytest
import torch
from torch import nn

from normstudy.worked_example import at_test_time
from normstudy.worked_example.definition import IMAGES


def test_running_tables_end_in_the_numbers_of_torch():
    layer = nn.BatchNorm2d(4).double()
    layer(IMAGES.double())
    table = at_test_time.running_table().replace("\u00a0", " ", regex=True)
    shown = [float(cell.split("≈ ")[1]) for cell in table["running variance"]]
    assert shown == pytest.approx(layer.running_var.tolist(), abs=5e-4)
    assert [float(cell.split(" = ")[1]) for cell in table["running mean"]] == pytest.approx(layer.running_mean.tolist())
    with torch.no_grad():
        at_test = layer.eval()(IMAGES.double())[0, 0, 0, 0].item()
    assert float(at_test_time.at_test_table()["x̂"][0].replace("−", "-")) == pytest.approx(at_test, abs=1e-3)
