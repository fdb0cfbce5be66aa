"""The compact record of a study."""

import json

import pytest

from normstudy.runs.record import RecordError, config_of, read_record, write_record


def row(norm: str, seed: int, loss: float | None, accuracy: float | None = 0.9) -> dict:
    return {
        "model": norm,
        "config": {"norm": norm, "seed": seed, "epochs": 2, "dataset": "digits"},
        "parameters": 7610,
        "validation_loss": loss,
        "validation_accuracy": accuracy,
        "losses": [0.7] if loss is None else [0.7, loss],
        "seconds_per_epoch": 0.5,
        "made_with": {"processor": "a", "torch": "2", "sources": "0" * 16},
    }


def test_the_record_is_read_as_it_was_written(tmp_path):
    rows = [row("bn", 1, 0.25), row("bn", 2, None, None)]
    write_record(tmp_path / "search.json", rows)
    assert read_record(tmp_path / "search.json") == rows


@pytest.mark.parametrize("content", [None, b"", b"[{", b"\xff\xfe"])
def test_a_record_that_cannot_be_read_is_named(tmp_path, content):
    path = tmp_path / "search.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RecordError, match="not readable") as caught:
        read_record(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"model": 5}, "model = 5 is no text"),
        ({"config": {"norm": "batch"}}, "config: norm = batch: must be one of"),
        ({"validation_loss": -1}, "validation_loss = -1 is impossible"),
        ({"validation_loss": None}, "validation_loss = None is impossible"),
        ({"validation_accuracy": 99.1}, "validation_accuracy = 99.1 is impossible"),
        ({"validation_accuracy": True}, "validation_accuracy = True is impossible"),
        ({"parameters": None}, "parameters = None is impossible"),
        ({"seconds_per_epoch": "4"}, "seconds_per_epoch = '4' is impossible"),
        ({"losses": [0.5, "x"]}, "losses is no list of numbers"),
        ({"losses": [0.5]}, "losses of 1 epochs where 2 were asked for"),
        ({"validation_loss": None, "validation_accuracy": None}, "losses of 2 epochs where 2 were asked for"),
        ({"made_with": {"torch": "2"}}, "made_with does not tell processor, torch, sources"),
    ],
)
def test_a_record_with_impossible_values_is_refused(tmp_path, change, expected):
    path = tmp_path / "search.json"
    path.write_text(json.dumps([row("bn", 1, 0.25), row("bn", 2, 0.5) | change]))
    with pytest.raises(RecordError) as caught:
        read_record(path)
    assert str(caught.value).startswith(f"{path}: run 2: {expected}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["[]", "{}", "[3]"])
def test_a_record_that_is_no_list_of_runs_is_refused(tmp_path, content):
    (tmp_path / "search.json").write_text(content)
    with pytest.raises(RecordError, match="not a list of runs"):
        read_record(tmp_path / "search.json")


def test_a_run_of_before_a_parameter_was_there_is_read_as_it_was():
    assert config_of(row("gn", 1, 0.5)).skeleton == "5x5/3, 3x3 padded, 3x3, 3x3"
