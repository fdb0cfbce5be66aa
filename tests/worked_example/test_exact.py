"""Exact numbers as text."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from normstudy.worked_example import exact


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(7, 2), "3.5"),
        (Fraction(7, 3), "7/3"),
        (Fraction(-1, 8), "−0.125"),
        (Fraction(1, 16), "0.0625"),
        (Fraction(1, 32), "1/32"),
        (Fraction(0), "0"),
        (Fraction(100), "100"),
        (-12, "−12"),
    ],
)
def test_text(value, shown):
    assert exact.text(value) == shown


@given(st.fractions(min_value=-50, max_value=50, max_denominator=2000))
def test_text_is_exact(value):
    assert Fraction(exact.text(value).replace("−", "-")) == value


def test_root_text():
    assert exact.root_text(Fraction(81, 4)) == "4.5"
    assert exact.root_text(Fraction(35, 3)) == "√(35/3) ≈ 3.416"


def test_values_of_a_table_are_where_they_are_in_the_images():
    table = exact.laid_out(np.arange(24).reshape(2, 3, 2, 2), str)
    assert table["image, row"].tolist() == ["1, 1", "1, 2", "2, 1", "2, 2"]
    assert table["channel 2"].tolist()[2] == "16,\u00a017"
    wide = exact.laid_out(np.arange(8).reshape(1, 2, 2, 2), lambda value: f"{value}" * 30)
    assert ", " in wide["channel 1"].iloc[0]  # and may be broken into lines


@pytest.mark.parametrize(("value", "shown"), [(0.0, "0"), (2.2e-16, "2·10^−16^"), (1e-6, "10^−6^"), (0.0951, "10^−1^")])
def test_scientific(value, shown):
    assert exact.scientific(value) == shown
