"""BN folded into the convolution before it."""

from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from normstudy.model import Net
from normstudy.worked_example import folding
from normstudy.worked_example.folding import FILTERS, IMAGE, POSITIONS, folded_net


def test_the_identity_is_exact():
    assert folding.largest_gap() == 0


def test_the_example_is_what_torch_computes():
    x = torch.tensor(IMAGE, dtype=torch.float64)[None, None]
    weights = torch.tensor([[[[float(w) for w in line] for line in each.weights]] for each in FILTERS]).double()
    bn = nn.BatchNorm2d(len(FILTERS), eps=0.0).double().eval()
    for number, each in enumerate(FILTERS):
        bn.running_mean[number], bn.running_var[number] = float(each.mean), float(each.std) ** 2
        with torch.no_grad():
            bn.weight[number], bn.bias[number] = float(each.gamma), float(each.beta)
    with torch.no_grad():
        y = bn(nn.functional.conv2d(x, weights))[0]
    for number, each in enumerate(FILTERS):
        for at in POSITIONS:
            assert float(each.normalized(*at)) == pytest.approx(y[(number, *at)].item())


numbers = st.fractions(-9, 9, max_denominator=9)


@given(st.lists(numbers, min_size=8, max_size=8), st.fractions(Fraction(1, 9), 9, max_denominator=9))
def test_any_filter_can_be_folded(values, std):
    each = folding.Filter((tuple(values[:2]), tuple(values[2:4])), *values[4:6], std, *values[6:8])
    assert all(each.normalized(*at) == each.folded().convolved(*at) for at in POSITIONS)


def test_a_folded_network_has_no_normalization_and_says_the_same():
    torch.manual_seed(0)
    net = Net("bn")
    with torch.no_grad():
        for _ in range(3):
            net(torch.randn(16, 1, 28, 28) * 2 + 1)
    net.eval()
    folded = folded_net(net)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in folded.modules())
    assert any(isinstance(layer, nn.BatchNorm2d) for layer in net.modules())
    x = torch.randn(4, 1, 28, 28)
    with torch.no_grad():
        assert torch.allclose(net(x), folded(x), atol=1e-4)
