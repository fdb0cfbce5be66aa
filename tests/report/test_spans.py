"""Ranges of values with gaps, in words."""

from normstudy.config import least_of
from normstudy.report.spans import in_words, spans


def told(values, holds, least=0.0):
    return in_words(spans(dict(zip(values, holds, strict=True))), values, least)


def test_ranges_have_their_gaps_and_say_where_nothing_was_tried_beyond():
    rates = [0.01, 0.03, 0.1, 0.3]
    assert told(rates, [True, True, False, True]) == "0.01 or less to 0.03, 0.3 or more"
    assert told(rates, [False, True, False, False]) == "0.03"
    assert told(rates, [True, False, True, True]) == "0.01 or less, 0.1 to 0.3 or more"
    assert told(rates, [False] * 4) == "none"
    assert told([0.1], [True]) == "0.1"
    assert told([0, 1, 2], [True, True, False]) == "0 to 1"  # there is no less
    assert told([1, 2], [True, False], least_of("batch_size")) == "1"
    assert least_of("max_lr") < 0  # it is above 0, which itself it cannot be
