"""Means over the runs of searches."""

import math

import pytest
from recorded import recorded_run

from normstudy.report.search import (
    VARIED,
    best_combinations,
    best_on_the_whole,
    mean_over_models,
    mean_over_seeds,
)

CONFIG = {"skeleton": "3x3", "max_lr": 0.01, "weight_decay": 0.0, "l1": 0.0}
LOST = {"epoch": 2, "step": 1, "lr": 0.01}


def row(model: str, seed: int, loss: float | None, accuracy: float | None = 0.9, **parameters):
    """A run of two epochs that ends so; of one that diverged in the second, the loss is None."""
    losses, accuracies = ([0.7], [0.5]) if loss is None else ([0.7, loss], [0.5, accuracy])
    parameters = {**CONFIG, "norm": model[:2], "seed": seed, **parameters}
    return recorded_run(model, losses, accuracies, diverged=LOST if loss is None else None, **parameters)


def test_means_over_seeds_best_first_within_each_model():
    means = mean_over_seeds(
        [
            row("ln", 1, 0.5), row("ln", 2, 0.7),
            row("bn", 1, 0.4, 0.8, max_lr=0.1), row("bn", 2, 0.2, 0.9, max_lr=0.1),
            row("bn", 1, 0.1, 0.7, l1=1e-5), row("bn", 2, 0.3, 0.8, l1=1e-5),
        ]
    )  # fmt: skip
    assert means["model"].tolist() == ["bn", "bn", "ln"]
    assert means["loss"].tolist() == pytest.approx([0.2, 0.3, 0.6])
    assert means["accuracy"].tolist() == pytest.approx([0.75, 0.85, 0.9])
    assert means["seeds"].tolist() == [2, 2, 2]
    assert means["l1"].tolist() == [1e-5, 0.0, 0.0]


def test_the_best_has_the_lowest_loss_not_the_highest_accuracy():
    rows = [row("bn", 1, 0.3, 0.99), row("bn", 1, 0.2, 0.95, max_lr=0.1), row("gn", 1, 0.1)]
    best = best_combinations(rows)
    assert [(found["model"], found["max_lr"]) for found in best] == [("bn", 0.1), ("gn", 0.01)]
    assert all(key in found for found in best for key in VARIED)


def test_the_best_on_the_whole_is_best_over_the_values_of_the_other_parameters():
    """The lowest loss of all is a lucky run: neither its rate nor its penalty is the best on the whole."""
    losses = {(0.1, 1e-6): 0.1, (0.1, 1e-5): 0.9, (0.2, 1e-6): 0.6, (0.2, 1e-5): 0.3}
    losses |= {(0.4, 1e-6): 0.9, (0.4, 1e-5): 0.3}
    rows = [row("bn", 1, loss, max_lr=rate, l1=penalty) for (rate, penalty), loss in losses.items()]
    (best,) = best_on_the_whole(rows)
    assert (best["max_lr"], best["l1"]) == (0.2, 1e-5)


def test_only_seeds_that_every_combination_has_are_compared():
    # Seed 2 was tried with one combination alone, and was an easy one.
    rows = [row("bn", 1, 0.4), row("bn", 2, 0.0), row("bn", 1, 0.3, max_lr=0.1)]
    means = mean_over_seeds(rows)
    assert means["seeds"].tolist() == [1, 1]
    assert means["loss"].tolist() == [0.3, 0.4]


def test_a_combination_that_diverged_with_a_seed_is_the_last_choice():
    rows = [
        row("bn", 1, None, None, max_lr=0.5), row("bn", 2, 0.01, max_lr=0.5),
        row("bn", 1, 0.2), row("bn", 2, 0.2), row("gn", 1, None, None), row("gn", 2, None, None),
    ]  # fmt: skip
    means = mean_over_seeds(rows)
    assert means["max_lr"].tolist() == [0.01, 0.5, 0.01]
    assert means["loss"].tolist() == [pytest.approx(0.2), math.inf, math.inf]
    assert means["accuracy"].isna().tolist() == [False, True, True]
    assert best_combinations(rows)[0]["max_lr"] == 0.01


def test_skeletons_are_compared_on_the_runs_that_all_have():
    def tried(skeleton: str, model: str, seed: int, loss: float | None, accuracy: float | None, seconds: float):
        run = row(model, seed, loss, accuracy, skeleton=skeleton, seconds=seconds)
        run.metrics["model"]["parameters"] = 10 * int(skeleton[0])
        return run

    rows = [
        tried("9x9", "bn", 1, 0.2, 0.9, 4.0), tried("9x9", "gn", 1, 0.4, 0.8, 6.0),
        tried("3x3", "bn", 1, 0.3, 0.8, 1.0), tried("3x3", "gn", 1, 0.5, 0.9, 3.0),
        tried("9x9", "bn", 2, 9.0, 0.1, 99.0),
        tried("5x5", "bn", 1, None, None, 1.0), tried("5x5", "gn", 1, 0.1, 0.9, 1.0),
    ]  # fmt: skip
    means = mean_over_models(rows)
    assert means["skeleton"].tolist() == ["9x9", "3x3", "5x5"]
    assert means["runs"].tolist() == [2, 2, 2]
    assert means["loss"].tolist() == pytest.approx([0.3, 0.4, math.inf])
    assert means["accuracy"].tolist()[:2] == pytest.approx([0.85, 0.85])
    assert math.isnan(means["accuracy"][2])
    assert means["time"].tolist() == pytest.approx([1, 0.4, 0.2])
    assert means["parameters"].tolist() == [90, 30, 50]
