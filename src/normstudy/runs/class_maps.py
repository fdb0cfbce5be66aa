"""Where a trained network looked: Grad-CAM of the images that a run misclassified, without the data set at hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import LayerGradCam
from torch import Tensor, nn

from normstudy.config import Config, image_facts
from normstudy.runs.folder import FinishedRun
from normstudy.runs.networks import trained_net
from normstudy.skeleton import deepened, parse_skeleton


@dataclass(frozen=True)
class Maps:
    """Of n misclassified images: maps (n, h, w), none below 0, for the `true` and for the `predicted` class.

    `error`: by how much the probabilities of the network, made anew, differ from the recorded ones, at most.
    """

    true: np.ndarray
    predicted: np.ndarray
    error: float


def misclassified_maps(run: FinishedRun, count: int) -> Maps:
    """Of the first `count` misclassified images of `run`, which has a folder and has such images.

    Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391): L = ReLU(Σ_k α_k A_k), A_k the channels behind the last ReLU,
    α_k the mean over positions of the gradient of the class's score for A_k. These networks end in a mean over
    positions and a linear layer, so that Σ L, before its ReLU, is the score itself but for the bias.
    """
    errors = run.misclassified
    images = tensor_of(run.config, errors["images"][:count])
    net = trained_net(run)
    gradients = LayerGradCam(net, _last_relu(net.features))
    predicted = torch.from_numpy(errors["predicted"][:count].astype(np.int64))
    label = torch.from_numpy(errors["label"][:count].astype(np.int64))
    with torch.no_grad():
        said = net(images).softmax(dim=1).gather(1, predicted.unsqueeze(1)).squeeze(1)
    error = float(np.abs(said.numpy() - errors["confidence"][:count]).max())
    true, taken_for = (
        gradients.attribute(images, target=classes, relu_attributions=True).detach().squeeze(1).numpy()
        for classes in (label, predicted)
    )
    return Maps(true, taken_for, error)


def standard(config: Config) -> tuple[float, float]:
    """Mean and deviation of a training pixel, fractions of full brightness: for reports, made where no data are.

    Those of a data set with a name are rounded; `Maps.error` tells whether they were right.
    """
    facts = image_facts(config)
    return facts.validation_standard if config.evaluate_on == "validation" else facts.standard


def tensor_of(config: Config, pixels: np.ndarray) -> Tensor:
    """Pictures as run folders keep them, bytes (n, h, w) or (n, h, w, 3), as the network takes them: (n, c, h, w)."""
    mean, deviation = standard(config)
    images = torch.from_numpy(pixels).float()
    images = images.permute(0, 3, 1, 2) if images.ndim == 4 else images.unsqueeze(1)
    return images.div(255).sub(mean).div(deviation)


def spread(config: Config) -> np.ndarray:
    """(pixels, positions): what share of its value a position of a map gives to each pixel, along either edge.

    A normal curve with mean and deviation of the ways from pixels through all convolutions to the position: most come
    from the middle of the field that it sees, few from its rim (Luo et al. 2016, arXiv:1701.04128).
    """
    ways = ways_through(config)
    ways = ways / ways.sum(axis=0)
    pixels = np.arange(len(ways))[:, None]
    middle = (pixels * ways).sum(axis=0)
    deviation = np.sqrt((np.square(pixels - middle) * ways).sum(axis=0))
    curves = np.exp(-np.square((pixels - middle) / np.maximum(deviation, 0.5)) / 2)
    return curves / curves.sum(axis=0)


def ways_through(config: Config) -> np.ndarray:
    """(pixels, positions): in how many ways a pixel reaches a position of the last convolution, along either edge."""
    blocks = deepened(parse_skeleton(config.skeleton), config.depth)
    size = image_facts(config).shape[1]
    ways = np.eye(size)
    for number, block in enumerate(blocks):
        convolved = (len(ways.T) + 2 * block.padding - block.kernel) // block.stride + 1
        ways = ways @ _windows(len(ways.T), convolved, block.kernel, block.stride, block.padding)
        if number < len(blocks) - 1:  # the maps are those before the last pooling
            ways = ways @ _windows(convolved, convolved // block.pool, block.pool, block.pool, 0)
    return ways


def _windows(inputs: int, outputs: int, width: int, stride: int, padding: int) -> np.ndarray:
    """(inputs, outputs): 1 where an output sees an input."""
    offset = np.arange(inputs)[:, None] + padding - stride * np.arange(outputs)
    return ((offset >= 0) & (offset < width)).astype(float)


def _last_relu(features: nn.Sequential) -> nn.Module:
    return [layer for layer in features if isinstance(layer, nn.ReLU)][-1]
