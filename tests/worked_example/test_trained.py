"""What training mode, folding and shrunk parameters do to the published networks."""

from dataclasses import replace

import pytest
import torch
from commands import ROOT

from normstudy.config import Config
from normstudy.model import Net, make_net
from normstudy.runs.networks import trained_net
from normstudy.runs.studies import read_study
from normstudy.training.optimizer import Optimizers
from normstudy.worked_example import folding, trained


@pytest.fixture(scope="module")
def published():
    return read_study(ROOT / "results")


def test_kept_images_are_each_there_once(published):
    images = trained.kept_images(published)
    assert len(torch.unique(images, dim=0)) == len(images) <= sum(len(run.misclassified["label"]) for run in published)


def test_models_that_share_a_normalization_are_all_there(published):
    bn, gn, ln = published
    another = replace(gn, config=gn.config.model_copy(update={"groups": 8}))
    assert list(trained.by_name([bn, gn, ln, another, *published]).values()) == [bn, gn, ln, another]


def test_only_bn_looks_at_other_images(published):
    images = trained.kept_images(published)[:12]
    for run in published:
        found = trained.alone(run, images)
        assert (found.score > 0.1) == (run.config.norm == "bn")
        assert not found.answers or run.config.norm == "bn"


def test_folding_changes_no_answer(published):
    run = published[0]
    assert run.config.norm == "bn"
    found = trained.folding(run, trained.kept_images([run]))
    assert (found.answers, found.score < 1e-4) == (0, True)
    net = trained.trained_net(run)
    assert (folding.size(net), folding.size(folding.folded_net(net))) == (7738, 7546)


def test_penalties_act_on_what_the_optimizer_decays(published):
    for optimizer in ("muon", "adamw", "sgd"):
        config = Config(norm="gn", optimizer=optimizer, weight_decay=0.1, dataset="mnist")
        config = published[0].config.model_copy(update=config.model_dump(include={"norm", "optimizer", "weight_decay"}))
        groups = [group for each in Optimizers(config, make_net(config)).all for group in each.param_groups]
        sizes = [
            sum(values.numel() for group in groups if bool(group["weight_decay"]) == own for values in group["params"])
            for own in (True, False)
        ]
        run = type("Run", (), {"config": config})()
        assert trained.decayed(run) == tuple(sizes)


@pytest.mark.parametrize("norm", ["bn", "ln", "gn", "in"])
def test_shrinking_weights_or_gamma_and_beta_together_changes_nothing(norm):
    torch.manual_seed(1)
    images = torch.randn(8, 1, 28, 28).double()
    found = []
    for chosen in trained.SHRUNK.values():
        torch.manual_seed(2)
        net = Net(norm).double()
        for parameter in net.parameters():
            torch.nn.init.normal_(parameter)
        found.append(trained.shrunk(net, images, chosen).score)
    weights, together, alone, every = found
    assert max(weights, together) < 1e-2 * min(alone, every)


def test_the_share_that_a_relu_cuts_off_is_what_it_sets_to_0(published):
    run, images = published[0], trained.kept_images(published)[:5]
    x, zeros = images, []
    with torch.no_grad():
        for layer in trained_net(run).features:
            x = layer(x)
            if isinstance(layer, torch.nn.ReLU):
                zeros.append((x == 0).float().mean().item())
    assert trained.negative(run, images) == pytest.approx(zeros, abs=1e-3)
