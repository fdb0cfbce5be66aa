"""The section on the inside of networks, of made measurements."""

import copy

from recorded import recorded_run, recorded_study

from normstudy.report import inside

CHANNELS = 4


def values(sd, mean=0.0):
    return {
        "quantiles": [mean - 2 * sd, mean - sd, mean, mean + sd, mean + 2 * sd],
        "mean": mean,
        "sd": sd,
        "channel_means": [mean] * CHANNELS,
        "channel_sds": [sd] * CHANNELS,
    }


def measurement(batch_norm=False):
    """Two normalizations, before which the deviation grows from 1 to 30 (3), and after which it stays at 1."""
    found = {
        time: [{"before": values(sd, sd), "after": values(1.0)}, {"before": values(sd / 10 + 1), "after": values(1.0)}]
        for time, sd in (("start", 1.0), ("first_epoch", 2.0), ("end", 30.0))
    }
    found |= {"gamma": [[1.0, 0.05, 1.2, 1.1], [2.0, 3.0, 2.5, 2.0]], "beta": [[-0.1, -0.2, 0.1, 0.2], [-1.0] * 4]}
    found |= {"running_mean": [], "running_var": []}
    if batch_norm:
        found["end_running"] = copy.deepcopy(found["end"])
        found |= {"running_mean": [[33.0] * 4, [0.0] * 4], "running_var": [[900.0] * 4, [16.0] * 4]}
    return found


def section(*runs):
    return inside.section(recorded_study("inside", runs, "Inside"))


def run(norm, measured, **other):
    return recorded_run(norm, [0.1], afterwards={"inside": measured}, norm=norm, **other)


def test_the_largest_change_is_told_before_and_after():
    text = section(run("gn", measurement()))
    assert "With GN, the standard deviation changes most before normalization 1: from 1 to 30" in text
    assert "after the normalizations it changes at most 1-fold" in text
    # (30 - 2) / 2 in the first normalization, nothing in the second
    assert "GN 7 before the normalizations and 0 after them" in text


def test_parameters_are_told_and_channels_that_are_off_are_counted():
    text = section(run("gn", measurement()))
    assert "γ ends between 0.05 and 3.00, largest on average in normalization 2; 1 of 8 channels is all but" in text
    assert "β is negative in 75 % of them" in text
    assert "running" not in text.split("#fig-inside-parameters")[1]


def test_running_statistics_beside_those_at_hand():
    text = section(run("gn", measurement()), run("bn", measurement(batch_norm=True)))
    assert "Over 8 channels, a running mean is at most 0.1 standard deviations" in text
    assert "a running standard deviation between 1 and 1 times theirs" in text
    assert text.count("::: {#fig-inside-running}") == 1


def test_numbers_that_are_missing_are_said_to_be():
    unfinished = measurement(batch_norm=True)
    unfinished["first_epoch"] = None
    unfinished["end"][0]["before"] = {
        "quantiles": [None] * 5, "mean": None, "sd": None, "channel_means": [None] * 4, "channel_sds": [None] * 4
    }  # fmt: skip
    text = section(run("bn", unfinished))
    assert "With BN, not all of the numbers are finite" in text
    assert "1 → not finite" in text
    assert "are not all finite" in text
    assert "nan" not in text


def test_without_a_normalization_there_are_no_parameters():
    nothing = measurement() | {"gamma": [], "beta": []}
    text = section(run("none", nothing))
    assert "No norm has none." in text


def test_of_several_seeds_the_first_is_shown_and_of_runs_that_diverged_none():
    text = section(run("gn", measurement(), seed=3), run("gn", measurement(), seed=1))
    assert "(seed 1)" in text
    diverged = recorded_run("gn", [], diverged={"epoch": 1, "step": 1, "lr": 0.1}, norm="gn")
    assert section(diverged).endswith("no run finished.")
