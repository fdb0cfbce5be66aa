"""The section of a study that nobody wrote one for: any YAML that a user may write."""

import itertools
import re

import numpy as np
import pytest
from recorded import predictions, recorded_run, recorded_study
from scipy.stats import t as student
from sweeps import around, cell

from normstudy.preview.page import unsupported_constructs
from normstudy.report import sweep
from normstudy.report.series import called_as_elsewhere, series_of
from normstudy.report.standings import standings_of
from normstudy.report.studies import HEADING, sections, told
from normstudy.report.sweep_figure import plan, sweep_figure
from normstudy.report.varied import free, values_of, varied


@pytest.fixture(autouse=True)
def pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def section(runs, name="mine", title="Mine"):
    text = sweep.section(recorded_study(name, runs, title))
    assert unsupported_constructs(text) == []
    assert not re.search(r"\bnan\b|\binf\b", text)
    return text


def grid(model="gn", norm="gn", error=lambda rate, decay: 0.01 + rate / 10 + decay, **parameters):
    rates, decays = (0.01, 0.05, 0.1), (0.0, 0.01)
    return [
        run
        for rate, decay in itertools.product(rates, decays)
        for run in cell(model, around(error(rate, decay)), norm=norm, max_lr=rate, weight_decay=decay, **parameters)
    ]


def test_two_parameters_of_one_model_are_an_axis_and_lines():
    text = section(grid())
    assert "30 runs of 2 epochs on MNIST, judged by the test images, with seeds 0 to 4." in text
    assert "Within a model vary peak rate (0.01, 0.05 and 0.1) and weight decay (0 and 0.01)." in text
    assert r"the lowest mean test error is that of GN \(peak rate 0\.01, weight decay 0\): 1.10 %" in text
    assert "More errors, beyond the noise (95 % intervals of the ratios, for all pairs at once), have GN" in text
    made = plan(series_of(grid()))
    assert (made.key, list(made.panels)) == ("max_lr", [""])
    assert [line.name for line in made.panels[""]] == ["weight decay 0", "weight decay 0.01"]


def test_of_several_models_a_second_parameter_makes_panels():
    made = plan(series_of([*grid(), *grid("ln", "ln")]))
    assert list(made.panels) == ["weight decay 0", "weight decay 0.01"]
    assert [line.name for line in made.panels["weight decay 0"]] == ["gn", "ln"]


def test_models_are_called_as_on_the_rest_of_the_page_where_that_holds_of_them():
    def names(runs):
        return [each.name for each in called_as_elsewhere(series_of(runs))]

    assert names([*grid("slow"), *cell("other", [0.01], norm="none")]) == ["GN", "No norm"]
    assert names([*grid("a"), *grid("b", groups=2)]) == ["GN (groups 4)", "GN (groups 2)"]
    assert names([*cell("low", [0.1], norm="gn", max_lr=0.1), *cell("low", [0.1], norm="gn", max_lr=0.2)]) == ["GN"]
    high = [run for rate in (0.3, 0.4) for run in cell("high", [0.1], norm="gn", max_lr=rate)]
    low = [run for rate in (0.1, 0.2) for run in cell("low", [0.1], norm="gn", max_lr=rate)]
    assert names([*low, *high]) == ["low", "high"]  # both would be GN
    assert names([*cell("kinds", [0.1], norm="gn"), *cell("kinds", [0.1], norm="bn")]) == ["kinds"]


RATES = (0.03, 0.1, 0.3, 1.0, 3.0)
CHANCE = 0.9
OF_RATES = {
    "none": [[0.31, 0.5, 0.33], [0.55, 0.8, 0.9], [CHANCE] * 3, [CHANCE] * 3, [None, CHANCE, CHANCE]],
    "bn": [[0.044, 0.05, 0.033], [0.017, 0.02, 0.011], [CHANCE, 0.017, 0.022], [0.03, 0.04, 0.022], [0.05, 0.07, 0.06]],
    "gn": [[0.1, 0.12, 0.15], [0.03, 0.05, 0.04], [0.022, 0.011, 0.0], [CHANCE, 0.8, 0.05], None],
}
"""By normalization, errors on 180 images at each of the rates; at one of them a model was not tried."""


def of_rates(**parameters):
    return [
        run
        for norm, rows in OF_RATES.items()
        for rate, own in zip(RATES, rows, strict=True)
        for run in cell(
            norm, own or [], norm=norm, max_lr=rate, dataset="digits", evaluate_on="validation", **parameters
        )
    ]


def test_where_each_model_trains_is_told_and_what_did_not_is_kept_apart():
    text = section(of_rates())
    lowest = 100 * (0.022 * 0.011 * 0.5 / 180) ** (1 / 3)  # geometric; of no error, half an image counts
    bar = 100 * (lowest / 100 * CHANCE) ** 0.5
    assert f"*trained* if it ends with an error below {bar:.2f} %: nearer, as a ratio, to the lowest mean" in text
    assert f"({lowest:.2f} %) than to what guessing among 10 classes comes to (90 %)" in text
    assert "**No norm** at none; **BN** at 0.03 or less to 0.1, 1 to 3 or more; **GN** at 0.1 to 0.3." in text
    assert "The highest peak rate of these is 3, with BN." in text
    assert r"Of the 6 settings of which every run has trained, the lowest mean validation error is that of GN" in text
    assert r"have BN \(peak rate 0\.03 and 3\) and GN \(peak rate 0\.1\); BN \(peak rate 0\.1 and 1\) cannot be" in text
    assert "Settings of which not every run has trained have no interval" in text
    rows = re.sub(" +", " ", text)
    assert re.search(r"\| BN \| 0.3 \| 2 of 3 \| 6.96 \| – \|", rows)
    assert re.search(r"\| GN \| 0.3 \| 3 of 3 \| 0.88 \(\d", rows)


def test_the_variance_is_that_of_the_settings_that_trained():
    found = standings_of(series_of(of_rates()))
    logs = [np.log(np.maximum(own, 0.5 / 180)) for norm, at in (("bn", (0, 1, 3, 4)), ("gn", (1, 2)))
            for own in (OF_RATES[norm][place] for place in at)]  # fmt: skip
    variance = np.mean([own.var(ddof=1) for own in logs])
    half = student.ppf(0.975, 12) * np.sqrt(variance / 3)
    expected = [np.exp([own.mean(), own.mean() - half, own.mean() + half]) for own in logs]
    assert [each.error for each in found.trained] == [pytest.approx(tuple(each)) for each in expected]
    assert not any(np.isfinite(each.error[1]) for each in found.every if not each.has_trained)


MANY = [
    run for k in range(1, 9) for rate in (0.1, 0.2) for run in cell(f"m{k}", [k / 100] * 3, l1=k / 1e6, max_lr=rate)
]


@pytest.mark.parametrize("runs", [[*of_rates(), *of_rates(l1=1e-6)], MANY], ids=["panels", "lines"])
def test_all_points_and_bars_are_within_the_axes(runs):
    series = series_of(runs)
    figure = sweep_figure(plan(series), standings_of(series), "error (%)")
    figure.draw_without_rendering()
    drawn = 0
    for axes in figure.axes:
        box = axes.bbox
        assert axes.get_yscale() == "log"
        for line in axes.lines:
            places = line.get_transform().transform(np.array(line.get_data(), float).T)
            places = places[np.isfinite(places).all(axis=1)]
            drawn += len(places)
            assert ((places >= box.min - 1) & (places <= box.max + 1)).all()
    assert drawn > len(runs)


def test_what_is_no_better_than_an_answer_without_a_look_has_not_trained():
    runs = [run for rate in (0.1, 0.2) for run in cell("bn", [0.88, 0.9], norm="bn", max_lr=rate, dataset="digits")]
    text = section(runs)
    assert "under which guessing among 10 classes (90 %) comes in one of 40 cases, with 899 images" in text
    assert "**BN** at none. The lowest mean test error is that of BN" in text
    labels = [0] * 95 + [1] * 5  # what always says the first is right 95 times in 100
    kept = [recorded_run("bn", [0.1], [0.95], norm="bn", columns=predictions(labels, [0] * 100)) for _ in range(2)]
    assert "always naming the most frequent class (5 %)" in section(kept)


def test_what_goes_with_another_parameter_has_no_axis_of_its_own():
    runs = [
        run
        for size in (8, 32, 128)
        for run in cell("bn", [0.01, 0.02], norm="bn", batch_size=size, max_lr=size / 1000, evaluate_on="validation")
    ]
    text = section(runs)
    assert "Within a model varies images in a batch (8, 32 and 128); with it goes peak rate." in text
    assert "validation error" in text
    series = series_of(runs)
    assert varied(series) == ["batch_size", "max_lr"]
    assert free(series, varied(series)) == ["batch_size"]
    assert "| images in a batch | peak rate | runs |" in " ".join(re.sub(" +", " ", text).split())


def test_models_alone():
    text = section([*cell("one", around(0.01), norm="bn"), *cell("two", around(0.02), norm="none")])
    assert "Nothing varies within a model but the seeds." in text
    assert "is that of BN: 1.00 %. More errors, beyond the noise (95 % interval of the ratio), has No norm." in text


def test_one_model_one_seed():
    text = section(cell("only", [0.01], norm="bn"))
    assert "Nothing varies but the seeds." in text
    assert "One run each says nothing of the noise: there are no intervals." in text
    assert "| 1.00 |" in re.sub(" +", " ", text)
    text = section([*cell("a", [0.01], norm="bn"), *cell("b", [0.02], norm="ln")])
    assert "So few runs say nothing of the noise, and nothing can be told from it." in text


def test_diverged_runs_are_counted_drawn_and_in_no_mean():
    runs = [run for rate, own in ((0.1, [0.01, 0.012]), (0.5, [0.03, None]), (1.0, [None, None]))
            for run in cell("none", own, norm="none", max_lr=rate)]  # fmt: skip
    text = section(runs)
    assert "3 of 6 runs diverged (✕) and are in no mean." in text
    rows = re.sub(" +", " ", text)
    assert "| 0.5 | 1 of 2, 1 diverged | 3.00 |" in rows
    assert "| 1 | 0 of 2, 2 diverged | – | – |" in rows
    assert "at which all seeds train: **No norm** at 0.1 or less." in text
    assert "Every run has trained in No norm" in text


def test_where_none_finished_there_is_a_table_alone():
    text = section(cell("none", [None, None], norm="none"))
    assert "No run finished." in text
    assert "#fig-" not in text
    assert "@fig-" not in text


def test_categories_and_digits():
    skeletons = ("5x5/2, 3x3, 3x3, 3x3", "5x5/3, 3x3, 3x3, 3x3")
    runs = [run for one in skeletons for run in cell("bn", [0.1, 0.2], norm="bn", skeleton=one, dataset="digits")]
    text = section(runs)
    assert "on UCI digits" in text
    assert "Within a model varies skeleton (2 values)." in text


def test_runs_that_were_judged_by_different_images_are_not_ranked():
    runs = [run for data in ("mnist", "kmnist") for run in cell("bn", [0.1, 0.2], norm="bn", dataset=data)]
    text = section(runs)
    assert "lowest" not in text.split("::: {#fig")[0]
    assert "on MNIST and Kuzushiji-MNIST" in text


def test_more_than_a_picture_can_hold_is_a_table():
    runs = [
        run
        for rotation, shift in itertools.product(np.linspace(1, 30, 30), (0.0, 1.0))
        for run in cell("bn", [0.01], norm="bn", rotation=float(rotation), shift=shift)
    ]
    text = section(runs)
    assert "#fig-" not in text
    assert "@tbl-study-mine shows 60 runs" in text


def test_a_long_table_is_folded_beside_its_picture():
    def text(count):
        rates = np.linspace(0.01, 0.1, count)
        return section([run for rate in rates for run in cell("bn", [0.01], norm="bn", max_lr=float(rate))])

    assert ".folded" not in text(12)
    assert text(13).index("#fig-study-mine") < text(13).index(".folded title") < text(13).index("#tbl-study-mine")


def test_names_of_any_kind_are_shown_as_they_are():
    runs = [
        *cell("a|b *c* $d$", [0.01, 0.02], norm="gn"),
        *cell("<script>", [0.02, 0.03], norm="gn", groups=4),
    ]  # alike
    text = section(runs, "Größe & mehr", "What | *is* [this]?")
    assert r"### What \| \*is\* \[this\]? {#sec-study-gr-e-mehr-" in text
    assert r"a\|b \*c\* \$d\$" in text
    assert "<script>" not in re.sub(r'fig-alt="[^"]*"', "", text)


def test_labels_are_those_of_one_study():
    names = ["a_b", "a-b", "A_b", "a b", "ä", "ö", "main", "groups"]
    found = [sweep.label_of(name) for name in names]
    assert len(set(found)) == len(names)
    assert all(re.fullmatch(r"study-[a-z0-9-]+", each) for each in found)


def test_a_model_that_stands_twice_is_two():
    """The same configuration under two names: not one model with twice the runs."""
    series = series_of([*cell("a", [0.01], norm="gn"), *cell("b", [0.01], norm="gn", groups=4)])
    assert [(each.name, len(each.cells[0].runs)) for each in series] == [("a", 1), ("b", 1)]


def test_zero_beside_decades_keeps_its_order():
    runs = [run for l1 in (1e-3, 0.0, 1e-6) for run in cell("bn", [0.01], norm="bn", l1=l1)]
    assert values_of(series_of(runs), "l1") == [0.0, 1e-6, 1e-3]


def test_every_recorded_study_has_a_section_and_none_two():
    records = {
        "groups": recorded_study("groups", cell("gn", [0.01], norm="gn")),
        "mine": recorded_study("mine", cell("gn", [0.01], norm="gn")),
        "search": recorded_study("search", cell("gn", [0.01], norm="gn")),
        "batch_rates": recorded_study("batch_rates", cell("gn", [0.01], norm="gn")),
    }
    text = sections(told(records))
    assert text.startswith(HEADING)
    assert re.findall(r"^### .*\{#sec-([a-z-]+)\}$", text, re.M) == ["groups", "study-mine", "study-batch-rates"]
    assert sections({}) == ""
