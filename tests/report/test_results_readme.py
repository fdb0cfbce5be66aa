"""The README of published results."""

from recorded import ENVIRONMENT, recorded_run, recorded_study

from normstudy.report import results_readme
from normstudy.report.results_readme import page
from normstudy.runs.record import write_record
from normstudy.training.sources import sources_hash


def run(norm="gn", seed=0, **environment):
    found = recorded_run(norm, [0.5, 0.4], norm=norm, seed=seed, seconds=1800)
    found.metrics["environment"] = {**ENVIRONMENT, "sources": sources_hash(), **environment}
    return found


def row(text, name):
    """The cells of a study's row."""
    line = next(line for line in text.splitlines() if line.startswith(f"| `{name}`"))
    return [cell.strip() for cell in line.split("|")[2:-1]]


def test_each_study_is_listed_with_what_made_it():
    main = recorded_study("main", [run(seed=seed) for seed in range(3)], "Forty seeds")
    text = page({"main": main}, [], {"main": 3})
    assert row(text, "main") == ["Forty seeds", "1", "3", "0 to 2", "3.00", "`0000000000`", "–"]
    assert "- a processor" in text
    assert "Run folders" not in text


def test_missing_diverged_and_unverified_runs_are_listed():
    diverged = recorded_run("none", [0.5], norm="none", diverged={"epoch": 2, "step": 4, "lr": 0.01})
    diverged.metrics["environment"] = {**ENVIRONMENT, "processor": "another"}
    text = page({"rates": recorded_study("rates", [run(), diverged])}, [], {"rates": 10})
    assert row(text, "rates")[2] == "2 of 10 so far"
    assert row(text, "rates")[-1] == "1 diverged; 1 of other sources, not verified"
    assert "- another" in text


def test_it_is_written_next_to_the_records(tmp_path):
    write_record(tmp_path / "a_study.json", "A <question>", [run()])
    results_readme.write(tmp_path, tmp_path)
    assert r"A \<question\>" in (tmp_path / "README.md").read_text()
