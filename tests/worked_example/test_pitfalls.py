"""Small sets, the order of BN and ReLU, and the two variances."""

import pytest
import torch

from normstudy.worked_example import pitfalls
from normstudy.worked_example.definition import IMAGES, normalize


def test_bn_refuses_a_set_of_one_value_and_of_two_keeps_the_order_alone():
    _, one, two, _ = (pitfalls.answer("bn", x) for x in pitfalls.small_batches().values())
    assert one.output is None
    assert "more than 1 value per channel" in one.error
    assert two.output.abs().numpy() == pytest.approx(1, abs=1e-3)
    table = pitfalls.small_batches_table().set_index("norm")
    assert table.loc["BN"].tolist()[1:3] == ["error", "only ±1.00"]
    assert table.loc["IN"].tolist()[1:] == ["error"] * 3


def test_bn_with_one_image_is_instance_normalization():
    bn, instance = (pitfalls.answer(kind, IMAGES[:1].double()) for kind in ("bn", "in"))
    assert torch.equal(bn.output, instance.output)


def test_both_orders_of_bn_and_relu():
    table = pitfalls.order_table()
    assert (table["mean"].tolist()[-1], table["std"].tolist()[-1]) == ("0.00", "1.00")
    assert table["values"].tolist()[1].startswith("0.00")


def test_the_unbiased_variance_shrinks_every_value_by_one_factor():
    x = IMAGES.double()
    variance, mean = torch.var_mean(x, dim=(0, 2, 3), keepdim=True, correction=1)
    shrunk = (x - mean) / variance.sqrt()
    whole = normalize(x, "bn", eps=0.0)
    assert torch.allclose(shrunk, pitfalls.unbiased_factor(12) * whole)
    assert pitfalls.unbiased_gap() == pytest.approx((1 - pitfalls.unbiased_factor(12)) * whole.abs().max().item())
