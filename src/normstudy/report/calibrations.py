"""How well calibrated each model is, run by run: what is said and drawn of how sure they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from normstudy.report.judgements import Judgements, judgements
from normstudy.report.reliability import Bins, bins, error_if_calibrated
from normstudy.runs.folder import FinishedRun


@dataclass(frozen=True)
class Calibration:
    """A model's calibration, of its runs that finished. All but the loss are fractions.

    `bins`: of equal mass; (runs,) `error`: the expected calibration error, `error_by_chance`: that of true
    probabilities, `excess`: mean confidence less accuracy, `loss`: mean negative log-likelihood, nats. (images,)
    `excess_by_image`: confidence less accuracy of each image, in the mean over runs.
    """

    judged: Judgements
    bins: Bins
    error: np.ndarray
    error_by_chance: np.ndarray
    excess: np.ndarray
    excess_by_image: np.ndarray
    loss: np.ndarray


def calibrations(runs: Sequence[FinishedRun]) -> list[Calibration]:
    """One for each model of which a run finished."""
    return [_of_model(each) for each in judgements(runs)]


def _of_model(judged: Judgements) -> Calibration:
    right, confidence = ~judged.wrong, judged.confidence.astype(np.float64)
    binned, excess = bins(confidence, right), confidence - right
    return Calibration(
        judged,
        binned,
        binned.error,
        error_if_calibrated(confidence),
        excess.mean(axis=1),
        excess.mean(axis=0),
        judged.loss.mean(axis=1, dtype=np.float64),
    )
