"""Which sources a run counts as made by, and that noting it never harms the run."""

import json
import shutil
import subprocess
import sys

import pytest
from publish import copy

from normstudy.runs import folder as run_folders
from normstudy.runs import manifest, stamps
from normstudy.runs.folder import REMEDY, RunError, is_current, read_run
from normstudy.runs.verification import verify

A, B, C, D = (letter * 16 for letter in "abcd")


def record(made_by: str, now: str, **changes) -> dict:
    environment = {"processor": "AMD EPYC", "torch": "2.15.0"}
    told = {"from": made_by, "to": now, "compared": "gn4-digits-seed3-00000000", "epochs": 2}
    return {**told, "measures": ["train_loss"], "environment": environment, **changes}


@pytest.fixture
def stamped(whole, tmp_path, monkeypatch):
    """A copy of `whole` that sources A made, and what gives `is_current` when the sources are such and such."""
    copied = shutil.copytree(whole, tmp_path / "runs" / whole.name)
    metrics = json.loads((copied / "metrics.json").read_text())
    metrics["environment"]["sources"] = A
    (copied / "metrics.json").write_text(json.dumps(metrics))
    manifest.write(copied)
    return copied


@pytest.fixture
def current(monkeypatch):
    """Whether a folder is current when the sources are such and such."""

    def ask(folder, sources: str) -> bool:
        monkeypatch.setattr(run_folders, "sources_hash", lambda: sources)
        return is_current(folder)

    return ask


def test_a_run_is_current_under_the_sources_that_made_it_and_those_that_it_was_found_the_same_under(stamped, current):
    assert [current(stamped, each) for each in (A, B, C, D)] == [True, False, False, False]
    stamps.add(stamped, record(A, B))
    assert [current(stamped, each) for each in (A, B, C, D)] == [True, True, False, False]
    stamps.add(stamped, record(B, C))
    assert [current(stamped, each) for each in (A, B, C, D)] == [True, True, True, False]
    verify(read_run(stamped))
    told = subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=stamped, capture_output=True, text=True)
    assert told.returncode == 0
    assert f"{stamps.NAME}: OK" in told.stdout


def test_a_stamp_counts_for_a_whole_run_of_the_sources_it_is_from(stamped, current):
    stamps.add(stamped, record(B, C))
    assert [current(stamped, each) for each in (A, B, C)] == [True, False, False]
    stamps.add(stamped, record(A, B))
    assert [current(stamped, each) for each in (A, B, C)] == [True, True, True]
    (stamped / "predictions.npz").write_bytes(b"damaged")
    stamps.add(stamped, record(A, D))
    with pytest.raises(RunError, match=r"predictions\.npz: not as it was written"):
        verify(read_run(stamped))
    (stamped / "predictions.npz").unlink()
    assert not current(stamped, B)


@pytest.mark.fault("verified.json of a run that makes no sense", "folder, file and reason in one line; not current")
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("{", "Expecting property name"),
        ("\udcff", "'utf-8' codec can't decode"),
        ("{}", "all of it = {}: must be a valid list"),
        (json.dumps([record(A, B), record("A" * 16, B)]), "1.from = AAAAAAAAAAAAAAAA: String should match pattern"),
        (json.dumps([record(A, B, epochs=0)]), "0.epochs = 0: must be at least 1"),
        (json.dumps([record(A, B, environment={"torch": 2})]), "0.environment.torch = 2: must be a line of text"),
    ],
)
def test_a_record_that_makes_no_sense_is_named_in_one_line(stamped, current, content, expected):
    (stamped / stamps.NAME).write_bytes(content.encode(errors="surrogateescape"))
    manifest.write(stamped)
    with pytest.raises(RunError) as caught:
        verify(read_run(stamped))
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{stamped}: {stamps.NAME}: {expected}")
    assert line.endswith(f"; {REMEDY}")
    assert not current(stamped, B)
    assert current(stamped, A)


def test_records_that_the_checksums_do_not_know_do_not_count(stamped, current):
    (stamped / stamps.NAME).write_text(json.dumps([record(A, B)]))
    assert not current(stamped, B)
    stamps.add(stamped, record(A, C))
    assert [current(stamped, each) for each in (A, B, C)] == [True, False, True]
    text = (stamped / stamps.NAME).read_text()
    (stamped / stamps.NAME).write_text(text.replace(C, B))
    assert [current(stamped, each) for each in (A, B, C)] == [True, False, False]
    with pytest.raises(RunError, match=rf"{stamps.NAME}: not as it was written"):
        verify(read_run(stamped))


KILLED = """
import json, os, sys
from pathlib import Path
from normstudy.runs import stamps
replace, left = os.replace, [int(sys.argv[2])]
def until_killed(*paths):
    if not left[0]:
        os._exit(9)
    left[0] -= 1
    replace(*paths)
os.replace = until_killed
stamps.add(Path(sys.argv[1]), json.loads(sys.argv[3]))
"""


@pytest.mark.fault("killed while a run is noted to be the same under other sources", "the run reads as before")
@pytest.mark.parametrize(
    ("earlier", "after", "ends"), [(0, 0, 9), (0, 1, 9), (1, 0, 9), (1, 1, 9), (1, 2, 9), (1, 3, 0)]
)
def test_a_kill_at_any_point_leaves_the_run_as_it_was(stamped, current, earlier, after, ends):
    for _ in range(earlier):
        stamps.add(stamped, record(A, B))
    before = read_run(stamped)
    process = subprocess.run([sys.executable, "-c", KILLED, stamped, str(after), json.dumps(record(A, C))])
    assert process.returncode == ends
    verify(read_run(stamped))
    assert read_run(stamped).metrics == before.metrics
    assert current(stamped, A)
    assert current(stamped, C) == (ends == 0)
    stamps.add(stamped, record(A, D))
    assert current(stamped, D)
    verify(read_run(stamped))
    assert {path.name for path in stamped.iterdir()} - manifest.read(stamped).keys() == {manifest.NAME}


def test_a_stamped_run_is_published_with_its_stamps_and_replaced_without(stamped, current, whole, tmp_path):
    stamps.add(stamped, record(A, B))
    copy(stamped, tmp_path / "results")
    published = tmp_path / "results" / stamped.name
    assert current(published, B)
    copy(whole, tmp_path / "results")
    assert not (published / stamps.NAME).exists()
    verify(read_run(published))
    (published / "mine.txt").write_text("mine")
    with pytest.raises(RunError, match=r"mine\.txt: belongs to no run"):
        copy(stamped, tmp_path / "results")
