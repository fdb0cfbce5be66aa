"""The section on the number of groups."""

import pytest
from drawn import without_numbers
from recorded import recorded_study
from sweeps import around, cell

from normstudy.preview.page import unsupported_constructs
from normstudy.report import groups


@pytest.fixture(autouse=True)
def pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def study(errors):
    runs = [run for count, own in errors.items() for run in cell("gn", own, norm="gn", groups=count)]
    return recorded_study("groups", runs)


def test_the_line_from_layer_to_instance_normalization():
    text = groups.section(study({1: around(0.0090), 2: around(0.0061), 4: around(0.006), 16: around(0.003)}))
    assert text.startswith("### How many groups {#sec-groups}\n")
    assert "20 runs of 2 epochs on MNIST, judged by the test images, with seeds 0 to 4" in text
    assert "More errors than with 4 groups are made, beyond the noise, with 1 group (+0.30, " in text
    assert "Fewer than with 4 groups are made, beyond the noise, with 16 groups (−0.30, " in text
    assert "The others cannot be told from it." in text
    rows = [line.split("|")[1:3] for line in without_numbers(text).splitlines() if line.startswith("| ")][1:]
    assert [[part.strip() for part in row] for row in rows] == [["1", "LN"], ["2", "–"], ["4", "–"], ["16", "IN"]]
    assert unsupported_constructs(text) == []


def test_within_the_noise_nothing_is_said_to_differ():
    text = groups.section(study({4: around(0.006), 1: around(0.0061), 8: around(0.0059)}))
    assert "No other number of groups differs from 4 groups beyond the noise: the intervals reach up to 0.0" in text
    assert "More errors" not in text


def test_one_seed_says_nothing_of_the_noise():
    text = groups.section(study({1: [0.02], 4: [0.01]}))
    assert "So few runs say nothing of the noise" in text
    assert "One run each says nothing of the noise: there are no intervals." in text


def test_diverged_runs_are_counted_and_in_no_mean():
    text = groups.section(study({1: [0.02, None, 0.021], 4: [0.01, 0.011, 0.012]}))
    assert "1 of 6 runs diverged (✕) and is in no mean." in text
    assert "| 2.05" in text


def test_a_study_of_that_name_that_varies_more_has_the_general_section():
    runs = [run for rate in (0.01, 0.1) for run in cell("gn", [0.01], norm="gn", groups=4, max_lr=rate)]
    assert "{#sec-study-groups}" in groups.section(recorded_study("groups", runs))
