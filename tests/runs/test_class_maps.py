"""Grad-CAM of a run, made anew from its folder."""

import gzip

import numpy as np
import pytest
import torch

from normstudy.config import Config, resolve
from normstudy.data.facts import KNOWN
from normstudy.data.loading import load
from normstudy.runs import class_maps
from normstudy.runs.folder import read_run
from normstudy.runs.networks import trained_net


@pytest.fixture(scope="module")
def run(run_folder):
    return read_run(run_folder)


def test_the_network_says_what_was_recorded(run):
    assert class_maps.misclassified_maps(run, 10).error < 1e-4


def test_maps_are_those_of_the_weights_of_the_last_layer(run):
    """Before a mean over positions and a linear layer, Grad-CAM is CAM (Zhou et al. 2016): Σ_k w_k A_k."""
    net, count = trained_net(run), 5
    maps = class_maps.misclassified_maps(run, count)
    mean, deviation = KNOWN["digits"].standard
    images = (torch.from_numpy(run.misclassified["images"][:count]).float().unsqueeze(1) / 255 - mean) / deviation
    with torch.no_grad():
        features = net.features(images)
        for classes, found in (
            (run.misclassified["label"], maps.true),
            (run.misclassified["predicted"], maps.predicted),
        ):
            weights = net.head.weight[torch.from_numpy(classes[:count].astype(np.int64))]
            expected = torch.einsum("nk,nkhw->nhw", weights, features).clamp(min=0) / features[0, 0].numel()
            assert found == pytest.approx(expected.numpy(), abs=1e-5)


def test_standards_of_digits_are_those_of_the_training_images():
    data = load("digits")
    assert KNOWN["digits"].standard == pytest.approx((data.mean, data.std), abs=1e-4)


def test_standards_of_mnist_are_those_of_the_training_images(mnist_archives):
    with gzip.open(mnist_archives / "train-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16) / 255
    assert KNOWN["mnist"].standard == pytest.approx((pixels.mean(), pixels.std()), abs=1e-4)


@pytest.mark.parametrize(
    ("skeleton", "middles", "field"),
    [
        ("5x5/2, 3x3, 3x3, 3x3", [8, 10, 12, 14, 16, 18], 17),
        ("3x3 padded", list(range(28)), 3),
        ("3x3 and 2x2 pool, 3x3", [4.5 - 1 + 2 * at for at in range(11)], 8),
    ],
)
def test_a_position_stands_for_the_pixels_that_it_sees(skeleton, middles, field):
    config = resolve(Config(skeleton=skeleton, dataset="mnist"), "mnist")
    ways, shares = class_maps.ways_through(config), class_maps.spread(config)
    seen = [np.flatnonzero(column) for column in ways.T]
    inside = [each for each in seen if len(each) == field]
    assert max(map(len, seen)) == field
    assert [each.mean() for each in inside] == [
        middle for each, middle in zip(seen, middles, strict=True) if len(each) == field
    ]
    assert shares.sum(axis=0) == pytest.approx(1)
    result = (np.arange(len(ways))[:, None] * shares).sum(axis=0)
    whole = [place for place, each in enumerate(seen) if len(each) == field]
    assert result[whole[1:-1]] == pytest.approx([middles[place] for place in whole[1:-1]], abs=0.1)
