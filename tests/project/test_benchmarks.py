"""The benchmark's own arithmetic, and that its peer is a pipeline that learns."""

import sys

import numpy as np
import pytest
import torch
from commands import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

import coverage
import normalizations
import repeated_faults as faults
import run as bench
from usual import UsualNet, evaluate, train_epoch

MODELS = bench.MODELS


def times(**changed: float) -> dict[str, float]:
    """Made-up seconds per epoch."""
    found = {"usual, two threads": 40.0, "usual, two runs": 60.0}
    for model in MODELS:
        for precision in bench.PRECISIONS:
            found |= {f"floor, {model}, {precision}": 2.0, f"ours, {model}, {precision}": 2.2}
        found |= {f"evaluation, {model}": 0.1, f"ours, {model}, two threads": 2.0}
        found |= {f"ours, {model}, two runs, {precision}": 2.5 for precision in bench.PRECISIONS}
    return found | changed


def test_ratios_are_taken_within_a_repetition(monkeypatch):
    monkeypatch.setattr(bench.epoch, "resolved_precision", lambda: "fp32")
    slow = {name: 3 * value for name, value in times().items()}  # the whole machine was slow for a while
    rows = dict(bench.ratios_of([times(), slow, times()]))
    for name, values in rows.items():
        assert max(values) - min(values) < 1e-9, name
    assert rows["our epoch / its floor: gn, fp32"][0] == pytest.approx(1.1)
    assert rows["our training loop, without evaluation / its floor: gn, fp32"][0] == pytest.approx(1.05)
    assert rows["model-epochs per minute, two runs / one: ln"][0] == pytest.approx(2 * 2.2 / 2.5)
    assert rows["model-epochs per minute, two runs / one with two threads: ln"][0] == pytest.approx(2 * 2.0 / 2.5)
    assert rows["model-epochs per minute, two of our runs in fp32 / usual, two threads"][0] == pytest.approx(
        40 / (2.5 / 2)
    )
    assert rows["model-epochs per minute, two of our runs in bf16 / usual, two runs"][0] == pytest.approx(
        30 / (2.5 / 2)
    )


@pytest.mark.slow
def test_the_usual_pipeline_learns():
    torch.manual_seed(0)
    network = UsualNet()
    assert sum(parameter.numel() for parameter in network.parameters()) == 7842  # as its file says
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    labels = torch.arange(40) % 10
    images = torch.randn(10, 1, 28, 28)[labels]
    first = train_epoch(network, [(images, labels)], optimizer)[0]
    for _ in range(10):
        last = train_epoch(network, [(images, labels)] * 2, optimizer)
    assert last[0] < first / 2
    loss, accuracy = evaluate(network, [(images[:30], labels[:30]), (images[30:], labels[30:])])
    assert 0 <= accuracy <= 1
    assert loss > 0


@pytest.mark.slow
def test_the_costs_of_normalizations_are_measured_for_each_in_turn():
    found = normalizations.measure(turns=2, steps=1, passes=1)
    assert set(found["seconds"]["training"]) == set(found["kept"]) == set(normalizations.KINDS)
    assert set(found["seconds"]["test"]) == {*normalizations.KINDS, normalizations.FOLDED}
    assert all(len(each) == 2 and min(each) > 0 for when in found["seconds"].values() for each in when.values())
    without = found["kept"]["none"]
    for kind in ("bn", "gn", "ln", "in"):  # what goes into each normalization, and the little that its statistics are
        assert 5504 < found["kept"][kind] - without < 1.05 * 5504, kind


def test_a_folded_normalization_says_the_same():
    torch.manual_seed(0)
    network = normalizations.make_net(normalizations.Config(norm="bn", dataset="mnist"))
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            for values in (layer.running_mean, layer.running_var, layer.weight.data, layer.bias.data):
                values.uniform_(0.5, 2)
    images = torch.randn(4, 1, 28, 28)
    network.eval()
    folded = normalizations.folded(network)
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in folded.modules())
    assert torch.allclose(network(images), folded(images), atol=1e-4)


def test_the_simulated_truth_is_that_of_many_simulated_runs():
    rng = np.random.default_rng(0)
    for means, pair in (
        (coverage.MEANS, coverage.normal_pair(rng, 20_000)),
        (1 - coverage.expected_errors() @ coverage.KINDS / 10_000, coverage.realistic_pair(rng, 20_000)),
    ):
        for mean, accuracies in zip(means, pair, strict=True):
            assert accuracies.mean() == pytest.approx(mean, abs=4 * accuracies.std() / 20_000**0.5)
            assert 0.0003 < accuracies.std() < 0.001  # as runs of one model differ


def test_the_tables_of_coverage_have_every_interval_and_number_of_seeds(monkeypatch):
    monkeypatch.setattr(coverage, "SEEDS", (3, 5))
    table = coverage.coverage_table(3)
    assert len(table) == len(set(zip(table["interval"], table["data"], strict=True))) == 10
    assert list(table)[2:] == ["3 seeds", "5 seeds"]
    assert coverage.verdict_table(2)["seeds"].tolist() == [3, 5]


def test_a_penalty_that_is_only_reported_has_no_gradient():
    torch.manual_seed(0)
    network = normalizations.make_net(normalizations.Config(norm="bn", dataset="mnist"))
    images, labels = torch.randn(20, 1, 28, 28), torch.arange(20) % 10

    def gradients(objective):
        network.zero_grad()
        objective.backward()
        return [parameter.grad.clone() for parameter in network.parameters()]

    plain = gradients(torch.nn.functional.cross_entropy(network(images), labels))
    loss, reported = faults.objective_and_reported(network, network(images), labels, acts=False)
    assert all(map(torch.equal, gradients(loss), plain))  # bit by bit
    size = sum(float(parameter.detach().abs().sum()) for parameter in network.parameters())
    assert reported.item() == pytest.approx(loss.item() + faults.PENALTY * size)
    loss, reported = faults.objective_and_reported(network, network(images), labels, acts=True)
    assert loss.item() == reported.item()
    pulled = [
        own + faults.PENALTY * parameter.sign() for own, parameter in zip(plain, network.parameters(), strict=True)
    ]
    assert all(torch.allclose(own, wanted, atol=1e-8) for own, wanted in zip(gradients(loss), pulled, strict=True))


def test_a_rebuilt_schedule_never_leaves_its_first_epoch():
    def rates(steps):
        optimizer, schedule = faults.optimizer_of(torch.nn.Linear(1, 1), epochs=20, steps=469)
        found = []
        for _ in range(steps):
            found.append((schedule.get_last_lr()[0], optimizer.param_groups[0]["momentum"]))
            optimizer.step()
            schedule.step()
        return np.array(found)

    whole, first = rates(20 * 469), rates(469)
    assert first[0] == pytest.approx([0.01, 0.95])
    assert first[-1] == pytest.approx([0.02268, 0.9433], abs=1e-4)
    assert np.array_equal(whole[:469], first)
    assert whole[:, 0].argmax() + 1 == pytest.approx(2814, abs=1)
    assert whole[-1, 0] < 1e-5


def test_the_faults_are_repeated_and_nothing_else_differs():
    def run(**arm):
        return faults.measured(faults.Arm("gn", **arm), 0, 2, "digits")

    right, rebuilt = run(rebuilt=False, acts=False), run(rebuilt=True, acts=False)
    assert right["losses"][0] == rebuilt["losses"][0]
    assert right["losses"][1] != rebuilt["losses"][1]
    assert rebuilt["last_rates"][0] == rebuilt["last_rates"][1] == right["last_rates"][0] > right["last_rates"][1]
    assert run(rebuilt=False, acts=False)["losses"] == right["losses"]
    assert len(faults.arms(["bn", "gn"])) == 6
