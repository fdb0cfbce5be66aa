"""What the runs were made with, on and from."""

from made_runs import made_run
from recorded import recorded_run

from normstudy.report import provenance

ENVIRONMENT = {"python": "3.11.7", "torch": "2.9.0", "torchvision": "0.24.0", "processor": "A <fast> one"}
ENVIRONMENT |= {"commit": "0123456789abcdef", "clean": True}


def made_with(**changes):
    run = made_run("bn", [])
    run.metrics["environment"] = ENVIRONMENT | changes
    return run


def plain(markdown: str) -> str:
    return markdown.replace("\\", "")


def test_what_is_the_same_for_all_runs_is_told_once():
    runs = [made_with(), made_with()]
    assert plain(provenance.versions(runs)) == "Python 3.11.7, torch 2.9.0 and torchvision 0.24.0"
    assert provenance.processors(runs) == "A \\<fast\\> one"
    assert provenance.commits(runs) == "commit 0123456789"
    assert provenance.threads(runs) == f"1 thread, {runs[0].config.precision}"
    assert provenance.code_points(runs) == ""


def test_what_differs_between_runs_is_told():
    runs = [made_with(), made_with(torch="2.10.0", processor="", clean=False), made_with(commit=None, clean=False)]
    assert "torch 2.9.0 or 2.10.0 and" in plain(provenance.versions(runs))
    assert plain(provenance.processors(runs)) == "A <fast> one and (no name)"
    assert plain(provenance.commits(runs)) == (
        "commit 0123456789, commit 0123456789 with uncommitted changes and sources outside version control"
    )


def test_code_points_are_explained_where_there_are_any():
    assert "are given as code points" in provenance.code_points([made_with(processor="a\u202eb")])


def test_it_is_said_where_the_notebooks_are():
    recorded = [recorded_run("bn", [0.1], norm="bn", seed=seed) for seed in range(5)]
    own = made_run("bn", [], seed=7)
    own.name = "bn-7"
    other = made_run("bn", [], seed=8)
    other.name = "bn-8"
    assert provenance.notebooks([own], [own]) == "The notebooks are listed beside this article."
    text = provenance.notebooks([own, other, *recorded], [own])
    assert "one run of each model (seed 7); 1 further run has its own in a folder; 5 further runs are kept" in text
    assert provenance.notebooks(recorded, recorded[:1]).startswith("5 runs are kept without a notebook")
