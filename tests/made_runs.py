"""Stand-ins for finished runs: what a section of the report reads of them, and nothing else."""

from types import SimpleNamespace

import numpy as np

from normstudy.config import Config

N = 1000
"""Images."""

LADDER = {"max_lr": 0.0009, "weight_decay": 0.0005, "rotation": 0.17, "shift": 0.013, "scale": 0.0005}
LADDER |= {"fade": 0.0013, "warmup": 0.0011, "batch_size": 1, "seed": 1}
"""By how much a parameter differs from one model to the next."""


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


def configs(count: int, changes: int) -> list[Config]:
    """So many models of one kind, each of which differs from the others in so many parameters."""
    keys = list(LADDER)[:changes]
    return [
        Config(norm="gn", l1=1e-5, dataset="mnist", **{key: (at + 1) * LADDER[key] for key in keys})
        for at in range(count)
    ]


def made_runs(count: int, spread: int):
    """Stand-ins for runs, the later the worse: each gets `spread` more images wrong than the one before."""
    found = [made_run("gn", range(3 + spread * at), groups=None) for at in range(count)]
    for run, config in zip(found, configs(count, 9), strict=True):
        run.config = config
    return found
