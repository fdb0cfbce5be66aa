"""What the report says of runs that other sources made."""

import json
import shutil
from dataclasses import replace

import pytest
from recorded import recorded_run, recorded_study

from normstudy.config import make_config, run_name
from normstudy.report.verified import sentence
from normstudy.runs import manifest, stamps
from normstudy.runs.folder import RunError, read_run
from normstudy.training.sources import sources_hash

OTHER = "0123456789abcdef"


@pytest.fixture
def runs(whole, tmp_path):
    """Two runs, the second of which other sources made."""
    found = []
    for norm, made_by in (("ln", sources_hash()), ("gn", OTHER)):
        metrics = json.loads((whole / "metrics.json").read_text())
        metrics["config"].update(norm=norm, l1=0.0)
        metrics["environment"]["sources"] = made_by
        folder = shutil.copytree(whole, tmp_path / run_name(make_config(metrics["config"])))
        (folder / "metrics.json").write_text(json.dumps(metrics))
        manifest.write(folder)
        found.append(read_run(folder))
    return found


def test_runs_of_other_sources_are_named_until_they_are_verified(runs):
    assert sentence(runs[:1]) == ""
    assert sentence(runs).startswith("1 of 2 runs (GN) was made by other sources than the present ones")
    assert sentence(runs[1:]).startswith("The run was made by other sources")
    assert sentence([runs[1], runs[1]]).startswith("All 2 runs were made by other sources")
    record = {"from": OTHER, "to": sources_hash(), "compared": runs[1].name, "epochs": 2, "measures": ["train_loss"]}
    stamps.add(runs[1].folder, {**record, "environment": {}})
    assert sentence(runs) == ""


def test_recorded_runs_of_other_sources_are_counted_until_they_are_verified(runs):
    def made(sources, verified=()):
        run = recorded_run("gn", [0.5])
        run.metrics["environment"] = {**run.metrics["environment"], "sources": sources}
        return replace(run, verified=list(verified))

    stamp = {"from": OTHER, "to": sources_hash(), "compared": "", "epochs": 2, "measures": ["lr"], "environment": {}}
    current = recorded_study("main", [made(sources_hash()), made(OTHER, [stamp])])
    assert sentence(runs[:1], {"main": current}) == ""
    records = {
        "main": current,
        "batch_size": recorded_study(
            "batch_size", [made(OTHER), made(sources_hash()), made(OTHER, [{**stamp, "to": OTHER}])]
        ),
        "one": recorded_study("one", [made(OTHER)]),
    }
    assert sentence(runs[:1], records) == (
        "Of the recorded studies, 2 of 3 runs of batch\\_size and 1 of 1 run of one were made by other sources than "
        "the present ones, and it was not verified that these give the same numbers."
    )
    assert sentence(runs, records).startswith("1 of 2 runs (GN) was made by other sources")


def test_damage_is_not_taken_for_a_verification(runs):
    (runs[1].folder / "SHA256SUMS").unlink()
    with pytest.raises(RunError, match="no SHA256SUMS there"):
        sentence(runs)
