"""Images by true and predicted class, run by run, and the shares that follow: recall and precision."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from normstudy.report.judgements import Judgements
from normstudy.report.labels import class_names

MOST_ROWS = 25
"""Classes of a table or a picture with a row for each."""


def confusion_counts(judged: Judgements) -> np.ndarray:
    """(runs, classes, classes) images by true class (rows) and predicted class (columns)."""
    classes = len(class_names(judged.config))
    cells = judged.label.astype(np.int64) * classes + judged.predicted
    counts = [np.bincount(run, minlength=classes**2) for run in cells]
    return np.reshape(counts, (judged.runs, classes, classes))


def recalls(counts: np.ndarray) -> np.ndarray:
    """(runs, classes) share of each true class that was found; no number for a class without images."""
    return _shares(counts, counts.sum(axis=2))


def precisions(counts: np.ndarray) -> np.ndarray:
    """(runs, classes) share of each predicted class that is true; no number for a class that was never predicted."""
    return _shares(counts, counts.sum(axis=1))


def shown_classes(judged: Sequence[Judgements]) -> np.ndarray:
    """The classes that have a row of their own, in order: of more than `MOST_ROWS` those of the lowest mean recall."""
    means = np.mean([_mean_recalls(each) for each in judged], axis=0)
    order = np.argsort(np.where(np.isfinite(means), means, 2), kind="stable")
    return np.sort(order[:MOST_ROWS])


def which_classes(judged: Sequence[Judgements]) -> str:
    """What a caption says where not all classes are shown."""
    classes = len(class_names(judged[0].config))
    return f"; of {classes} classes the {MOST_ROWS} that are found least often" if classes > MOST_ROWS else ""


def _mean_recalls(judged: Judgements) -> np.ndarray:
    return recalls(confusion_counts(judged)).mean(axis=0)


def _shares(counts: np.ndarray, totals: np.ndarray) -> np.ndarray:
    right = np.diagonal(counts, axis1=1, axis2=2)
    return np.divide(right, totals, out=np.full(totals.shape, np.nan), where=totals > 0)
