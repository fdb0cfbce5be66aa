"""The definition against torch.nn, and the exact numbers of the example against the standard library."""

import statistics
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from norm_batches import KINDS, SETS, batches, filled
from torch import nn

from normstudy.worked_example import definition as example
from normstudy.worked_example import exact
from normstudy.worked_example.definition import IMAGES, normalize, shared_sets


@given(batches())
@settings(max_examples=60, deadline=None)
def test_every_normalization_equals_its_torch_layer(batch):
    x, groups, gamma, beta = batch
    channels = x.shape[1]
    layers = {
        "bn": nn.BatchNorm2d(channels),
        "ln": nn.GroupNorm(1, channels),
        "gn": nn.GroupNorm(groups, channels),
        "in": nn.InstanceNorm2d(channels, affine=True),
    }
    for kind, layer in layers.items():
        torch.testing.assert_close(
            normalize(x, kind, groups, gamma, beta),
            filled(layer, gamma, beta)(x),
            msg=lambda m, kind=kind: f"{kind}: {m}",
        )


@given(batches())
@settings(max_examples=30, deadline=None)
def test_layer_normalization_has_the_statistics_of_torch_layer_norm(batch):
    x = batch[0]
    torch.testing.assert_close(normalize(x, "ln"), nn.LayerNorm(x.shape[1:], dtype=x.dtype)(x))


@given(batches())
@settings(max_examples=30, deadline=None)
def test_sets_cover_every_value_once_and_normalize_to_mean_0_and_variance_1(batch):
    x, groups, _, _ = batch
    integers = (10 * x).round().to(torch.int64)
    for kind in KINDS:
        sets = shared_sets(kind, groups, integers)
        assert sorted(position for shared in sets for position in shared.positions) == list(np.ndindex(*x.shape))
        x_hat = normalize(integers.double(), kind, groups)
        for shared in sets:
            if shared.variance > 1:  # ε = 10⁻⁵ is then below the tolerance
                values = [x_hat[position].item() for position in shared.positions]
                assert statistics.fmean(values) == pytest.approx(0, abs=1e-9)
                assert statistics.pvariance(values) == pytest.approx(1, abs=1e-4)


def test_group_normalization_contains_layer_and_instance_normalization():
    x = IMAGES.double()
    assert torch.equal(normalize(x, "gn", groups=1), normalize(x, "ln"))
    assert torch.equal(normalize(x, "gn", groups=4), normalize(x, "in"))


@pytest.mark.parametrize("kind", KINDS)
def test_exact_statistics(kind):
    sets = shared_sets(kind)
    assert len(sets) == SETS[kind]
    for shared in sets:
        fractions = [Fraction(value) for value in shared.members]
        assert shared.mean == statistics.mean(fractions)
        assert shared.variance == statistics.pvariance(fractions)
        assert shared.unbiased_variance == statistics.variance(fractions)
        assert float(shared.variance) == pytest.approx(np.var(shared.members), abs=1e-12)
        assert [int(IMAGES[position]) for position in shared.positions] == list(shared.members)


@pytest.mark.parametrize("kind", KINDS)
def test_the_integers_have_the_promised_property(kind):
    for shared in shared_sets(kind):
        std = exact.exact_root(shared.variance)
        assert std, f"{shared.name} has no rational standard deviation"
        assert std.denominator <= 2
        assert shared.mean.denominator <= 2


def test_the_four_normalizations_differ_on_the_example():
    exact = [example.exact_normalized(kind) for kind in KINDS]
    for i, one in enumerate(exact):
        for other in exact[i + 1 :]:
            assert (one != other).any()


@pytest.mark.parametrize("kind", KINDS)
def test_exact_normalized_values(kind):
    exact = example.exact_normalized(kind)
    assert exact.shape == tuple(IMAGES.shape)
    np.testing.assert_allclose(exact.astype(float), normalize(IMAGES.double(), kind, eps=0.0).numpy(), atol=1e-12)


def test_exact_normalized_refuses_an_irrational_standard_deviation():
    x = torch.tensor([[[[0, 1], [2, 3]]]])
    with pytest.raises(ValueError, match=r"in, image 1, channel 1: σ = √\(1\.25\) ≈ 1\.118"):
        example.exact_normalized("in", x=x)
