"""The README of published results."""

import json

import pytest
from recorded import ENVIRONMENT, recorded_run, recorded_study

from normstudy.report import results_readme
from normstudy.report.results_readme import page, seeds_in_short
from normstudy.runs.record import write_record
from normstudy.training.sources import sources_hash


def run(norm="gn", seed=0, **environment):
    found = recorded_run(norm, [0.5, 0.4], norm=norm, seed=seed, seconds=1800)
    found.metrics["environment"] = {**ENVIRONMENT, "sources": sources_hash(), **environment}
    return found


def lines(text, heading):
    """The items below a heading."""
    below = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [line for line in below.splitlines() if line.startswith("- ")]


def test_each_study_is_told_with_what_it_was_made():
    main = recorded_study("main", [run(seed=seed) for seed in range(3)], "Forty seeds")
    text = page({"main": main}, [], {"main.json": 1_200_000, "main.npz": 800_000, "figures": 5}, {"main": 3})
    row = next(line for line in text.splitlines() if line.startswith("| [main]"))
    assert [cell.strip() for cell in row.split("|")[1:-1]] == [
        *["[main](#main)", "Forty seeds", "1", "0 to 2", "3", "3.00 core-hours", "2.0 MB"]
    ]
    made, where, versions, sources = lines(text, "main")
    assert made == "- made by `make study STUDY=main`: all 3 runs, seeds 0 to 2"
    assert "on one kind of processor, a processor, 1 thread, fp32, in 3.00 core-hours" in where
    assert "torch 2" in versions
    assert "from commit 0000000000" in versions
    assert sources == f"- by code that gives the same numbers as that beside this file (fingerprint `{sources_hash()}`)"


def test_what_is_not_as_it_should_be_is_told():
    diverged = recorded_run("none", [0.5], norm="none", diverged={"epoch": 2, "step": 4, "lr": 0.01})
    diverged.metrics["environment"] = {**ENVIRONMENT, "processor": "another"}
    study = recorded_study("rates", [run(), diverged])
    made, where, _, sources = lines(page({"rates": study}, [], {}, {"rates": 10}), "rates")
    assert "2 of 10 runs so far, seed 0; 1 diverged" in made
    assert "on different kinds of processors: 1 run on a processor and 1 run on another" in where
    assert "1 of 2 runs by other code" in sources
    assert "not verified" in sources
    made, *_ = lines(page({"rates": study}, [], {}, {}), "rates")
    assert "made from a study's file that is not in `params/studies/`: 2 runs, seed 0; 1 diverged" in made


def test_it_is_written_beside_the_records(tmp_path):
    write_record(tmp_path / "a_study.json", "A <question>", [run()])
    results_readme.write(tmp_path, tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert r"A \<question\>" in text
    assert "Run folders" not in text
    size = (tmp_path / "a_study.json").stat().st_size
    assert f"{size / 1e6:.2f} MB" in text
    results_readme.write(tmp_path, tmp_path)
    assert (tmp_path / "README.md").read_text() == text  # its own size does not count


def test_published_folders_are_listed(run_folder, tmp_path):
    (tmp_path / run_folder.name).symlink_to(run_folder)
    (tmp_path / "studies.json").write_text(json.dumps({"main": [run_folder.name]}))
    results_readme.write(tmp_path, tmp_path)
    (line,) = lines((tmp_path / "README.md").read_text(), "Run folders")
    assert line.startswith(f"- [`{run_folder.name}`]({run_folder.name}): GN + L1, seed 3, ")


@pytest.mark.parametrize(
    ("seeds", "text"),
    [
        ([4], "seed 4"),
        ([5, 4], "seeds 4 and 5"),
        ([2, 0, 1], "seeds 0 to 2"),
        ([301, 101, 302], "seeds 101, 301 and 302"),
        ([0, 2, 4, 6, 8], "5 seeds"),
    ],
)
def test_seeds_are_told_in_short(seeds, text):
    assert seeds_in_short([run(seed=seed) for seed in seeds]) == text
