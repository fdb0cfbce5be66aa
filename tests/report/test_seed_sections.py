"""The sections that speak of seeds: what they show, and that they are silent where there is one seed."""

import re
from pathlib import Path

import numpy as np
import pytest
from drawn import without_numbers
from made_runs import made_run
from recorded import recorded_run, seeded_runs

from normstudy.report import accuracies, curves, differences, dot_rows, limits, readme, seed_differences, seeds, summary
from normstudy.report.drawing import COLOURS, MARKERS
from normstudy.report.models import models_of

NOISE = np.random.default_rng(0).normal(0, 5, (3, 12)).round().astype(int)
ONE_EACH = [made_run("bn", range(10)), made_run("gn", range(2, 12)), made_run("ln", range(1, 11))]


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def runs():
    rows = zip(("bn", "gn", "ln"), NOISE, strict=True)
    return seeded_runs({norm: (60 + noise).tolist() for norm, noise in rows})


def test_one_seed_has_nothing_over_seeds():
    assert seed_differences.section(ONE_EACH) == ""
    assert curves.what_lines_are(ONE_EACH) == ""
    assert "one seed" in limits.in_words(ONE_EACH)
    assert "one seed" not in differences.in_words(ONE_EACH)


def test_the_summary_has_means_with_intervals_and_one_verdict(runs):
    text = summary.paragraph(runs)
    assert text.startswith("Over 12 seeds, with 95 % intervals in brackets, the mean test accuracy is 99.")
    assert len(re.findall(r"99\.\d{3} % for (?:BN|GN|LN) \(99\.\d{3} to 99\.\d{3}\)", text)) == 3
    assert text.count("Over 12 seeds") == 2
    assert "misclassifies" not in text
    assert "one seed" not in text


def test_the_table_has_the_mean_of_every_model(runs):
    table = accuracies.table(models_of(runs)).set_index("model")
    assert float(table.loc["GN", "test accuracy (%)"]) == pytest.approx(100 - (60 + NOISE[1].mean()) / 100, abs=6e-4)
    assert table.loc["GN", "runs"] == "12"
    low, high = (100 - (60 + extreme) / 100 for extreme in (NOISE[1].max(), NOISE[1].min()))
    assert table.loc["GN", "lowest to highest"].replace("\u00a0", " ") == f"{low:.2f} to {high:.2f}"


def test_runs_that_diverged_are_counted_and_left_out():
    runs = seeded_runs({"gn": [50, None, 60], "ln": [None, None, None]})
    text = summary.paragraph(runs)
    assert "99.45 % for GN (" in text
    assert "4 of 6 runs diverged (1 of GN and 3 of LN). They have no final accuracy" in text
    table = accuracies.table(models_of(runs)).set_index("model")
    assert table.loc["GN", "runs"].replace("\u00a0", " ") == "2 of 3 finished"
    assert table.loc["LN", "test accuracy (%)"] == "diverged"
    assert "LN (diverged)" in curves.epochs_shown(runs)
    assert "4 of 6 runs diverged" in curves.test_loss(runs)
    assert "GN" in seeds.figure(runs)
    assert seed_differences.section(runs) == ""


def test_a_single_run_has_the_interval_of_its_images():
    text = seeds.figure(ONE_EACH)
    assert "The one run of every model by its final accuracy" in text
    assert "Wilson's 95 % interval" in text
    assert "The models are 0.00 percentage points apart." in text
    (axes,) = seeds.seeds_figure(models_of(ONE_EACH)).axes
    bars = [line.get_xdata() for line in axes.lines if line.get_linewidth() == 4]
    assert [tuple(bar) for bar in bars] == [pytest.approx((98.17, 99.46), abs=0.01)] * 3
    assert seeds.figure(seeded_runs({"gn": [None]})) == ""


def test_every_run_is_a_dot_above_the_mean_of_its_model(runs):
    figure = seeds.seeds_figure(models_of(runs))
    (axes,) = figure.axes
    dots = np.concatenate([line.get_xydata() for line in axes.lines if line.get_marker() == "o"])
    means = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "D"]
    assert len(dots) == 36
    assert sorted(dots[:, 0]) == pytest.approx(sorted(100 - (60 + NOISE.ravel()) / 100))
    assert means == pytest.approx(100 - (60 + NOISE.mean(axis=1)) / 100)
    assert len(set(map(tuple, dots))) == 36  # none hides another
    assert [label.get_text() for label in axes.get_yticklabels()] == ["BN", "GN", "LN"]


def test_public_claims_are_ticks_below_or_counted(runs):
    text = seeds.figure(runs)
    assert "Ticks below are what public solutions of the same assignment claim" in text
    ticks = seeds.claimed(models_of(runs))
    assert set(ticks) == {"bn", "gn", "ln"}
    (axes,) = seeds.seeds_figure(models_of(runs), ticks).axes
    drawn = [line.get_xdata() for line in axes.lines if line.get_marker() == "|"]
    counts = [int(text.get_text().split()[1]) for text in axes.texts if "lower" in text.get_text()]
    assert 0 < sum(map(len, drawn)) < sum(map(len, drawn)) + sum(counts) == sum(map(len, ticks.values()))
    assert all(line == sorted(line) for line in map(list, drawn))


def test_claims_stand_beside_runs_that_were_judged_alike_alone(runs):
    other = [recorded_run("gn", [0.1], norm="gn", seed=seed, evaluate_on="validation") for seed in range(2)]
    assert seeds.claimed(models_of(other)) == {}
    assert "public solutions" not in seeds.figure(ONE_EACH)


def test_fifty_models_fit_on_a_page():
    rows = [dot_rows.Row(f"model {n}", "#444444", np.arange(9.0), (3.0, 5.0), "4") for n in range(50)]
    assert dot_rows.rows_figure(rows, "x").get_figheight() <= dot_rows.TALLEST


def test_curves_are_means_in_bands(runs):
    (axes,) = curves.history_figure(runs, ["test_accuracy"]).axes
    lines = [line for line in axes.lines if line.get_color() in COLOURS.values()]  # the rest are milestones
    means = [line for line in lines if line.get_marker() in MARKERS.values()]
    assert [line.get_ydata()[-1] for line in means] == pytest.approx(100 - (60 + NOISE.mean(axis=1)) / 100)
    edges = [line.get_ydata()[-1] for line in lines if line not in means]
    expected = np.column_stack([100 - (60 + NOISE.max(axis=1)) / 100, 100 - (60 + NOISE.min(axis=1)) / 100])
    assert edges == pytest.approx(expected.ravel())
    assert "Lines are means over 12 seeds, bands reach from the lowest run to the highest." in curves.test_accuracy(
        runs
    )
    assert "ends on average best" in curves.take_away(runs, "test_accuracy")


def test_the_differences_have_a_picture_and_two_tables(runs):
    text = seed_differences.section(runs)
    for label in ("{#fig-differences}", "{#tbl-differences}", "{#tbl-chances}"):
        assert text.count(label) == 1
    assert text.count("GN minus") + text.count("BN minus") + text.count("LN minus") == 3  # of the picture
    assert [line.count("|") for line in without_numbers(text).splitlines() if line.startswith("| ")] == [10] * 4 + [
        8
    ] * 4
    assert "a bootstrap crossed over both" in text


def test_with_few_seeds_no_bootstrap_is_shown():
    text = seed_differences.section(seeded_runs({"gn": [50, 52, 55], "ln": [51, 58, 54]}))
    assert "a bootstrap crossed over both" not in text
    assert "It takes 10 seeds or more" in text
    # One pair is not counted.
    assert "the accuracies of the two models are correlated by " in text
    assert "; that is no more than noise." in text


def test_no_interval_goes_on_beyond_what_is_possible():
    runs = seeded_runs({"gn": [0, 0, 3], "ln": [30, 31, 32]}, images=100)
    told = " An interval that would go on beyond 0 or 100 % ends there."
    assert summary.models_table(runs)["95 % interval"].tolist() == [
        "94.70\u00a0to\u00a0100.00",
        "66.52\u00a0to\u00a071.48",
    ]
    assert told in summary.models(runs)
    assert told in seeds.figure(runs)
    assert told not in summary.models(runs[3:])


def test_of_many_pairs_the_most_telling_are_shown():
    norms = ("bn", "gn", "ln", "in", "ln2d", "none")
    runs = seeded_runs({norm: [50 + 9 * at, 53 + 9 * at, 51 + 8 * at] for at, norm in enumerate(norms)})
    text = seed_differences.section(runs)
    assert "of the 10 of 15 pairs with the smallest p" in text
    rows = text.partition("{#tbl-differences}")[2].partition(":::")[0].count("\n|")
    assert rows == 10 + 2  # with the heading and the rule below it


def test_one_seed_among_many_is_an_illustration(runs):
    assert "an illustration, with seed 0 alone" in differences.in_words(runs)
    assert "with seed 0 alone" in differences.pairs(runs)
    assert "nothing to compare" in differences.in_words(seeded_runs({"gn": [50, 51]}))


def test_the_limits_are_those_of_new_images(runs):
    text = limits.in_words(runs)
    assert text.startswith("The intervals over 12 seeds allow for other initial weights")
    assert "For new seeds and new images at once" in text
    few = limits.in_words(seeded_runs({"gn": [50, 52], "ln": [51, 58]}))
    assert "And 51 errors of 10,000 mean, by chance alone" in few


def test_one_model_with_several_seeds_has_its_mean_and_no_verdict():
    runs = seeded_runs({"gn": [50, 52, 55]})
    assert summary.paragraph(runs).endswith(" % for GN (99.41 to 99.54).")
    assert seed_differences.section(runs) == ""
    assert seeds.take_away(models_of(runs)) == "Runs of one model are up to 0.05 percentage points apart (GN)."


def test_the_readme_has_the_means_and_one_sheet_per_model(runs, monkeypatch):
    monkeypatch.setattr(readme, "misclassified_alt", lambda run: "ten images")
    text = readme.results_block(runs, [Path("a.svg"), Path("b.svg")])
    assert "the mean test accuracy is" in text
    assert text.count("misclassified.png") == 3
    assert "Lines are means over 12 seeds" in text
    assert '<source media="(prefers-color-scheme: dark)" srcset="a-dark.svg"><img alt="Line chart of' in text
