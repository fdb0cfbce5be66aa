"""The learning rate of each step."""

import pytest
import torch
from conftest import QUICK
from torch.optim.lr_scheduler import CosineAnnealingLR, MultiStepLR

from normstudy.config import Config
from normstudy.training.loop import fit
from normstudy.training.schedule import PATIENCE, Schedule, learning_rates, plateau_share

STEPS = 100


def rates(schedule: str, **more) -> list[float]:
    return list(learning_rates(Config(schedule=schedule, max_lr=0.5, evaluate_on="validation", **more), STEPS))


@pytest.mark.parametrize(
    ("schedule", "reference"),
    [
        ("cosine", lambda optimizer: CosineAnnealingLR(optimizer, STEPS)),
        ("step", lambda optimizer: MultiStepLR(optimizer, [STEPS // 2, 3 * STEPS // 4])),
    ],
)
def test_they_are_torchs(schedule, reference):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.5)
    plan = reference(optimizer)
    expected = []
    for _ in range(STEPS):
        expected.append(plan.get_last_lr()[0])
        optimizer.step()
        plan.step()
    assert rates(schedule, warmup=0) == pytest.approx(expected)


def test_a_constant_rate_stays_at_its_peak():
    assert rates("constant", warmup=0.5)[50:] == [0.5] * 50


def test_a_plateau_lowers_the_rate_after_epochs_without_a_lower_loss():
    assert plateau_share([]) == 1
    assert plateau_share([3, 2, 1]) == 1
    assert plateau_share([1] * (1 + PATIENCE)) == 1
    assert plateau_share([1] * (2 + PATIENCE)) == pytest.approx(0.1)
    assert plateau_share([1] * (2 + PATIENCE) + [0.5] * 9) == pytest.approx(0.001)
    schedule = Schedule(Config(schedule="plateau", evaluate_on="validation", warmup=0, max_lr=0.5, epochs=9), 2)
    assert schedule.rates(6, [1] * 5) == pytest.approx([0.05, 0.05])


@pytest.mark.parametrize("schedule", ["one_cycle", "cosine", "plateau"])
def test_the_rates_of_an_epoch_do_not_depend_on_where_the_run_went_on(schedule):
    config = Config(schedule=schedule, evaluate_on="validation", epochs=5)
    losses = [1.0, 1.0, 1.0, 1.0]
    whole, resumed = Schedule(config, 7), Schedule(config, 7)
    each = [whole.rates(epoch, losses[: epoch - 1]) for epoch in range(1, 6)]
    assert [resumed.rates(4, losses[:3]), resumed.rates(5, losses)] == each[3:]
    assert sum(map(len, each)) == 35


@pytest.mark.parametrize("schedule", ["cosine", "step", "plateau", "constant"])
def test_a_run_with_each_schedule_learns(schedule):
    run = fit(Config(**{**QUICK, "schedule": schedule, "evaluate_on": "validation", "epochs": 5}))
    assert run.history[-1]["test_accuracy"] > 0.3
