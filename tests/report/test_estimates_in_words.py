"""Estimates with their intervals as text."""

import math

import numpy as np

from normstudy.report import estimates_in_words


def test_any_number_has_its_limits_where_there_are_any():
    assert estimates_in_words.number((-0.5, -1, 0), 1) == "−0.5 (−1.0 to 0.0)"
    assert estimates_in_words.number((2, -math.inf, math.inf), 0) == "2"
    assert estimates_in_words.number((math.nan, math.nan, math.nan), 0) == "–"


def test_a_caption_says_where_an_interval_ends_because_nothing_is_possible_beyond():
    narrow, wide = np.array([0.3, 0.31, 0.32]), np.array([0.0, 0.01, 0.02])
    ends = " An interval that would go on beyond 0 or 100 % ends there."
    assert ends not in estimates_in_words.on_spread([narrow])
    assert estimates_in_words.on_spread([narrow, wide]).endswith(ends)
    assert estimates_in_words.on_ratios([np.array([0.5, 0.9])]).endswith(ends)
    assert ends not in estimates_in_words.on_ratios([wide + 0.01])  # an error rate by its logarithm is above 0
    assert estimates_in_words.on_ends([(math.nan, math.nan, math.nan), (0.5, -math.inf, math.inf)]) == ""
