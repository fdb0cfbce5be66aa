"""The answers to the exercises, against numbers found in another way."""

import json
import re

import pytest
import torch
from commands import ROOT
from explorer_states import State
from node import NEEDS_NODE, run_in_node

from normstudy.worked_example import exercises, explorer
from normstudy.worked_example.backward import UPSTREAM
from normstudy.worked_example.definition import IMAGES


def test_a_bias_is_undone_where_sets_keep_within_a_channel():
    changes = exercises.bias_changes()
    assert {name for name, change in changes.items() if change < 1e-9} == {"BN", "IN"}
    assert min(changes[name] for name in ("LN", "GN", "LN2d")) > 0.1


def test_rms_norm():
    assert exercises.mean_square() == (IMAGES[0] ** 2).sum().item() / 16
    assert max(exercises.rms_gaps()) < 1e-14


def test_a_gradient_of_ones_gives_none_where_means_are_subtracted():
    found = exercises.all_ones()
    assert {kind for kind, (dx, _) in found.items() if dx.abs().max() > 1e-9} == {exercises.RMS}
    assert {kind for kind, (_, dgamma) in found.items() if dgamma.abs().max() < 1e-9} == {"BN", "IN"}


def test_constant_statistics_let_a_bias_grow():
    x = IMAGES.double().requires_grad_()
    mean, std = x.mean((0, 2, 3), keepdim=True), x.std((0, 2, 3), keepdim=True, correction=0)
    (2 * (x - mean.detach()) / std.detach() * UPSTREAM)[:, 0].sum().backward()
    wrong, right = exercises.constant_sums()
    assert x.grad.sum().item() == pytest.approx(float(wrong))
    assert right == 0


def test_how_long_the_start_is_remembered():
    norm = torch.nn.BatchNorm2d(4).double()
    wanted = IMAGES.double()[:, 0].mean(), IMAGES.double()[:, 0].var()
    near = []
    for _ in range(60):
        norm(IMAGES.double())
        kept = norm.running_mean[0], norm.running_var[0]
        near.append([abs(own / one - 1) < 0.01 for own, one in zip(kept, wanted, strict=True)])
    assert exercises.batches_until_near() == tuple(1 + column.index(True) for column in zip(*near, strict=True))


@NEEDS_NODE
def test_each_exercise_sets_the_explorer_to_a_state_that_it_knows():
    buttons = [exercises.button(name) for name in exercises.LINKS]
    links = [re.search(r'data-explorer="([^"]+)"', button)[1] for button in buttons]
    assert links == list(exercises.LINKS.values())
    script = explorer.script(ROOT / "theme", explorer.COMPUTING).removesuffix("})();\n")
    script += "const given = JSON.parse(require('fs').readFileSync(0, 'utf8'));\n"
    script += (
        "console.log(JSON.stringify(given.links.map((link) => linkOf(stateOf(link, given.data), given.data))));})();"
    )
    found = run_in_node(script, {"links": links, "data": json.loads(explorer.data())})
    # Parts of a link that are as at the start are left out when it is written again.
    again = [[part for part in link.split("-") if part not in ("method_bn", "at_0")] for link in links]
    assert [set(link.split("-")) for link in found] == list(map(set, again))
    assert State(method="rms", shows="xhat").link in links
