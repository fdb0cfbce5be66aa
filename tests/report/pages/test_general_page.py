"""The general page of a study, on studies of any shape."""

import pytest
from commands import ROOT
from recorded import recorded_run, recorded_study

from normstudy.report.core import style
from normstudy.report.pages import study as page
from normstudy.runs.record import read_record, record_names


def settings_of(*runs):
    return page.settings(recorded_study("rates", list(runs)))


def runs_of(model, rate, errors, **values):
    return [
        recorded_run(model, [0.5, error], norm=model, max_lr=rate, seed=seed, **values)
        for seed, error in enumerate(errors)
    ]


@pytest.mark.parametrize("name", record_names(ROOT / "results"))
def test_every_published_record_has_a_page(name):
    found = page.settings(read_record(ROOT / f"results/{name}.json"))
    assert page.answer(found).startswith("**The lowest mean error has ")
    assert len(page.settings_table(found)) == len(found.table) == found.runs.setting.nunique()
    assert len(found.table) <= len(found.runs)
    assert page.alt(found).endswith(".")


def test_settings_are_best_worse_or_undecided():
    found = settings_of(
        *runs_of("gn", 0.01, [0.0100, 0.0102, 0.0098]),
        *runs_of("gn", 0.02, [0.0101, 0.0099, 0.0103]),
        *runs_of("gn", 0.04, [0.0500, 0.0510, 0.0490]),
    )
    assert found.varied == ["max_lr"]
    assert found.best == "GN (max lr 0.01)"
    assert found.worse == ["GN (max lr 0.04)"]
    assert found.undecided == ["GN (max lr 0.02)"]
    assert page.settings_table(found)["compared with the best"].tolist() == ["best", "undecided", "worse"]
    assert found.compared.value["GN (max lr 0.04)"] == pytest.approx(5, rel=0.01)


def test_runs_at_chance_or_diverged_have_not_trained():
    lost = recorded_run("bn", [0.5], norm="bn", max_lr=1.0, diverged={"epoch": 2, "step": 4, "lr": 0.01})
    found = settings_of(*runs_of("bn", 0.1, [0.01, 0.012]), *runs_of("bn", 0.5, [0.9, 0.01]), lost)
    assert found.table.trained.to_dict() == {"BN (max lr 0.1)": 2, "BN (max lr 0.5)": 1, "BN (max lr 1)": 0}
    assert "2 runs of 5 did not train" in page.answer(found)
    for _, picture in style.both(lambda: page.error_figure(found)):
        assert "<svg" in style.svg(picture)


def test_nothing_trained_and_a_single_run():
    lost = recorded_run("none", [0.5], norm="none", diverged={"epoch": 2, "step": 4, "lr": 0.01})
    assert page.answer(settings_of(lost)).startswith("**No run of this study trained")
    alone = settings_of(*runs_of("gn", 0.1, [0.02]))
    assert page.differences(alone) == "There is one setting."
    for _, picture in style.both(lambda: page.error_figure(alone)):
        assert "<svg" in style.svg(picture)


def test_names_from_a_study_file_are_no_markup():
    found = settings_of(recorded_run("a*b_<i>", [0.5, 0.1], norm="gn"), recorded_run("c", [0.5, 0.2], norm="gn"))
    assert r"a\*b" in page.answer(found)
    assert r"\<i\>" in page.settings_table(found)["setting"][0]
