"""What makes no difference: the table against what is known of each normalization."""

import pytest

from normstudy.worked_example import invariance
from normstudy.worked_example.definition import DEFINITIONS
from normstudy.worked_example.invariance import FACTOR

SAME = {
    "all weights and biases × 3": {"bn", "ln", "gn", "in", "ln2d"},
    "one filter’s weights and bias × 3": {"bn", "in"},
    "all biases + 5": {"bn", "ln", "gn", "in", "ln2d"},
    "one bias + 5": {"bn", "in"},
    "one kernel added to all filters": {"ln2d"},
    "all images × 3, without bias": {"bn", "ln", "gn", "in", "ln2d"},
    "one image × 3, without bias": {"ln", "gn", "in", "ln2d"},
    "all images + 5": {"bn", "in"},
    "one image + 5": {"in"},
}
"""By mathematics: what shifts or stretches whole sets (Ba et al. 2016, Table 1, for dense layers)."""


def test_the_measured_table_is_the_one_that_mathematics_says():
    found = invariance.changes()
    assert {name: {kind for kind, most in row.items() if most < 1e-9} for name, row in found.items()} == SAME
    assert all(most < 1e-12 or most > 0.1 for row in found.values() for most in row.values())  # nothing in between
    table = invariance.invariance_table()
    assert (table.drop(columns="change") == "same").sum().sum() == sum(map(len, SAME.values()))


@pytest.mark.parametrize("kind", DEFINITIONS)
def test_gradients_are_at_right_angles_to_weights_and_shrink_as_they_grow(kind):
    cosine, ratio = invariance.scale_effect(kind)
    assert abs(cosine) < 1e-12
    assert ratio == pytest.approx(1 / FACTOR)


def test_without_a_normalization_neither_is_so():
    cosine, ratio = invariance.scale_effect("none")
    assert abs(cosine) > 0.01
    assert ratio > 1
