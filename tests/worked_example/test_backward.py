"""The exact gradients, against autograd and against torch.nn."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from normstudy.model import make_norm
from normstudy.worked_example import backward
from normstudy.worked_example.backward import UPSTREAM, autograd, by_hand, input_gradients, slopes
from normstudy.worked_example.definition import BETA, DEFINITIONS, GAMMA, GROUPS, IMAGES, normalize, shared_sets
from normstudy.worked_example.exact import over_root
from normstudy.worked_example.sets import draw_panels


def _numbers(values):
    return torch.tensor([float(value) for value in values], dtype=torch.float64)


@pytest.mark.parametrize("kind", DEFINITIONS)
def test_gradients_by_hand_are_those_of_autograd(kind):
    for ours, theirs in zip(by_hand(kind), autograd(kind), strict=True):
        assert ours == pytest.approx(theirs.numpy(), abs=1e-13)


@pytest.mark.parametrize("kind", DEFINITIONS)
def test_gradients_by_hand_are_those_of_the_network_s_layer(kind):
    layer = make_norm(kind, IMAGES.shape[1], GROUPS).double()
    layer.eps = 1e-20
    layer.load_state_dict({"weight": _numbers(GAMMA), "bias": _numbers(BETA)}, strict=False)
    x = IMAGES.double().requires_grad_()
    layer(x).backward(UPSTREAM.double())
    for ours, theirs in zip(by_hand(kind), (x.grad, layer.weight.grad, layer.bias.grad), strict=True):
        assert ours == pytest.approx(theirs.numpy(), abs=1e-12)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**31))
@pytest.mark.parametrize("kind", DEFINITIONS)
def test_the_closed_form_holds_for_any_upstream_gradient(kind, seed):
    upstream = torch.randint(-9, 10, tuple(IMAGES.shape), generator=torch.Generator().manual_seed(seed))
    found = input_gradients(kind, upstream)
    theirs, _, _ = autograd(kind, upstream)
    for position, gradient in found.items():
        assert float(gradient) == pytest.approx(theirs[position].item(), abs=1e-12)


@pytest.mark.parametrize("kind", DEFINITIONS)
def test_over_a_set_gradients_add_up_to_exactly_0_alone_and_along_x_hat(kind):
    found = input_gradients(kind)
    for shared in shared_sets(kind):
        own = [found[at] for at in shared.positions]
        assert sum(each.times_std for each in own) == 0
        assert sum(each.times_std * each.deviation for each in own) == 0


@pytest.mark.parametrize("kind", DEFINITIONS)
def test_slopes_are_a_row_of_the_jacobian_and_0_beyond_the_set(kind):
    position = (1, 2, 0, 1)
    jacobian = torch.autograd.functional.jacobian(lambda x: normalize(x, kind, eps=0.0), IMAGES.double())
    own = jacobian[(..., *position)].numpy()
    expected = np.zeros(tuple(IMAGES.shape))
    for at, value in slopes(kind, position).items():
        expected[at] = value
    assert own == pytest.approx(expected, abs=1e-13)


def test_roots_are_kept_where_they_are_needed():
    shown = {kind: [str(each) for each in input_gradients(kind).values()] for kind in DEFINITIONS}
    assert not any("√" in text for kind in ("bn", "ln", "gn", "in") for text in shown[kind])
    assert "−121/486·√6" in shown["ln2d"]
    assert backward.input_gradients("bn")[0, 0, 0, 0].times_std == Fraction(-233, 48)


@given(st.fractions(-20, 20, max_denominator=60), st.fractions(Fraction(1, 60), 40, max_denominator=60))
def test_a_number_over_a_root_is_written_with_the_same_value(value, radicand):
    text = over_root(value, radicand).replace("−", "-")
    factor, _, root = text.partition("√")
    factor = factor.rstrip("·")
    number = float(Fraction(factor if factor not in ("", "-") else f"{factor}1")) * float(root or 1) ** 0.5
    assert number == pytest.approx(float(value) / float(radicand) ** 0.5)
    assert not root or all(int(root) % divisor**2 for divisor in range(2, int(root) + 1))


def test_one_gradient_can_be_followed_to_its_end():
    for row in backward.one_gradient_table().to_dict("records"):
        sum_, _, rest = row["∂L/∂x"].replace("\u00a0", " ").replace("−", "-").partition(" = ")
        shown = float(rest.partition(" ≈ ")[2])
        terms, _, std = sum_.rpartition("/")
        number = std.removeprefix("√").strip("()")
        std = float(Fraction(number)) ** (0.5 if "√" in sum_ else 1)
        first, mean, along = (Fraction(term.strip("()")) for term in terms[1:-1].split(" - "))
        assert first == GAMMA[0] * int(UPSTREAM[0, 0, 0, 0])
        assert float(first - mean - along) / std == pytest.approx(shown, abs=5e-4)


def test_the_picture_has_a_number_for_every_value_that_is_moved():
    panels = draw_panels(("bn", "ln", "gn", "in"), backward.draw_slopes).axes
    assert [sum(bool(text.get_text()) for text in axes.texts) for axes in panels] == [12, 16, 8, 4]


def test_gradients_of_beta_are_sums_of_what_arrives():
    table = backward.affine_table()
    shown = [int(cell.replace("−", "-")) for cell in list(table.iloc[-1])[1:]]
    assert shown == UPSTREAM.sum(dim=(0, 2, 3)).tolist()
    assert len(table.columns) == 1 + IMAGES.shape[1]
