"""Runs of a study as its record has them, made of a few numbers: for tests of what is drawn and said of them."""

from pathlib import Path

import numpy as np

from normstudy.config import make_config, resolve, run_name
from normstudy.runs.record import RecordedRun, RecordedStudy

ENVIRONMENT = {
    "python": "3.11.7",
    "torch": "2.15.0",
    "torchvision": "0.29.2",
    "processor": "a processor",
    "commit": "0" * 40,
    "clean": True,
    "sources": "0" * 16,
}
LAYERS = 5


def recorded_run(
    model: str, losses, accuracies=None, diverged=None, columns=None, afterwards=None, seconds=1.0, **parameters
) -> RecordedRun:
    """A run with these losses (nats) after its epochs, of accuracies that follow from them unless they are given.

    `diverged`: where, as in metrics.json (epoch, step, lr); `columns`: its predictions; the rest: parameters.
    """
    losses = list(losses)
    accuracies = [1 - min(1, loss / 3) for loss in losses] if accuracies is None else list(accuracies)
    epochs = len(losses) + bool(diverged)
    values = {"dataset": "mnist", "precision": "fp32", "device": "cpu", "epochs": epochs, **parameters}
    config = resolve(make_config(values), values["dataset"])
    history = [
        {
            "epoch": epoch,
            "train_loss": loss + 0.01,
            "train_accuracy": accuracy,
            "lr": 0.001,
            "test_loss": loss,
            "test_accuracy": accuracy,
            "penalty": 0.0,
            "weight_norms": [5.0] * LAYERS,
            "gradient_norms": [0.1] * LAYERS,
            "seconds": seconds,
        }
        for epoch, (loss, accuracy) in enumerate(zip(losses, accuracies, strict=True), start=1)
    ]
    metrics = {
        "schema": 1,
        "status": "diverged" if diverged else "complete",
        **(diverged or {}),
        "config": config.model_dump(),
        "model": {"parameters": 7610},
        "history": history,
        "environment": ENVIRONMENT,
        "extra": {},
    }
    return RecordedRun(Path(run_name(config)), metrics, config, model, afterwards or {}, columns=columns)


def predictions(labels, predicted, confidence=0.9) -> dict:
    """Columns as of predictions.npz: `predicted` has that probability, the true class the rest."""
    labels, predicted = np.asarray(labels, np.uint8), np.asarray(predicted, np.uint8)
    top = np.broadcast_to(np.asarray(confidence, np.float32), labels.shape).astype(np.float32)
    own = np.where(predicted == labels, top, 1 - top).astype(np.float32)
    return {
        "index": np.arange(len(labels), dtype=np.int32),
        "label": labels,
        "predicted": predicted,
        "label_probability": own,
        "predicted_probability": top,
        "loss": -np.log(own),
    }


def seeded_runs(errors: dict[str, list[int]], images: int = 10_000) -> list[RecordedRun]:
    """Runs of models, by their norm, that misclassify so many of the first of `images` images, with seeds 0, 1, …

    No number stands for a run that diverged.
    """
    labels = np.zeros(images, np.uint8)
    made = []
    for norm, counts in errors.items():
        for seed, count in enumerate(counts):
            values = {"norm": norm, "seed": seed, "evaluate_on": "test"}
            if count is None:
                made.append(recorded_run(norm, [0.2], diverged={"epoch": 2, "step": 4, "lr": 0.5}, **values))
                continue
            accuracies = [1 - 2 * count / images, 1 - count / images]
            columns = predictions(labels, np.arange(images) < count)
            made.append(recorded_run(norm, [0.2, 0.1], accuracies, columns=columns, **values))
    return made


def recorded_study(name: str, runs, title: str = "A study") -> RecordedStudy:
    """The study `name` with these runs."""
    return RecordedStudy(name, title, list(runs))
