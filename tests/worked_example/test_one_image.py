"""Layers and the smallest batches."""

import pytest
import torch

from normstudy.worked_example import one_image
from normstudy.worked_example.definition import IMAGES


def test_bn_refuses_a_set_of_one_value_and_says_of_two_only_which_is_larger():
    _, one, two, _ = (one_image.asked("bn", x) for x in one_image.batches().values())
    assert one.output is None
    assert "more than 1 value per channel" in one.refusal
    assert str(one) == "refused"
    assert two.output.abs().numpy() == pytest.approx(1, abs=1e-3)
    assert str(two) == "only ±1.00"


def test_bn_with_one_image_is_instance_normalization():
    bn, instance = (one_image.asked(kind, IMAGES[:1].double()) for kind in ("bn", "in"))
    assert torch.equal(bn.output, instance.output)


def test_words_and_table_say_so():
    assert "refuses (“Expected more than 1 value per channel when training”)" in one_image.in_words()
    table = one_image.one_image_table().set_index("kind")
    assert table.loc["IN"].tolist()[1:] == ["refused"] * 3
    assert "refused" not in set(table.loc["LN"])
