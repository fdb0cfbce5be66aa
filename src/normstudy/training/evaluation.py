"""What a model says of images."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from normstudy.data.loading import Data, Split

EVALUATION_CHUNK = 500


@dataclass
class Predictions:
    """What the model says of every evaluated image; all of shape (n,), in the order of the split.

    `index`: the image's place in its source; `label`, `predicted`: classes; `label_probability`,
    `predicted_probability`: softmax outputs in [0, 1]; `loss`: cross-entropy in nats.
    """

    index: Tensor
    label: Tensor
    predicted: Tensor
    label_probability: Tensor
    predicted_probability: Tensor
    loss: Tensor

    @property
    def mean_loss(self) -> float:
        """Mean cross-entropy per image, in nats."""
        return self.loss.double().mean().item()

    @property
    def accuracy(self) -> float:
        """Fraction of the images whose class was found."""
        return (self.predicted == self.label).double().mean().item()


@torch.no_grad()
def evaluate(model: nn.Module, data: Data, split: Split) -> Predictions:
    """What `model`, in eval mode and fp32, says of every image of `split`; never augmented, never shuffled."""
    model.eval()
    parts = []
    for images, labels in zip(split.images.split(EVALUATION_CHUNK), split.labels.split(EVALUATION_CHUNK), strict=True):
        log_p = F.log_softmax(model(data.standardise_(images.float().div_(255))), dim=1)
        top, predicted = log_p.max(dim=1)
        own = log_p.gather(1, labels.unsqueeze(1)).squeeze(1)
        parts.append((predicted, own.exp(), top.exp(), -own))
    columns = [torch.cat(column).cpu() for column in zip(*parts, strict=True)]
    return Predictions(split.index.cpu(), split.labels.cpu(), *columns)
