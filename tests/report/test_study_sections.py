"""The part of the report that the studies have."""

from recorded import recorded_run, recorded_study

from normstudy.report import studies


def study(name):
    runs = [recorded_run("gn", [0.1, loss], norm="gn", groups=groups) for groups, loss in ((2, 0.05), (8, 0.04))]
    return recorded_study(name, runs, title=f"About {name}")


def test_there_is_nothing_where_no_study_has_a_section_of_its_own():
    assert studies.told({name: study(name) for name in studies.ELSEWHERE}) == {}
    assert studies.sections({}) == ""


def test_each_study_has_its_section_under_one_heading(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = studies.told({name: study(name) for name in ("main", "unheard_of", "groups")})
    assert list(told) == ["groups", "unheard_of"]  # those that are known come first
    headings = [line for line in studies.sections(told).splitlines() if line.startswith("#")]
    assert headings[0] == studies.HEADING
    assert [line.startswith("### ") for line in headings[1:]] == [True, True]
    assert "About unheard" in headings[2]


def test_what_is_inside_the_networks_is_shown_elsewhere():
    told = studies.told({"inside": study("inside")})
    assert told[studies.INSIDE].startswith("### About inside {#sec-inside}")
    assert studies.sections(told) == ""
