"""The pipeline that courses teach, written plainly: what `benchmarks/run.py` compares the epoch of this project with.

A torchvision data set whose images are augmented one by one as PIL pictures, a DataLoader that
collates them, 7,842 parameters at full resolution with batch normalization and dropout in every
block, an optimizer step and `.item()` per batch. Nothing of `normstudy` is used here.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import MNIST
from torchvision.transforms import InterpolationMode

BATCH_SIZE = 128
MEAN, STD = (0.1307,), (0.3081,)
BILINEAR = InterpolationMode.BILINEAR


class UsualNet(nn.Module):
    def __init__(self):
        super().__init__()

        def block(inputs: int, outputs: int) -> list[nn.Module]:
            return [nn.Conv2d(inputs, outputs, 3, bias=False), nn.ReLU(), nn.BatchNorm2d(outputs), nn.Dropout(0.1)]

        self.layers = nn.Sequential(
            *block(1, 10),
            *block(10, 14),
            nn.Conv2d(14, 10, 1, bias=False),
            nn.MaxPool2d(2),
            *block(10, 16),
            *block(16, 16),
            *block(16, 16),
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(16, 10, 1, bias=False),
            nn.Flatten(),
            nn.LogSoftmax(dim=1),
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images)


def make_loaders(folder: str) -> tuple[DataLoader, DataLoader]:
    """Loaders of MNIST's training images, each turned, shifted and resized at random, and of its test images."""
    plain = [transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    change = transforms.RandomAffine(10, translate=(2 / 28, 2 / 28), scale=(0.9, 1.1), interpolation=BILINEAR)
    augmented = transforms.Compose([change, *plain])
    # With the archives in place, `download` unpacks them.
    train = MNIST(folder, train=True, transform=augmented, download=True)
    test = MNIST(folder, train=False, transform=transforms.Compose(plain))
    return DataLoader(train, BATCH_SIZE, shuffle=True), DataLoader(test, BATCH_SIZE)


def train_epoch(
    model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], optimizer: torch.optim.Optimizer
) -> tuple[float, float]:
    """Mean training loss (nats) and accuracy (fraction)."""
    model.train()
    loss, correct, seen = 0.0, 0, 0
    for images, labels in batches:
        optimizer.zero_grad()
        scores = model(images)
        batch_loss = F.nll_loss(scores, labels)
        batch_loss.backward()
        optimizer.step()
        loss += batch_loss.item() * len(labels)
        correct += (scores.argmax(dim=1) == labels).sum().item()
        seen += len(labels)
    return loss / seen, correct / seen


@torch.no_grad()
def evaluate(model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> tuple[float, float]:
    """Mean loss (nats) and accuracy (fraction)."""
    model.eval()
    loss, correct, seen = 0.0, 0, 0
    for images, labels in batches:
        scores = model(images)
        loss += F.nll_loss(scores, labels, reduction="sum").item()
        correct += (scores.argmax(dim=1) == labels).sum().item()
        seen += len(labels)
    return loss / seen, correct / seen
