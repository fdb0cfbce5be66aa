"""Which sources a run counts as made by."""

import json
import shutil

import pytest
from publish import copy

from normstudy.runs import folder as run_folders
from normstudy.runs import manifest, stamps
from normstudy.runs.folder import is_current, read_run
from normstudy.runs.stamps import StampError
from normstudy.runs.verification import verify

A, B, C, D = (letter * 16 for letter in "abcd")


def stamp(run, made_by: str, now: str, **changes) -> dict:
    found = {"from": made_by, "to": now, "runs": [run.name, "another"], "compared": ["another"], "epochs": 2}
    return {**found, "measures": ["train_loss"], "environment": {"torch": "2.15.0"}, **changes}


@pytest.fixture
def run(whole, tmp_path):
    """A copy of `whole` that sources A made."""
    copied = shutil.copytree(whole, tmp_path / "runs" / whole.name)
    metrics = json.loads((copied / "metrics.json").read_text())
    metrics["environment"]["sources"] = A
    (copied / "metrics.json").write_text(json.dumps(metrics))
    manifest.write(copied)
    return copied


@pytest.fixture
def current(monkeypatch):
    """Under which of the sources A, B, C and D a folder is current."""

    def ask(folder) -> str:
        found = ""
        for name, sources in {"A": A, "B": B, "C": C, "D": D}.items():
            monkeypatch.setattr(run_folders, "sources_hash", lambda sources=sources: sources)
            found += name if is_current(folder) else ""
        return found

    return ask


def test_a_run_is_current_under_the_sources_that_made_it_and_those_that_give_the_same(run, current, tmp_path):
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    for new, expected in (
        (stamp(run, B, C), "A"),
        (stamp(run, A, D, runs=["another"]), "A"),
        (stamp(run, A, B), "ABC"),
        (stamp(run, C, D), "ABCD"),
    ):
        for _ in range(2):
            stamps.add(run.parent, [new])
        assert current(run) == expected
    assert len(stamps.read(run.parent)) == 4
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before
    verify(read_run(run))
    copy(run, tmp_path / "results")
    assert current(tmp_path / "results" / run.name) == "A"
    stamps.carry([run.name], run.parent, tmp_path / "results")
    assert current(tmp_path / "results" / run.name) == "ABCD"
    (run / "predictions.npz").unlink()
    assert current(run) == ""


@pytest.mark.fault("verified.json that makes no sense", "file, reason and remedy in one line; not current")
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("{", "Expecting property name"),
        ("\udcff", "'utf-8' codec can't decode"),
        ("{}", "all of it = {}: must be a valid list"),
        ({"from": "A" * 16}, "0.from = AAAAAAAAAAAAAAAA: String should match pattern"),
        ({"epochs": 0}, "0.epochs = 0: must be at least 1"),
        ({"environment": {"torch": 2}}, "0.environment.torch = 2: must be a line of text"),
    ],
)
def test_stamps_that_make_no_sense_are_reported_in_one_line_and_stay(run, current, change, expected):
    text = change if isinstance(change, str) else json.dumps([stamp(run, A, B, **change)])
    path = run.parent / stamps.NAME
    path.write_bytes(text.encode(errors="surrogateescape"))
    for call in (lambda: stamps.read(run.parent), lambda: stamps.add(run.parent, [stamp(run, A, B)])):
        with pytest.raises(StampError) as caught:
            call()
        (line,) = str(caught.value).splitlines()
        assert line.startswith(f"{path}: not readable ({expected}")
        assert line.endswith("; delete it, and call `make verify STAMP=1` again")
    assert current(run) == "A"
    assert path.read_bytes() == text.encode(errors="surrogateescape")
