"""The network: its size, its normalizations, its first weights, and the L1 penalty's gradient."""

import re

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import normstudy.model
from normstudy.model import (
    Net,
    count_parameters,
    initialise,
    l1_norm,
    make_norm,
    penalised_weights,
)
from normstudy.skeleton import Block, describe_skeleton
from normstudy.training.randomness import generator

NORMS = ("bn", "gn", "ln", "in", "ln2d", "none")


def made(norm: str, seed: int = 1) -> Net:
    model = Net(norm)
    initialise(model, generator(seed, 0, "weights"))
    return model


def scrambled(norm: str) -> Net:
    """A model in float64 in which every parameter has values of its own, biases, γ and β too."""
    torch.manual_seed(0)
    model = Net(norm).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_()
    return model


def batch(count: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    source = torch.Generator().manual_seed(4)
    return torch.randn(count, 1, 28, 28, generator=source, dtype=torch.float64), torch.arange(count)


def test_all_normalizations_have_the_same_size_below_8000():
    sizes = {count_parameters(Net(norm)) for norm in NORMS[:-1]} | {count_parameters(Net("gn", groups=8))}
    assert sizes == {7610}  # as the README says
    assert max(count_parameters(Net(norm)) for norm in NORMS) <= 8000


def test_count_parameters_leaves_out_what_is_not_trained():
    model = Net("bn")
    model.head.bias.requires_grad_(False)
    assert count_parameters(model) == 7610 - 10


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("count", [1, 5])
def test_ten_scores_for_each_image(norm, count):
    model = made(norm)
    for mode in (model.train(), model.eval()):
        scores = mode(torch.rand(count, 1, 28, 28))
        assert scores.shape == (count, 10)
        assert scores.isfinite().all()


@pytest.mark.parametrize("norm", NORMS)
def test_convolution_then_normalization_then_relu_four_times(norm):
    kinds = [type(layer) for layer in Net(norm).modules() if not list(layer.children())]
    expected = type(make_norm(norm, 16))
    assert [kind for kind in kinds if kind is not nn.MaxPool2d] == [nn.Conv2d, expected, nn.ReLU] * 4 + [nn.Linear]


@pytest.mark.parametrize("norm", NORMS)
def test_shapes_along_the_way_are_those_of_the_docstring(norm):
    model, shapes = made(norm), []
    for layer in model.features:
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(lambda layer, inputs, output: shapes.append(tuple(output.shape[1:])))
    model(torch.rand(2, 1, 28, 28))
    result = re.findall(r"ReLU +\((\d+), (\d+), (\d+)\)", normstudy.model.__doc__)
    assert shapes == [tuple(map(int, each)) for each in result]
    assert len(shapes) == 4


@given(
    st.integers(1, 4),
    st.sampled_from([1, 2, 4, 8]),
    st.integers(2, 6),
    st.integers(1, 6),
    st.floats(-3, 3),
    st.integers(0, 99),
)
@settings(max_examples=40, deadline=None)
def test_ln_has_the_statistics_of_layer_norm_over_channels_and_positions(n, channels, height, width, mean, seed):
    x = torch.randn(n, channels, height, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    x = 2 * x + mean
    layer = make_norm("ln", channels).double()
    torch.testing.assert_close(layer(x), F.layer_norm(x, x.shape[1:]))
    assert [tuple(parameter.shape) for parameter in layer.parameters()] == [(channels,), (channels,)]


@pytest.mark.parametrize(
    ("kind", "groups", "axes"),
    [
        ("bn", None, (0, 3, 4)),
        ("ln", None, (1, 2, 3, 4)),
        ("gn", 2, (2, 3, 4)),
        ("gn", 4, (2, 3, 4)),
        ("in", None, (3, 4)),
        ("ln2d", None, (1, 2)),
    ],
)
def test_values_that_share_a_mean_have_mean_0_and_variance_1_afterwards(kind, groups, axes):
    x = 3 * torch.randn(5, 8, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) + 2
    y = make_norm(kind, 8, groups).double()(x)
    split = y.view(5, groups or 1, 8 // (groups or 1), 6, 6)
    torch.testing.assert_close(split.mean(axes), torch.zeros_like(split.mean(axes)))
    torch.testing.assert_close(split.var(axes, correction=0), torch.ones_like(split.mean(axes)), rtol=0, atol=1e-4)


def test_gn_has_four_groups_unless_reported_otherwise():
    assert make_norm("gn", 16).num_groups == 4
    assert [layer.num_groups for layer in Net("gn", 8).modules() if isinstance(layer, nn.GroupNorm)] == [8] * 4


def test_impossible_normalizations_are_refused():
    with pytest.raises(ValueError, match="norm = batch: must be one of"):
        make_norm("batch", 16)
    with pytest.raises(ValueError, match="divisible"):
        Net("gn", 3)


def test_only_batch_normalization_lets_images_see_each_other():
    images = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(2))
    for norm in NORMS:
        model = made(norm).train()
        alone = torch.cat([model(image[None]) for image in images])
        together = model(images)
        assert torch.allclose(alone, together, atol=1e-5) == (norm != "bn"), norm


def test_all_normalizations_start_from_the_same_weights():
    first = [weight.detach() for weight in penalised_weights(made("bn"))]
    for norm in NORMS:
        for mine, other in zip(first, penalised_weights(made(norm)), strict=True):
            assert torch.equal(mine, other)
    assert not torch.equal(first[0], penalised_weights(made("bn", seed=2))[0])


def test_initial_weights_have_the_variance_of_he_and_biases_are_zero():
    model = made("none")
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            fan_in = layer.weight[0].numel()
            expected = (2 if isinstance(layer, nn.Conv2d) else 1) / fan_in
            assert layer.weight.var().item() == pytest.approx(expected, rel=0.35)
            assert layer.bias.eq(0).all()
    for layer in made("bn").modules():
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.weight.eq(1).all()
            assert layer.bias.eq(0).all()


@pytest.mark.parametrize("norm", NORMS)
def test_the_penalty_is_over_convolution_and_linear_weights_alone(norm):
    model = scrambled(norm)
    weights = [layer.weight for layer in model.features if isinstance(layer, nn.Conv2d)] + [model.head.weight]
    assert len(weights) == 5
    assert [id(weight) for weight in penalised_weights(model)] == [id(weight) for weight in weights]
    by_hand = sum(abs(value) for weight in weights for value in weight.flatten().tolist())
    assert l1_norm(penalised_weights(model)).item() == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("strength", [1e-5, 0.5])
def test_the_penalty_changes_the_gradient_by_exactly_lambda_sign_w(norm, strength):
    model = scrambled(norm)
    weights = penalised_weights(model)
    with torch.no_grad():
        weights[0][0] = 0.0  # where sign is 0
    images, labels = batch()

    def gradients(penalty: float) -> dict[str, torch.Tensor]:
        model.zero_grad()
        (F.cross_entropy(model(images), labels) + penalty * l1_norm(weights)).backward()
        return {name: parameter.grad.clone() for name, parameter in model.named_parameters()}

    without, with_penalty = gradients(0.0), gradients(strength)
    changed = {id(weight) for weight in weights}
    for name, parameter in model.named_parameters():
        expected = strength * parameter.detach().sign() if id(parameter) in changed else torch.zeros_like(parameter)
        torch.testing.assert_close(with_penalty[name] - without[name], expected, rtol=0, atol=1e-12, msg=name)
    assert sum(id(parameter) not in changed for parameter in model.parameters()) >= 5  # biases, or head's, γ and β


def test_the_penaltys_own_gradient_is_the_sign():
    weights = penalised_weights(scrambled("ln"))
    l1_norm(weights).backward()
    for weight in weights:
        assert torch.equal(weight.grad, weight.detach().sign())


def test_a_skeleton_can_be_given_and_described():
    skeleton = (Block(5, stride=2), Block(3, padding=1, pool=2), Block(3))
    assert describe_skeleton(skeleton) == "5x5/2, 3x3 padded and 2x2 pool, 3x3"
    model = Net("gn", 4, skeleton)
    convolutions = [layer for layer in model.features if isinstance(layer, nn.Conv2d)]
    assert [(c.kernel_size[0], c.stride[0], c.padding[0]) for c in convolutions] == [(5, 2, 0), (3, 1, 1), (3, 1, 0)]
    assert model.features(torch.rand(1, 1, 28, 28)).shape == (1, 16, 4, 4)  # 12, 12 and pooled to 6, 4
    assert model(torch.rand(2, 1, 28, 28)).shape == (2, 10)
