"""How far weights are shrunk, whatever their scale, and how large steps are beside them, from recorded runs.

What feeds a normalization can be scaled without any change of the function. With plain gradient descent the gradient
is then inversely proportional to ‖w‖, and the effective learning rate is rate/‖w‖²; where a step has a size of its own,
as Muon's, or Adam's about, it is rate/‖w‖ (van Laarhoven 2017, arXiv:1706.05350).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import norm

from normstudy.runs.record import RecordedRun

GAUSSIAN_SPREAD = float(np.sqrt(2 / np.pi))
"""‖w‖₁/(‖w‖₂ √n) of many weights with a normal distribution around 0."""

FIXED_STEPS = ("muon", "adamw")
"""Optimizers with steps whose size does not follow that of the gradient."""


def gaussian_tiny(fraction: float) -> float:
    """The share of weights with a normal distribution around 0 below `fraction` of their root mean square."""
    return float(2 * norm.cdf(fraction) - 1)


def spreads(runs: Sequence[RecordedRun]) -> np.ndarray:
    """(runs, layers) ‖w‖₁/(‖w‖₂ √n) at the end, of those of `runs` of which it was measured."""
    return np.array([run.afterwards["weights"]["spread"] for run in measured(runs)])


def tiny(runs: Sequence[RecordedRun], fraction: str) -> np.ndarray:
    """(runs, layers) the share of weights below `fraction`, as text, of their layer's root mean square."""
    return np.array([run.afterwards["weights"]["tiny"][fraction] for run in measured(runs)])


def measured(runs: Sequence[RecordedRun]) -> list[RecordedRun]:
    """Those of `runs` of which the trained weights were measured."""
    return [run for run in runs if run.afterwards.get("weights")]


def of_convolutions(by_layer: np.ndarray) -> np.ndarray:
    """(runs,) the mean over the convolutions, which are all layers but the last, of (runs, layers)."""
    return by_layer[:, :-1].mean(axis=1) if by_layer.size else np.zeros(0)


def weight_norms(runs: Sequence[RecordedRun]) -> np.ndarray:
    """(runs, epochs) ‖w‖ after each epoch, the geometric mean over the convolutions; of `runs` that did not diverge."""
    found = [
        [[np.nan if value is None else value for value in entry["weight_norms"][:-1]] for entry in run.history]
        for run in runs
        if not run.diverged
    ]
    with np.errstate(divide="ignore"):
        return np.exp(np.log(np.array(found)).mean(axis=2)) if found else np.zeros((0, 0))


def relative_rates(runs: Sequence[RecordedRun], power: int) -> np.ndarray:
    """(runs, epochs) the rate of each epoch's last step over ‖w‖ to that `power`, as `weight_norms` has it."""
    rates = np.array([[entry["lr"] for entry in run.history] for run in runs if not run.diverged])
    with np.errstate(divide="ignore"):
        return rates / weight_norms(runs) ** power if rates.size else np.zeros((0, 0))


def mean_text(by_layer: np.ndarray, places: str) -> str:
    """The mean over runs and convolutions of (runs, layers), with so many `places`; `–` for none."""
    return format(of_convolutions(by_layer).mean(), places) if by_layer.size else "–"
