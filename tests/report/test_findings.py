"""Sentences: numbers and verdicts follow the runs."""

import itertools
import json
from types import SimpleNamespace

import numpy as np
import pytest

from normstudy.config import Config
from normstudy.model import SKELETON
from normstudy.report import figures, findings, tables
from normstudy.skeleton import describe_skeleton

N = 1000


def made_run(norm, wrong, seed=1, diverged=False, **config):
    """A stand-in for a finished run whose errors are at the positions `wrong` of N images."""
    label = np.zeros(N, dtype=np.uint8)
    predicted = label.copy()
    predicted[list(wrong)] = 1
    accuracy = 1 - len(wrong) / N
    entry = {"epoch": 1, "train_loss": 0.5, "train_accuracy": 0.9, "test_loss": len(wrong) / 100}
    entry |= {"test_accuracy": accuracy, "lr": 0.1, "seconds": 2.0}
    metrics = {"status": "complete", "model": {"parameters": 7610}, "history": [entry]}
    if diverged:
        metrics = metrics | {"status": "diverged", "epoch": 1, "step": 4, "lr": 0.5, "history": []}
    return SimpleNamespace(
        config=Config(norm=norm, seed=seed, epochs=1, dataset="mnist", **config),
        metrics=metrics,
        history=metrics["history"],
        diverged=diverged,
        predictions={
            "index": np.arange(N),
            "label": label,
            "predicted": predicted,
            "predicted_probability": np.linspace(0.5, 1, N),
        },
    )


def test_like_models_are_within_the_noise():
    runs = [made_run("bn", range(10)), made_run("gn", range(2, 12)), made_run("ln", range(1, 11))]
    text = findings.summary(runs)
    assert "within the noise" in text
    assert "errs less often" not in text
    assert "BN misclassifies 10 (99.00 % right)" in text


def test_a_clear_difference_names_the_better_model_whatever_the_order():
    good, bad = made_run("ln", range(5)), made_run("bn", range(200, 260))
    for runs in ([good, bad], [bad, good]):
        text = findings.verdict(runs)
        assert "LN errs less often than BN (p < 0.001)" in text
        assert "within the noise" not in text


def test_one_seed_is_said_to_be_one_seed():
    same = findings.summary([made_run("bn", [1]), made_run("ln", [2])])
    assert "one seed" in same
    other = findings.summary([made_run("bn", [1]), made_run("ln", [2], seed=2)])
    assert "different seeds" in other


def test_a_diverged_run_is_counted_and_named():
    text = findings.summary([made_run("bn", [1]), made_run("none", [], diverged=True)])
    assert "No norm diverged in epoch 1, at step 4" in text
    assert "diverged in epoch 1" in tables.models_table([made_run("none", [], diverged=True)]).to_string()


@pytest.mark.parametrize(("measure", "best"), [("test_loss", "LN"), ("test_accuracy", "LN")])
def test_take_away_knows_which_way_is_better(measure, best):
    text = findings.take_away([made_run("bn", range(30)), made_run("ln", range(10))], measure)
    assert text.startswith(f"{best} ends best")
    assert ("2.00 percentage points apart" in text) == (measure == "test_accuracy")


def test_shared_errors_are_those_of_every_model():
    runs = [made_run("bn", [1, 2, 3]), made_run("gn", [2, 3, 4]), made_run("ln", [3, 2, 9])]
    assert sorted(figures.shared_errors(runs)) == [2, 3]
    assert findings.shared(runs).startswith("2 of 1,000 images are misclassified by all 3 models, 5 by at least one")


def test_every_epoch_is_counted():
    assert findings.epochs_shown([made_run("bn", [1])]) == "1 of 1 epoch of each model"


def test_pairs_table_counts_what_only_one_got_wrong():
    table = tables.pairs_table([made_run("bn", [1, 2, 3]), made_run("ln", [3, 4])])
    assert table.loc[0, "only first wrong"] == 2
    assert table.loc[0, "only second wrong"] == 1
    assert table.loc[0, "p"] == "1.000"


def test_charts_draw_every_epoch_of_every_model():
    runs = [made_run("bn", range(30)), made_run("ln", range(10)), made_run("gn", range(5))]
    for run in runs:
        run.history = [{**run.history[0], "epoch": epoch} for epoch in range(1, 8)]
    (axes,) = figures.history_figure(runs, ["test_accuracy"]).axes
    assert [len(line.get_xdata()) for line in axes.lines] == [7, 7, 7]
    assert len({line.get_color() for line in axes.lines}) == 3
    texts = [text.get_text() for text in axes.texts]
    assert len(texts) == 3
    assert any("BN" in text and "97.00 %" in text for text in texts)
    assert axes.get_xlabel() == "epoch"
    assert "accuracy (%)" in axes.get_ylabel()
    heights = sorted(text.xyann[1] for text in axes.texts)
    assert all(upper - lower > 0.03 for lower, upper in itertools.pairwise(heights))


def test_confidence_never_rounds_up_to_certainty():
    assert figures.confidence_text(0.99996) == "> 99.9 %"
    assert figures.confidence_text(0.5) == "50.0 %"


def test_the_comparison_of_skeletons_is_told_from_its_record(tmp_path):
    ours = describe_skeleton(SKELETON)
    rows = [
        {
            "skeleton": name, "model": model, "config": {"seed": 7, "dataset": "mnist", "epochs": 3}, "parameters": 9,
            "validation_loss": loss, "validation_accuracy": accuracy, "seconds_per_epoch": seconds,
        }
        for name, loss, accuracy, seconds in (("11x11", 0.02, 0.99, 4.0), (ours, 0.0225, 0.9895, 1.0))
        for model in ("bn", "ln")
    ]  # fmt: skip
    path = tmp_path / "skeletons.json"
    path.write_text(json.dumps(rows))
    text = findings.skeleton_protocol(path)
    assert "2 skeletons were compared, 3 epochs with each of 2 models, seed 7" in text
    assert f"{ours}, takes 0.25 times as long" in text
    assert "by +0.0025 nats" in text
    assert "by -0.05 percentage points" in text
    path.write_text(json.dumps(rows[:2]))
    assert "is not among them" in findings.skeleton_protocol(path)
