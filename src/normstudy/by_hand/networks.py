"""The trained networks of a report and the images that lie with them: those that they misclassified."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from normstudy.runs.class_maps import STANDARDS
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedRun


def with_network(runs: Sequence[FinishedRun]) -> list[FinishedRun]:
    """Those of `runs` whose weights are at hand, with an image at least: not diverged, not a record alone."""
    return [
        run for run in runs if not (run.diverged or isinstance(run, RecordedRun)) and len(run.misclassified["label"])
    ]


def kept_images(runs: Sequence[FinishedRun]) -> Tensor:
    """The images that `runs`, all of one data set, misclassified, each once: standardised, (n, 1, h, w).

    They come with the run folders, so that no data set must be at hand.
    """
    mean, deviation = STANDARDS[runs[0].config.dataset]
    images = torch.cat([torch.from_numpy(run.misclassified["images"]) for run in runs])
    return torch.unique(images, dim=0).float().unsqueeze(1).div(255).sub(mean).div(deviation)
