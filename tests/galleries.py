"""Runs with misclassified images whose answers are known, for the gallery."""

from types import SimpleNamespace

import numpy as np
from commands import ROOT

from normstudy.config import Config

THEME = ROOT / "theme"
IMAGES = 20


def judged_run(norm, errors, **config):
    """A stand-in for a finished run: of `IMAGES` images, all of class 0, those in `errors` get (class, probability).

    All others it finds with a probability of 0.99; their pixels are random, and the same for every run.
    """
    predicted, sure = np.zeros(IMAGES, np.uint8), np.full(IMAGES, 0.99, np.float32)
    for place, (said, probability) in errors.items():
        predicted[place], sure[place] = said, probability
    pixels = np.random.default_rng(0).integers(0, 256, (IMAGES, 28, 28), dtype=np.uint8)
    label, index = np.zeros(IMAGES, np.uint8), np.arange(IMAGES)
    wrong = sorted(errors, key=lambda place: -errors[place][1])
    return SimpleNamespace(
        config=Config(norm=norm, dataset="mnist", evaluate_on="test", **config),
        diverged=False,
        predictions={"index": index, "label": label, "predicted": predicted, "predicted_probability": sure},
        misclassified={
            "images": pixels[wrong],
            "index": index[wrong],
            "label": label[wrong],
            "predicted": predicted[wrong],
            "confidence": sure[wrong],
        },
    )
