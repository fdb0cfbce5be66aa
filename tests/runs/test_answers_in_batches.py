"""How often BN's answer depends on the batch: against batches shown one by one."""

import numpy as np
import pytest
import torch

from normstudy.config import Config
from normstudy.data.loading import load
from normstudy.model import make_net
from normstudy.runs import answers_in_batches


@pytest.fixture(scope="module")
def data():
    return load("digits")


@pytest.fixture
def run(monkeypatch):
    """A run whose network has random weights."""

    class Run:
        config = Config(norm="bn", dataset="digits", device="cpu", precision="fp32")

    def net(run, **changes):
        torch.manual_seed(0)
        return make_net(run.config.model_copy(update=changes)).eval()

    monkeypatch.setattr(answers_in_batches, "trained_net", net)
    return Run()


def test_batches_are_what_they_would_be_one_by_one(run, data):
    order = torch.randperm(50, generator=torch.Generator().manual_seed(1))
    said = answers_in_batches._among_neighbours(run, data, order, 8)
    net = answers_in_batches.trained_net(run).train()
    for batch in order[:48].split(8):
        images = data.standardise_(data.evaluation.images[batch].float().div_(255))
        assert torch.equal(said[batch], net(images).argmax(dim=1))
    assert (said[order[48:]] == -1).all()


def test_shares_are_by_batch_and_repeat(run, data):
    found = answers_in_batches.answers_in_batches(run, data, seed=3)
    assert [each.size for each in found] == [1, 2, 8, 32, 128]
    assert not found[0].disagreed.any()  # an image alone has no neighbours that could change its answer
    assert [len(each.changed) for each in found] == [len(data.evaluation) // each.size for each in found]
    for each in found:
        for shares in (each.changed, each.disagreed, each.right):
            assert ((shares >= 0) & (shares <= 1)).all()
    again = answers_in_batches.answers_in_batches(run, data, seed=3)
    assert all(np.array_equal(one.disagreed, other.disagreed) for one, other in zip(found, again, strict=True))
