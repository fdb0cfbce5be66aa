"""How large gradients are beside their weights, layer by layer: at the start of training, and in its course.

Of exploding and vanishing gradients one speaks where they grow, or shrink, from layer to layer on their way back from
the loss (Bengio, Simard & Frasconi 1994; Glorot & Bengio 2010). Divided by the weights' norm, a gradient says by which
fraction a step of rate 1 would change them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from normstudy.report.rate_lines import Line
from normstudy.runs.record import RecordedRun

MUCH = 10.0
"""From the last to the first convolution, a gradient's share grows so many times if it explodes."""

START = "before the first step"


@dataclass(frozen=True)
class Moment:
    """A model, with its normalization, at one time.

    `ratios`: (runs, layers) of ‖gradient‖₂ to ‖weights‖₂; the last layer is the linear one.
    """

    title: str
    convolutions: int
    name: str
    norm: str
    ratios: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """(layers,) the geometric mean over runs; no number where one of them has none."""
        with np.errstate(divide="ignore"):
            return np.exp(np.log(self.ratios).mean(axis=0))

    @property
    def growth(self) -> float:
        """How many times as large the ratio at the first convolution is as that at the last."""
        mean = self.mean
        return float(mean[0] / mean[-2]) if mean[-2] else np.nan


def moments(lines: Sequence[Line]) -> list[Moment]:
    """Of every model at every depth: before the first step, and in the last steps of two epochs at its best rate.

    The first does not depend on rate and warm-up, and is that of all seeds of which a run finished. For the others
    it is the warm-up with which the model came further, too. Where no rate was without diverged runs, they are missing.
    """
    found = []
    for depth in sorted({line.setting.convolutions for line in lines}):
        of_depth = [line for line in lines if line.setting.convolutions == depth]
        for name in dict.fromkeys(line.name for line in of_depth):
            own = [line for line in of_depth if line.name == name]
            parts = {START: at_start([run for line in own for run in line.every_run])}
            best = best_of(own)
            if best:
                epochs = best.config.epochs
                parts["end of epoch 1"] = np.array([_ratios(run.history[0]) for run in best.at_best])
                if epochs > 1:
                    parts[f"end of epoch {epochs}"] = np.array([_ratios(run.history[-1]) for run in best.at_best])
            found += [
                Moment(title, depth, name, own[0].config.norm, part) for title, part in parts.items() if len(part)
            ]
    return found


def at_start(runs: Sequence[RecordedRun]) -> np.ndarray:
    """(seeds, layers) the ratios before the first step, of the seeds of which one of `runs` was measured."""
    measured = {run.config.seed: own for run in runs if (own := run.afterwards.get("first_gradients"))}
    return np.array([_ratios(measured[seed]) for seed in sorted(measured)])


def best_of(lines: Sequence[Line]) -> Line | None:
    """Of `lines`, which differ in their warm-up, that with the highest mean accuracy at its best rate."""
    able = [line for line in lines if line.at_best]
    return max(able, key=lambda line: np.mean([run.final("test_accuracy") for run in line.at_best]), default=None)


def _ratios(norms: dict[str, Any]) -> list[float]:
    """By layer; no number where one was not finite."""
    pairs = zip(norms["gradient_norms"], norms["weight_norms"], strict=True)
    return [np.nan if gradient is None or not weight else gradient / weight for gradient, weight in pairs]
