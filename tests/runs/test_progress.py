"""The progress channel of a run."""

import json

import pytest

from normstudy.runs.progress import Reporter, in_words, read

ENTRY = {
    "epoch": 3, "train_loss": 0.51234, "train_accuracy": 0.8, "test_loss": 0.25, "test_accuracy": 0.9876, "lr": 0.01,
    "seconds": 1.25,
}  # fmt: skip


def test_what_is_reported_is_read_and_printed(tmp_path, monkeypatch, capsys):
    path = tmp_path / "run.jsonl"
    monkeypatch.setenv("NORMSTUDY_PROGRESS", str(path))
    report = Reporter(20)
    report.epoch(ENTRY)
    report.epoch({**ENTRY, "epoch": 4})
    assert read(path) == [ENTRY, {**ENTRY, "epoch": 4}]
    first, second = capsys.readouterr().out.splitlines()
    assert first == ("epoch   3 of 20: loss 0.5123 in training, 0.2500 in evaluation, accuracy 98.76%, 1.2 s")
    assert second.startswith("epoch   4 of 20")


def test_epochs_before_an_interruption_are_marked(tmp_path, monkeypatch, capsys):
    path = tmp_path / "run.jsonl"
    monkeypatch.setenv("NORMSTUDY_PROGRESS", str(path))
    report = Reporter(20)
    report.resumed([ENTRY])
    report.epoch({**ENTRY, "epoch": 4})
    assert [entry.get("restored", False) for entry in read(path)] == [True, False]
    assert "goes on after epoch 1 of 20" in capsys.readouterr().out


def test_without_the_variable_only_a_line_is_printed(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("NORMSTUDY_PROGRESS", raising=False)
    monkeypatch.chdir(tmp_path)
    Reporter(20).epoch(ENTRY)
    assert "epoch   3 of 20" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_progress_file_that_cannot_be_written_does_not_stop_the_run(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NORMSTUDY_PROGRESS", str(tmp_path / "file/run.jsonl"))
    Reporter(20).epoch(ENTRY)
    assert "epoch   3 of 20" in capsys.readouterr().out


def test_a_line_that_is_still_being_written_is_left_out(tmp_path):
    path = tmp_path / "run.jsonl"
    assert read(path) == []
    path.write_text("")
    assert read(path) == []
    line = json.dumps(ENTRY)
    for length in (1, len(line) // 2, len(line)):
        path.write_text(f"{line}\n{line[:length]}")
        assert read(path) == [ENTRY]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 s"), (40.4, "40 s"), (59.6, "1 min"), (60, "1 min"), (200, "3 min 20 s"), (3599.7, "1 h 0 min"),
        (7500, "2 h 5 min"), (100_000, "27 h 46 min"),
    ],
)  # fmt: skip
def test_durations_in_words(seconds, words):
    assert in_words(seconds) == words
