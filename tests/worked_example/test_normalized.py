"""The normalized values: alternative text, one value step by step."""

from fractions import Fraction

import pytest
from norm_batches import KINDS

from normstudy.worked_example import normalized
from normstudy.worked_example.definition import BETA, GAMMA, IMAGES, normalize


def test_the_alternative_text_holds_the_ranges():
    assert "BN from −2.00 to 1.67" in normalized.normalized_values_alt()


def test_one_value_table_follows_normalize():
    table = normalized.one_value_table((0, 0, 0, 0)).set_index("kind")
    gamma, beta = ([float(value) for value in values] for values in (GAMMA, BETA))
    for kind in KINDS:
        shown = Fraction(table.loc[kind.upper(), "y"].replace("−", "-"))
        y = normalize(IMAGES.double(), kind, gamma=gamma, beta=beta, eps=0.0)[0, 0, 0, 0]
        assert float(shown) == pytest.approx(y.item())
    assert table["y"].nunique() == len(KINDS), "the value shown should tell the four apart"
