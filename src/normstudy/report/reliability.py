"""How far probabilities can be relied on: bins of equal mass and the expected calibration error. Arrays in and out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BINS = 15
"""As in Guo et al. (2017)."""

DRAWS = 20
"""Of outcomes, for each run, from which it is estimated what chance alone gives."""


@dataclass(frozen=True)
class Bins:
    """Of each run (rows) and bin (columns, the least certain images first): mean confidence, and accuracy; fractions.

    `sizes` (bins,): images.
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    sizes: np.ndarray

    @property
    def error(self) -> np.ndarray:
        """(runs,) the expected calibration error: mean of |accuracy - confidence| over bins, weighted by images."""
        return np.abs(self.accuracy - self.confidence) @ self.sizes / self.sizes.sum()


def bins(confidence: np.ndarray, right: np.ndarray, count: int = BINS) -> Bins:
    """Bins of equal mass: each run's images, by rising `confidence` (runs, images), in `count` parts of one size.

    `right` (runs, images) bool. Equal confidences stay in the order of the images. Of fewer images than `count`, each
    is a bin. Mass rather than width, because nearly all confidences are near 1 (Roelofs et al. 2022).
    """
    order = np.argsort(confidence, axis=1, kind="stable")
    starts, sizes = _parts(confidence.shape[1], count)
    means = [
        np.add.reduceat(np.take_along_axis(values, order, axis=1).astype(np.float64), starts, axis=1) / sizes
        for values in (confidence, right)
    ]
    return Bins(*means, sizes)


def error_if_calibrated(confidence: np.ndarray, count: int = BINS, draws: int = DRAWS) -> np.ndarray:
    """(runs,) what the expected calibration error would be, in the mean over `draws`, were each answer right with
    exactly the probability `confidence` (runs, images): by chance alone, and the estimator's bias there.

    As the consistency bars of Bröcker and Smith (2007) do, it draws outcomes from the stated probabilities.
    """
    ordered = np.sort(confidence, axis=1)
    starts, sizes = _parts(ordered.shape[1], count)
    generator = np.random.default_rng(0)
    found = []
    for probabilities in ordered.astype(np.float32):  # as the draws are: half the time
        right = generator.random((draws, len(probabilities)), dtype=np.float32) < probabilities
        gaps = np.add.reduceat(right - probabilities, starts, axis=1, dtype=np.float64)
        found.append(np.abs(gaps).sum(axis=1).mean() / sizes.sum())
    return np.array(found)


def _parts(images: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """First places (bins,) and sizes (bins,), which differ by at most 1, of `images` in at most `count` parts."""
    edges = np.linspace(0, images, min(count, images) + 1).astype(int)
    return edges[:-1], np.diff(edges)
