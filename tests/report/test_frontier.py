"""The section on the size of networks."""

from dataclasses import replace

import pytest
from recorded import recorded_run, recorded_study

from normstudy.preview.page import unsupported_constructs
from normstudy.report import frontier
from normstudy.report.claims import answered, claims
from normstudy.report.series import series_of

NOISE = (-0.0002, 0.0, 0.0002)
SIZES = {4: 614, 8: 2082, 16: 7610}
"""Parameters by channels."""


def run(norm, channels, accuracy, seed=0, loss=0.02, **more):
    made = recorded_run(norm, [loss], [accuracy], norm=norm, channels=channels, seed=seed, **more)
    made.metrics["model"]["parameters"] = SIZES[channels] + 100 * more.get("depth", 0)
    return made


def study(bn=(0.975, 0.9941, 0.995), gn=(0.978, 0.989, 0.993)):
    runs = [
        run(norm, channels, mean + noise, seed, evaluate_on="test")
        for norm, means in (("bn", bn), ("gn", gn))
        for channels, mean in zip(SIZES, means, strict=True)
        for seed, noise in enumerate(NOISE)
    ]
    return recorded_study("frontier", runs)


def search(deep=0.05):
    losses = {(4, 0): 0.08, (4, 1): deep, (8, 0): 0.04, (16, 0): 0.03}
    runs = [
        run(norm, channels, 0.98, loss=loss, depth=depth, evaluate_on="validation")
        for norm in ("bn", "gn")
        for (channels, depth), loss in losses.items()
    ]
    return recorded_study("frontier_search", runs)


@pytest.fixture(autouse=True)
def pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_smallest_network_that_is_good_enough_is_named():
    text = frontier.section(study(), search())
    assert not unsupported_constructs(text)
    assert "99.39 % with 7,800 parameters, is reached on average by BN with 2,082 and no network of GN" in text
    assert "5.0 times the errors of BN with 12 times fewer parameters" in text


def test_a_public_figure_is_set_against_networks_of_its_size_and_normalization():
    series = series_of(study().runs)
    claim = answered()[0]
    assert frontier._is_beaten(claim, series)
    assert not frontier._is_beaten(replace(claim, parameters=2000), series)
    assert not frontier._is_beaten(replace(claim, final_epoch=99.51), series)
    assert not frontier._is_beaten(replace(claim, model="GN"), series)


def test_what_was_taken_is_compared_with_what_was_tried():
    series = series_of(study().runs)
    assert "taken is the one with the lowest, but for 700, where another" in frontier.on_search(search(), series)
    text = frontier.on_search(search(deep=0.09), series)
    assert "taken is the one with the lowest (" in text
    assert text.count("**") == 2 * 3
    assert [each.size for each in frontier.tried_in(search())] == [700, 700, 1500, 8000]


def test_every_run_and_every_public_figure_is_drawn():
    axes = frontier.frontier_figure(series_of(study().runs)).axes[0]
    assert sum(line.get_marker() == "x" for line in axes.lines) == len(claims())
    table = frontier.frontier_table(series_of(study().runs))
    assert table["parameters"].tolist() == ["614", "2,082", "7,610"]


def test_a_study_of_another_shape_has_the_general_section():
    runs = [each for each in study().runs if each.config.channels == 4]
    text = frontier.section(recorded_study("frontier", runs), search())
    assert "{#sec-study-frontier}" in text
    assert "{#sec-study-frontier-search}" in text
