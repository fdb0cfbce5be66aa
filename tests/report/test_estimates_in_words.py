"""Estimates with their intervals as text."""

import math

from normstudy.report import estimates_in_words


def test_any_number_has_its_limits_where_there_are_any():
    assert estimates_in_words.number((-0.5, -1, 0), 1) == "−0.5 (−1.0 to 0.0)"
    assert estimates_in_words.number((2, -math.inf, math.inf), 0) == "2"
    assert estimates_in_words.number((math.nan, math.nan, math.nan), 0) == "–"
