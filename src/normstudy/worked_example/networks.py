"""The trained networks of a report and the images that lie with them: those that they misclassified."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from normstudy.report.labels import model_names
from normstudy.runs.class_maps import tensor_of
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedRun

MOST = 100
"""Images that are shown to the networks."""


def with_network(runs: Sequence[FinishedRun], ours_alone: bool = False) -> dict[str, FinishedRun]:
    """By their names among `runs`, the first of each normalization whose weights are at hand, with an image at least.

    Those that diverged have none, nor has a record. `ours_alone`: not those with a network of one's own, of whose
    layers nothing is known but that they have the normalization.
    """
    found: dict[str, tuple[str, FinishedRun]] = {}
    for name, run in zip(model_names(runs), runs, strict=True):
        known = not (run.diverged or isinstance(run, RecordedRun) or (ours_alone and run.config.model))
        if known and len(run.misclassified["label"]):
            found.setdefault(run.config.norm, (name, run))
    return dict(found.values())


def kept_images(runs: Iterable[FinishedRun]) -> Tensor:
    """Images that `runs`, all of one data set, misclassified, each once, `MOST` at most: (n, c, h, w), standardised.

    They come with the run folders, so that no data set must be at hand.
    """
    runs = list(runs)
    images = torch.cat([torch.from_numpy(run.misclassified["images"]) for run in runs])
    return tensor_of(runs[0].config, torch.unique(images, dim=0)[:MOST].numpy())
