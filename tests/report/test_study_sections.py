"""The part of the report that the studies have."""

from recorded import recorded_run, recorded_study

from normstudy.report import studies


def study(name):
    runs = [recorded_run("gn", [0.1, loss], norm="gn", groups=groups) for groups, loss in ((2, 0.05), (8, 0.04))]
    return recorded_study(name, runs, title=f"About {name}")


def test_there_is_nothing_where_no_study_has_a_section_of_its_own():
    assert studies.sections({}) == ""
    assert studies.sections({name: study(name) for name in studies.ELSEWHERE}) == ""


def test_each_study_has_its_section_under_one_heading(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = studies.sections({name: study(name) for name in ("main", "unheard_of", "groups")})
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings[0] == studies.HEADING
    assert [line.startswith("### ") for line in headings[1:]] == [True, True]
    assert "About unheard" in headings[2]  # those that are known come first
    assert "main" not in text
