"""Recorded runs whose answers are known image by image."""

import numpy as np
from recorded import predictions, recorded_run


def answering(norm, answers, labels, seed=0, confidence=0.9, **parameters):
    """A run of one epoch that gives the images of `labels` these `answers`."""
    columns = predictions(labels, answers, confidence)
    right = float(np.mean(columns["predicted"] == columns["label"]))
    loss = float(columns["loss"].mean(dtype=np.float64))
    return recorded_run(norm, [loss], [right], columns=columns, norm=norm, seed=seed, **parameters)


def erring(norm, wrong, images=100, seed=0, **parameters):
    """A run that takes the images at the positions `wrong`, of `images` of class 0, for 1."""
    answers = np.zeros(images, np.uint8)
    answers[list(wrong)] = 1
    return answering(norm, answers, np.zeros(images, np.uint8), seed, **parameters)


def lost(norm, seed=0, **parameters):
    """A run that diverged."""
    return recorded_run(norm, [], diverged={"epoch": 1, "step": 3, "lr": 0.1}, norm=norm, seed=seed, **parameters)
