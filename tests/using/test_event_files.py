"""What TensorBoard reads of runs, read back as it does."""

import json
import shutil
from dataclasses import replace

import pytest
from recorded import recorded_run, seeded_runs
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

from normstudy.ownership import take_runs_folder
from normstudy.runs.folder import CHECKPOINTS, claim, read_run
from normstudy.runs.record import write_record
from normstudy.training import checkpoints
from normstudy.training.checkpoints import Checkpoint
from normstudy.training.optimizer import Optimizers
from normstudy.using.event_files import LISTS, PROGRESS, TAGS, Board


@pytest.fixture
def board(tmp_path):
    """A board of an empty folder of runs."""
    (tmp_path / "runs").mkdir()
    return Board(tmp_path / "runs", tmp_path / "logs")


def read(board, name) -> EventAccumulator:
    return EventAccumulator(str(board.logs / name)).Reload()


def scalars(board, name, tag) -> list[tuple[int, float]]:
    return [(event.step, event.value) for event in read(board, name).Scalars(tag)]


def in_float32(history, measure) -> list[tuple[int, object]]:
    return [(entry["epoch"], pytest.approx(entry[measure], rel=1e-6)) for entry in history]


def hyperparameters(events) -> dict:
    content = events.PluginTagToContent("hparams")["_hparams_/session_start_info"]
    result = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info.hparams
    return {key: getattr(value, value.WhichOneof("kind")) for key, value in result.items()}


def metrics_of(events) -> set[str]:
    content = events.PluginTagToContent("hparams")["_hparams_/experiment"]
    result = plugin_data_pb2.HParamsPluginData.FromString(content).experiment
    return {each.name.tag for each in result.metric_infos}


def test_a_finished_run_is_all_there(board, whole):
    shutil.copytree(whole, board.runs / whole.name)
    assert board.look() == [whole.name]
    run, events = read_run(whole), read(board, whole.name)
    for measure, tag in TAGS.items():
        assert scalars(board, whole.name, tag) == in_float32(run.history, measure)
    for measure, tag in LISTS.items():
        values = [event.value for event in events.Scalars(f"{tag}/layer_2")]
        assert values == [pytest.approx(entry[measure][1], rel=1e-6) for entry in run.history]
    tags = events.Tags()
    assert tags["images"] == ["misclassified"]
    assert tags["histograms"] == [f"{letter}/{layer}" for layer in range(1, 5) for letter in "γβ"]
    (gamma,) = events.Histograms("γ/1")
    assert (gamma.step, gamma.histogram_value.num) == (2, 16)
    result = hyperparameters(events)
    assert (result["norm"], result["groups"], result["l1"], result["seed"]) == ("gn", 4, pytest.approx(1e-5), 3)
    assert result.keys() == run.config.model_dump().keys()
    assert metrics_of(events) == {"accuracy/evaluation", "loss/evaluation", "loss/training"}
    assert board.look() == []


def test_a_run_is_followed_while_it_goes_on_and_goes_on_when_it_has_ended(board, trained, whole):
    name, history = whole.name, trained.run.history
    take_runs_folder(board.runs)
    channel = board.runs / PROGRESS / f"{name}.jsonl"
    channel.parent.mkdir()
    channel.write_text(json.dumps(history[0]) + "\n")
    assert board.look() == []  # nobody is at work on it
    with claim(name, board.runs):
        assert board.look() == [name]
        assert scalars(board, name, "loss/evaluation") == in_float32(history[:1], "test_loss")
        assert read(board, name).Tags()["histograms"] == []
        checkpoint = Checkpoint.of(trained.run.model, Optimizers(trained.config, trained.run.model), history, [])
        path = board.runs / CHECKPOINTS / f"{name}.safetensors"
        path.parent.mkdir()
        checkpoints.write(path, checkpoint, trained.config)
        with open(channel, "a") as file:
            file.write(json.dumps(history[1]) + "\n" + '{"epo')
        assert board.look() == [name]
        assert [event.step for event in read(board, name).Histograms("β/4")] == [2]
        assert board.look() == []
    shutil.copytree(whole, board.runs / name)
    assert board.look() == [name]
    assert scalars(board, name, "loss/evaluation") == in_float32(history, "test_loss")
    assert read(board, name).Tags()["images"] == ["misclassified"]


def test_a_run_that_is_made_anew_takes_the_place_of_the_earlier(board, whole):
    folder = shutil.copytree(whole, board.runs / whole.name)
    board.look()
    (folder / "metrics.json").touch()
    assert board.look() == [whole.name]
    assert [step for step, _ in scalars(board, whole.name, "loss/training")] == [1, 2]


def test_recorded_runs_are_shown_and_those_that_diverged(board):
    (finished,) = seeded_runs({"gn": [50]})
    diverged = recorded_run("gn", [0.2], diverged={"epoch": 2, "step": 4, "lr": 0.01}, norm="gn", seed=1)
    write_record(board.runs / "some.json", "", [replace(finished, columns=None), diverged])
    assert sorted(board.look()) == sorted([finished.name, diverged.name])
    assert scalars(board, finished.name, "accuracy/evaluation")[-1] == (2, pytest.approx(0.995))
    events = read(board, diverged.name)
    assert "diverged/text_summary" in events.Tags()["tensors"]
    assert hyperparameters(events)["norm"] == "gn"
    assert metrics_of(events) == set()


def test_what_is_damaged_is_left_out_and_named(board, whole):
    shutil.copytree(whole, board.runs / whole.name)
    damaged = shutil.copytree(whole, board.runs / "other")
    (board.runs / "bad.json").write_text("[")
    assert board.look() == [whole.name]
    assert set(board.refused) == {str(damaged), str(board.runs / "bad.json")}


def test_nothing_is_written_into_the_folder_of_runs(board, whole):
    shutil.copytree(whole, board.runs / whole.name)
    before = sorted(path.relative_to(board.runs) for path in board.runs.rglob("*"))
    board.look()
    assert sorted(path.relative_to(board.runs) for path in board.runs.rglob("*")) == before
