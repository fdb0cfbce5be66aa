"""L1 against autograd and SGD."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from normstudy.worked_example import l1

weights = st.lists(st.fractions(-3, 3, max_denominator=64), min_size=1, max_size=8)


@given(weights, st.fractions(0, 1, max_denominator=100))
@settings(max_examples=50, deadline=None)
def test_l1_equals_autograd(values, strength):
    penalty, gradient = l1.l1_autograd(values, strength)
    assert float(l1.l1_penalty(values, strength)) == pytest.approx(penalty, abs=1e-12)
    assert [float(part) for part in l1.l1_gradient(values, strength)] == pytest.approx(gradient, abs=1e-12)


@pytest.mark.parametrize("power", [1, 2])
def test_descend_takes_the_steps_of_sgd(power):
    w = nn.Parameter(torch.tensor([float(value) for value in l1.WEIGHTS], dtype=torch.float64))
    optimizer = torch.optim.SGD([w], lr=float(l1.RATE))
    path = l1.descend(steps=2, power=power)
    assert path[0] == list(l1.WEIGHTS)
    for expected in path[1:]:
        optimizer.zero_grad()
        (float(l1.PENALTY) * w.abs().pow(power).sum() / power).backward()
        optimizer.step()
        assert w.tolist() == pytest.approx([float(value) for value in expected], abs=1e-12)


def test_the_figure_shows_the_computed_paths():
    moving = [i for i, weight in enumerate(l1.WEIGHTS) if weight]
    for power, axes in enumerate(l1.draw().axes, start=1):
        paths = np.array(l1.descend(steps=l1.STEPS, power=power), dtype=float).T[moving]
        lines = [line for line in axes.lines if len(line.get_ydata()) == l1.STEPS + 1]
        np.testing.assert_allclose([line.get_ydata() for line in lines], paths)


def test_the_table_has_the_gradient_of_autograd():
    table = l1.table()
    assert [float(cell.replace("−", "-")) for cell in table["by autograd"]] == pytest.approx(
        [float(cell.replace("−", "-")) for cell in table["gradient λ sign(w)"]]
    )
