"""The section on how many images share BN's statistics, and what other statistics do at test time."""

import pytest
from recorded import recorded_study
from sweeps import around, cell

from normstudy.preview.page import unsupported_constructs
from normstudy.report import statistics_batch


@pytest.fixture(autouse=True)
def pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def study(bn, others=True):
    runs = [run for size, own in bn.items() for run in cell("bn_l1", own, norm="bn", l1=1e-6, statistics_batch=size)]
    if others:
        runs += [*cell("gn", around(0.0054), norm="gn"), *cell("ln", around(0.0056), norm="ln")]
    return recorded_study("statistics_batch", runs)


def test_where_bn_loses_is_told_by_the_rule():
    text = statistics_batch.section(study({2: around(0.02, 0.001), 8: around(0.01, 0.0005), 128: around(0.006)}))
    assert "It loses with 8 images and fewer: 2 images (ratio 3.3" in text
    assert "GN and LN, which take theirs within an image, are lines." in text
    assert "that of GN 0.54 % and that of LN 0.56 %" in text
    assert "{#fig-statistics-batch}" in text
    assert "kinds" not in text  # nothing was measured afterwards
    assert unsupported_constructs(text) == []


def test_sizes_that_do_not_follow_each_other_are_listed():
    text = statistics_batch.section(study({2: around(0.0061), 8: around(0.02, 0.001), 128: around(0.006)}))
    assert "It loses with 8 images, and with no others: 8 images (ratio" in text


def test_at_none_of_these_sizes():
    text = statistics_batch.section(study({2: around(0.0061), 8: around(0.0059), 128: around(0.006)}))
    assert "It loses at none of these sizes; the largest ratio is 1.02 (0.9" in text
    assert ", with 2." in text


def test_few_runs_and_lost_ones():
    text = statistics_batch.section(study({2: [0.02], 128: [0.01]}, others=False))
    assert "where BN loses cannot be said" in text
    assert "are lines" not in text
    text = statistics_batch.section(study({2: [None, None], 4: around(0.02, 0.001), 128: around(0.006)}))
    assert "With 2 images no run finished. It loses with 4 images, and with no others: 4 images" in text
    assert "2 of 22 runs diverged (✕) and are in no mean." in text
    assert "BN with 4 images is" in text


def test_statistics_at_test_time():
    runs = study({2: around(0.02, 0.001), 128: around(0.006)}).runs
    factors = {"running": 1, "precise": 0.5, "batch": 1.0}
    wobble = [1.0, 1.02, 0.99, 1.01, 0.98]
    for place, run in enumerate(runs):
        if run.config.norm == "bn":
            error = 1 - run.final("test_accuracy")
            found = {
                kind: error * factor * (wobble[place % 5] if kind != "running" else 1)
                for kind, factor in factors.items()
            }
            run.afterwards["batch_norm"] = {kind: {"loss": 0.1, "accuracy": 1 - own} for kind, own in found.items()}
    text = statistics_batch.section(recorded_study("statistics_batch", runs))
    assert "With 2 images the mean error is 2.00 % with running averages, 1.00 % with precise statistics and" in text
    assert "Precise statistics lower with 2 (ratio 0.50, 0.49 to 0.51) and 128 (ratio 0.50, " in text
    assert "Those of the batch cannot be told from the running averages at any size." in text
    assert "{#fig-statistics-batch-kinds}" in text


def test_another_study_of_that_name_has_the_general_section():
    runs = cell("gn", [0.01], norm="gn")
    assert "{#sec-study-statistics-batch}" in statistics_batch.section(recorded_study("statistics_batch", runs))
