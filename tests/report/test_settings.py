"""In which parameters models differ, and where it is told."""

from made_runs import made_run, made_runs

from normstudy.report import settings


def test_models_that_have_a_column_each_need_no_further_table():
    assert settings.differing_parameters([made_run("bn", []), made_run("ln", [], seed=2)]) == []
    assert settings.where_told([made_run("bn", []), made_run("ln", [])]) == ""


def test_many_differing_parameters_make_several_tables():
    runs = made_runs(9, 1)
    parts = settings.differing_parameters(runs)
    assert len(parts) == 2
    assert max(map(len, parts)) <= settings.MOST_SETTINGS
    assert settings.where_told(runs) == " @tbl-settings-1 and @tbl-settings-2 have what differs."
