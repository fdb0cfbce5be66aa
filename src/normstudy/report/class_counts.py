"""Images by true and predicted class, run by run, and the shares that follow: recall and precision."""

from __future__ import annotations

import numpy as np

from normstudy.report.judgements import Judgements
from normstudy.report.labels import CLASS_NAMES


def confusion_counts(judged: Judgements) -> np.ndarray:
    """(runs, classes, classes) images by true class (rows) and predicted class (columns)."""
    classes = len(CLASS_NAMES[judged.config.dataset])
    cells = judged.label.astype(np.int64) * classes + judged.predicted
    counts = [np.bincount(run, minlength=classes**2) for run in cells]
    return np.reshape(counts, (judged.runs, classes, classes))


def recalls(counts: np.ndarray) -> np.ndarray:
    """(runs, classes) share of each true class that was found; no number for a class without images."""
    return _shares(counts, counts.sum(axis=2))


def precisions(counts: np.ndarray) -> np.ndarray:
    """(runs, classes) share of each predicted class that is true; no number for a class that was never predicted."""
    return _shares(counts, counts.sum(axis=1))


def _shares(counts: np.ndarray, totals: np.ndarray) -> np.ndarray:
    right = np.diagonal(counts, axis1=1, axis2=2)
    return np.divide(right, totals, out=np.full(totals.shape, np.nan), where=totals > 0)
