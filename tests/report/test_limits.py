"""What the report does not tell."""

import re

from made_runs import made_run

from normstudy.report import limits


def test_the_interval_is_that_of_the_worst_model():
    text = limits.in_words([made_run("bn", range(3)), made_run("ln", range(40))])
    low, high = map(
        int, re.search(r"And 40 errors of 1,000 mean, by chance alone, .* (\d+) and (\d+)\.$", text).groups()
    )
    assert low < 40 < high


def test_without_a_finished_model_nothing_is_said():
    assert limits.in_words([made_run("none", [], diverged=True)]) == "No model finished, so nothing can be said."
