"""Muon: orthogonal updates, torch's own Muon on matrices, and how it is combined with AdamW."""

import pytest
import torch
from conftest import QUICK

from normstudy.config import Config
from normstudy.model import Net, initialise, penalised_weights
from normstudy.training.loop import fit
from normstudy.training.muon import Muon
from normstudy.training.optimizer import Optimizers
from normstudy.training.randomness import generator


def matrices(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("shape", [(16, 16, 3, 3), (16, 1, 5, 5), (64, 2, 3, 3)])
def test_it_is_torchs_muon_on_the_matrix_of_a_convolution(shape):
    """torch's rounds to bfloat16 within; it scales the update of a matrix with more rows than columns."""
    ours = torch.nn.Parameter(matrices(*shape))
    theirs = torch.nn.Parameter(ours.detach().flatten(1).clone())
    rows, columns = theirs.shape
    first = Muon([ours], lr=torch.tensor(0.1), weight_decay=0.2)
    scale = max(1, rows / columns) ** 0.5
    second = torch.optim.Muon([theirs], lr=0.1 / scale, weight_decay=0.2 * scale, momentum=0.95)
    for step in range(4):
        gradient = torch.randn(shape, generator=torch.Generator().manual_seed(step))
        ours.grad, theirs.grad = gradient, gradient.flatten(1)
        before = ours.detach().clone()
        first.step()
        second.step()
        moved = (ours.detach() - before).flatten(1)
        assert torch.linalg.matrix_norm(moved, 2) > 0.05
        torch.testing.assert_close(ours.detach().flatten(1), theirs.detach(), rtol=0, atol=4e-3)


def test_weights_of_one_shape_are_done_together_as_each_by_itself():
    together = [torch.nn.Parameter(matrices(4, 2, 3, 3) + i) for i in range(3)]
    apart = [torch.nn.Parameter(weight.detach().clone()) for weight in together]
    optimizers = [Muon(together, torch.tensor(0.1), 0.0), *[Muon([w], torch.tensor(0.1), 0.0) for w in apart]]
    for _ in range(2):
        for i, (one, other) in enumerate(zip(together, apart, strict=True)):
            one.grad = other.grad = torch.randn(4, 2, 3, 3, generator=torch.Generator().manual_seed(i))
        for optimizer in optimizers:
            optimizer.step()
    for one, other in zip(together, apart, strict=True):
        torch.testing.assert_close(one, other)


def test_convolutions_have_muon_and_the_rest_adamw_with_its_own_rate():
    model = Net("gn")
    optimizers = Optimizers(Config(norm="gn", optimizer="muon", max_lr=0.5, adamw_lr=0.1, device="cpu"), model)
    muon, adamw = optimizers.all
    assert isinstance(muon, Muon)
    assert isinstance(adamw, torch.optim.AdamW)
    assert [p for group in muon.param_groups for p in group["params"]] == penalised_weights(model)[:4]
    optimizers.set_rate(0.25)
    assert [round(float(group["lr"]), 6) for group in (*muon.param_groups, *adamw.param_groups)] == [0.25, 0.05, 0.05]


def test_a_run_with_muon_learns_and_repeats_itself():
    chosen = Config(**{**QUICK, "norm": "ln", "optimizer": "muon", "max_lr": 0.05, "epochs": 3})
    first, second = fit(chosen), fit(chosen)
    assert first.history[-1]["test_accuracy"] > 0.4
    assert [entry["test_loss"] for entry in first.history] == [entry["test_loss"] for entry in second.history]


def test_the_penalty_acts_through_the_direction_alone():
    """However strong it is, an update has the same size; without another gradient it is that of sign(w)."""
    updates = []
    for strength in (1e-6, 1e-2):
        model = Net("bn")
        initialise(model, generator(1, 0, "weights"))
        weight = penalised_weights(model)[1]
        before = weight.detach().clone()
        weight.grad = strength * before.sign()
        Muon([weight], torch.tensor(0.1), 0.0).step()
        updates.append(before - weight.detach())
    torch.testing.assert_close(updates[0], updates[1], rtol=1e-3, atol=1e-5)
