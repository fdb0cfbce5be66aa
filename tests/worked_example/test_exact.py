"""Exact numbers as text."""

from fractions import Fraction

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
