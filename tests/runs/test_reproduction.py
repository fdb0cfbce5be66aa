"""Training a run again, and what is said of the two histories."""

import copy
import json
import shutil

import pytest
from conftest import QUICK

from normstudy.config import Config
from normstudy.runs import manifest
from normstudy.runs.folder import environment, publish, read_run, save, stage
from normstudy.runs.history_differences import TOLERANCES, Course, Difference, differences
from normstudy.runs.reproduction import (
    compare,
    course,
    deciding,
    groups_of_a_kind,
    kind_of_model,
    made_with_other,
    representative,
    train_again,
)
from normstudy.training.loop import fit


@pytest.fixture(scope="module")
def here() -> dict:
    return deciding(environment("cpu"))


@pytest.fixture
def changed(run_folder, tmp_path):
    """Gives the run of `run_folder` with a change made to its metrics, which still keep to the contract."""

    def make(change):
        folder = shutil.copytree(run_folder, tmp_path / run_folder.name)
        metrics = json.loads((folder / "metrics.json").read_text())
        change(metrics)
        (folder / "metrics.json").write_text(json.dumps(metrics))
        manifest.write(folder)
        return read_run(folder)

    return make


def without_seconds(history) -> list[dict]:
    return [{name: value for name, value in entry.items() if name != "seconds"} for entry in history]


def test_the_first_epochs_are_those_of_the_whole_run(trained, run_folder, here):
    again = train_again(trained.config, 1)
    assert len(again.history) == 1
    assert without_seconds(again.history) == without_seconds(trained.run.history[:1])
    # A run of one epoch has another schedule: it would not do.
    alone = fit(Config(**{**trained.config.model_dump(), "epochs": 1}), trained.data)
    assert without_seconds(alone.history) != without_seconds(again.history)
    found = compare(read_run(run_folder), again, 1, here)
    assert (found.verdict, found.detail, found.epochs) == ("equal", "", 1)
    assert {"train_loss", "train_accuracy", "test_loss", "test_accuracy", "penalty", "lr"} <= set(found.measures)
    assert not {"seconds", "epoch"} & set(found.measures)


def test_whole_runs_are_compared_to_their_end(trained, run_folder, here):
    again = train_again(trained.config, 2)
    assert compare(read_run(run_folder), again, 2, here).epochs == 2
    spoilt = copy.deepcopy(again.history)
    spoilt[1]["test_loss"] *= 1 + 1e-15
    assert spoilt[1]["test_loss"] != again.history[1]["test_loss"]
    found = compare(read_run(run_folder), Course(spoilt), 2, here)
    assert found.verdict == "different"
    was, now = again.history[1]["test_loss"], spoilt[1]["test_loss"]
    assert found.detail.startswith(f"test_loss in epoch 2 was {was!r} and is {now!r} (no more than on another machine")


def test_every_measure_of_every_epoch_counts_but_the_seconds(trained, run_folder, here):
    run = read_run(run_folder)
    for measure in ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "penalty", "lr"):
        for epoch in (1, 2):
            spoilt = copy.deepcopy(trained.run.history)
            spoilt[epoch - 1][measure] /= 3
            found = compare(run, Course(spoilt), 2, here)
            assert found.verdict == "different"
            assert found.detail.startswith(f"{measure} in epoch {epoch} was ")
            del spoilt[epoch - 1][measure]
            assert compare(run, Course(spoilt), 2, here).verdict == "different"
    slow = [{**entry, "seconds": 1000 * entry["seconds"]} for entry in trained.run.history]
    assert compare(run, Course(slow), 2, here).verdict == "equal"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda m: m["environment"].update(processor="Another"), "processor"),
        (lambda m: m["environment"]["packages"].update(numpy="1.0"), "numpy"),
        (lambda m: m["environment"].update(arithmetic="MKL_CBWR=AVX2"), "arithmetic"),
        (lambda m: m["environment"].update(python="3.0", torchvision="0"), "torchvision, python"),
    ],
)
def test_what_another_machine_made_may_differ_by_rounding_and_no_more(changed, here, change, name):
    run = changed(change)
    assert ", ".join(made_with_other(run, here)) == name
    assert compare(run, course(run, 2), 2, here).verdict == "equal"
    rounded, spoilt = copy.deepcopy(run.history), copy.deepcopy(run.history)
    rounded[0]["train_loss"] *= 1 + 0.9 * TOLERANCES["train_loss"][0]
    rounded[1]["test_loss"] *= 1 + 1e-6
    found = compare(run, Course(rounded), 2, here)
    assert found.verdict == "close"
    result = f"train_loss in epoch 1 was {run.history[0]['train_loss']!r} and is {rounded[0]['train_loss']!r}"
    assert found.detail == f"{result}, the largest difference; made with another {name}"
    spoilt[0]["train_loss"] *= 1 + 1.1 * TOLERANCES["train_loss"][0]
    found = compare(run, Course(spoilt), 2, here)
    assert (found.verdict, found.detail[:21]) == ("different", "train_loss in epoch 1")


@pytest.mark.parametrize(
    ("difference", "dataset", "passes"),
    [
        (Difference(1, "lr", 0.1, 0.1 * (1 + 1e-15)), "mnist", True),  # a library's cosine
        (Difference(1, "lr", 0.1, 0.1 * (1 + 1e-9)), "mnist", False),
        (Difference(1, "test_loss", 0.1, None), "mnist", False),
        (Difference(1, "test_loss", "0.1", 0.1), "mnist", False),
        (Difference(1, "train_loss", 1.0, 1.006), "mnist", False),
        (Difference(2, "train_loss", 1.0, 1.006), "mnist", True),
        (Difference(2, "train_loss", 1.0, 1.08), "mnist", False),
        (Difference(3, "train_loss", 1.0, 1.08), "mnist", True),
        (Difference(20, "train_loss", 1.0, 1.4), "mnist", False),
        (Difference(20, "train_loss", 1.0, 1.4), "digits", True),
        (Difference(2, "train_loss", 1.0, 1.4), "digits", False),
        (Difference(1, "train_accuracy", 0.5, 0.501), "mnist", True),
        (Difference(1, "train_accuracy", 0.5, 0.498), "mnist", False),
    ],
)
def test_rounding_may_do_more_the_later(difference, dataset, passes):
    assert (difference.in_tolerances(dataset) <= 1) == passes


def test_what_is_measured_today_and_was_not_then_is_not_missed():
    before, now = Course([{"epoch": 1, "train_loss": 1.0}]), Course([{"epoch": 1, "train_loss": 1.0, "new": 2}])
    assert list(differences(before, now)) == []
    assert [str(each) for each in differences(now, before)] == ["new in epoch 1 was 2 and is None"]


def test_a_run_that_diverged_has_to_diverge_at_the_same_step(trained, tmp_path, here):
    config = Config(**{**QUICK, "norm": "none", "optimizer": "sgd", "max_lr": 100})
    staged = stage(config, tmp_path)
    save(fit(config, trained.data), trained.data, staged)
    run = read_run(publish(staged, tmp_path))
    end = {name: run.metrics[name] for name in ("epoch", "step", "lr")}
    again = train_again(config, 2)
    assert again.diverged == end
    later, elsewhere = Course(again.history, {**end, "step": end["step"] + 1}), {**here, "processor": "Another"}
    found = [compare(run, *each) for each in ((again, 2, here), (later, 2, here), (later, 2, elsewhere))]
    assert [each.verdict for each in found] == ["equal", "different", "close"]
    assert found[1].detail.startswith(f"divergence in epoch {end['epoch']} was {end} and is ")
    assert compare(run, Course(again.history), 2, elsewhere).verdict == "different"


def test_runs_are_of_one_kind_if_nothing_but_seeds_tells_them_apart(run_folder, tmp_path):
    def as_run(made_by, **values):
        folder = shutil.copytree(run_folder, tmp_path / str(len(list(tmp_path.iterdir()))))
        metrics = json.loads((folder / "metrics.json").read_text())
        metrics["config"].update(values)
        metrics["environment"]["sources"] = made_by
        (folder / "metrics.json").write_text(json.dumps(metrics))
        return read_run(folder, check_name=False)

    runs = [as_run("a" * 16, seed=seed, l1=l1) for seed in (1, 2) for l1 in (0.0, 0.1)]
    runs += [as_run("b" * 16, seed=3, l1=0.1)]
    assert kind_of_model(runs[0].config) == kind_of_model(runs[2].config) != kind_of_model(runs[1].config)
    found = [sorted(runs.index(run) for run in group) for group in groups_of_a_kind(runs)]
    assert sorted(found) == [[0, 2], [1, 3], [4]]


def test_a_run_of_this_machine_stands_for_its_kind(changed, run_folder, here):
    other = changed(lambda m: m["environment"].update(processor="Another"))
    own = read_run(run_folder)
    assert representative([other, own], here) is own
    assert representative([other, other], here) is other
