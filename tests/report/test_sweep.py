"""The section of a study that nobody wrote one for: any YAML that a user may write."""

import itertools
import re

import numpy as np
import pytest
from recorded import recorded_study
from sweeps import around, cell

from normstudy.preview.page import unsupported_constructs
from normstudy.report import sweep
from normstudy.report.series import called_as_elsewhere, series_of
from normstudy.report.studies import HEADING, sections, told
from normstudy.report.sweep_figure import plan
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
    assert "5 make more beyond the noise" in text
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
    assert "is that of BN: 1.00 %. The other makes more errors beyond the noise" in text


def test_one_model_one_seed():
    text = section(cell("only", [0.01], norm="bn"))
    assert "Nothing varies but the seeds." in text
    assert "One run each says nothing of the noise: there are no intervals." in text
    assert "| 99.00 |" in re.sub(" +", " ", text)
    text = section([*cell("a", [0.01], norm="bn"), *cell("b", [0.02], norm="ln")])
    assert "So few runs say nothing of the noise, and nothing can be told from it." in text


def test_diverged_runs_are_counted_drawn_and_in_no_mean():
    runs = [run for rate, own in ((0.1, [0.01, 0.012]), (0.5, [0.03, None]), (1.0, [None, None]))
            for run in cell("none", own, norm="none", max_lr=rate)]  # fmt: skip
    text = section(runs)
    assert "3 of 6 runs diverged (✕) and are in no mean." in text
    rows = re.sub(" +", " ", text)
    assert "| 0.5 | 2, 1 diverged | 97.00" in rows
    assert "| 1 | 2, 2 diverged | – | – |" in rows


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
