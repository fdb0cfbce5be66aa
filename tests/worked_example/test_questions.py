"""What people get wrong: the answers, and the measurements behind them."""

import pytest
import torch
from commands import ROOT
from made_runs import made_run
from recorded import recorded_run

from normstudy.config import Config
from normstudy.model import Net, make_net
from normstudy.preview.constructs import unsupported_constructs
from normstudy.report.models import of_first_seed
from normstudy.runs.comparison import compared_runs
from normstudy.runs.networks import trained_net
from normstudy.training.optimizer import Optimizers
from normstudy.worked_example import decayed, modes, order, questions
from normstudy.worked_example.decayed import SHRUNK, moved
from normstudy.worked_example.networks import kept_images, with_network


@pytest.fixture(scope="module")
def published():
    return of_first_seed(compared_runs(ROOT / "results"))


def test_runs_without_a_network_have_answers_too():
    runs = [recorded_run("bn", [0.1], [0.9], norm="bn"), made_run("gn", [], diverged=True)]
    assert with_network(runs) == {}
    text = questions.section(runs)
    assert "nan" not in text
    assert text.count("**") == 14
    assert not unsupported_constructs(text)


def test_of_several_models_of_a_kind_the_first_is_looked_into(published):
    found = with_network([*published, *published])
    assert [run.config.norm for run in found.values()] == list(dict.fromkeys(run.config.norm for run in published))


def test_kept_images_are_each_there_once(published):
    images = kept_images(published)
    assert len(torch.unique(images, dim=0)) == len(images) <= sum(len(run.misclassified["label"]) for run in published)


def test_only_bn_looks_at_other_images(published):
    images = kept_images(published)[:12]
    for run in published:
        found = modes.neighbours(run, images)
        assert (found.change > 0.1) == (run.config.norm == "bn")
        assert not found.answers or run.config.norm == "bn"


def test_statistics_of_parts_are_those_of_batches(published):
    images = kept_images(published)[:6]
    for run in published:
        found, net = modes.scores(run, images, 3), trained_net(run)
        for first in range(2):  # every second image is of one batch
            alone = net.train()(images[first::2]).detach()
            assert torch.allclose(found[first::2], alone, atol=1e-4)


def test_a_network_that_refuses_a_single_image_is_passed_over(published, monkeypatch):
    net = trained_net(published[0])
    net.features = torch.nn.Sequential(*net.features, torch.nn.AdaptiveAvgPool2d(1), torch.nn.BatchNorm2d(16))
    monkeypatch.setattr(modes, "trained_net", lambda run, **changes: net)
    images = kept_images(published)[:3]
    assert modes.neighbours(published[0], images) is None
    assert modes.scores(published[0], images[:1], 1) is None
    assert modes.in_words(published) == ""


def test_where_the_data_are_not_the_page_says_so(published, monkeypatch):
    monkeypatch.setattr(modes, "is_present", lambda dataset: False)
    assert "needs MNIST, which was not at hand" in modes.accuracies(published)


def test_what_penalties_act_on_is_what_the_optimizer_decays(published):
    for optimizer in ("muon", "adamw", "sgd"):
        config = Config(norm="gn", optimizer=optimizer, weight_decay=0.1, dataset="mnist")
        config = published[0].config.model_copy(update=config.model_dump(include={"norm", "optimizer", "weight_decay"}))
        net = make_net(config)
        groups = [group for each in Optimizers(config, net).all for group in each.param_groups]
        sizes = [
            sum(values.numel() for group in groups if bool(group["weight_decay"]) == own for values in group["params"])
            for own in (True, False)
        ]
        run = made_run("gn", [])
        run.config = config
        assert decayed.rule(run) == tuple(sizes)


@pytest.mark.parametrize("norm", ["bn", "ln", "gn", "in"])
def test_shrinking_weights_or_gamma_and_beta_together_changes_nothing(norm):
    torch.manual_seed(1)
    images = torch.randn(8, 1, 28, 28).double()
    changes = {}
    for name, chosen in SHRUNK.items():
        torch.manual_seed(2)
        net = Net(norm).double()
        for parameter in net.parameters():
            torch.nn.init.normal_(parameter)
        changes[name], _ = moved(net, images, chosen)
    weights, together, alone, every = changes.values()
    assert max(weights, together) < 1e-2 * min(alone, every)


def test_the_share_that_a_relu_cuts_off_is_what_it_makes_0(published):
    net, images = trained_net(published[0]), kept_images(published)[:5]
    shares = order.negative(net, images)
    x, zeros = images, []
    with torch.no_grad():
        for layer in net.features:
            x = layer(x)
            if isinstance(layer, torch.nn.ReLU):
                zeros.append((x == 0).float().mean().item())
    assert shares == pytest.approx(zeros, abs=1e-3)


def test_both_orders_are_on_the_table():
    table = order.order_table()
    assert table["mean"].tolist()[-1] == "0.00"
    assert table["sd"].tolist()[-1] == "1.00"
    assert table["values"].tolist()[1].startswith("0.00")
