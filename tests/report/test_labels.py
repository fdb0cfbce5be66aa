"""Names of models."""

import made_runs
import pytest

from normstudy.config import Config
from normstudy.images.facts import KNOWN
from normstudy.report.labels import FULL_NAMES, LONGEST, labels

NORMS = ("bn", "gn", "ln", "in", "ln2d", "none")


def configs(*parameters: dict) -> list[Config]:
    return [Config(**values) for values in parameters]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ([{"norm": "bn", "l1": 1e-5}, {"norm": "gn"}, {"norm": "ln"}], ["BN + L1", "GN", "LN"]),
        ([{"norm": "none"}, {"norm": "in"}, {"norm": "ln2d"}], ["No norm", "IN", "LN2d"]),
        ([{"norm": "bn"}, {"norm": "bn", "l1": 1e-5}], ["BN", "BN + L1"]),
        ([{"norm": "gn"}, {"norm": "gn", "groups": 8}, {"norm": "ln"}], ["GN (groups 4)", "GN (groups 8)", "LN"]),
        (
            [{"model": "nets.py:small_resnet"}, {"model": "a.b:_Net", "norm": "gn", "l1": 1}, {}],
            ["small resnet BN", "Net GN + L1", "BN"],
        ),
        ([{"model": "a.py:f"}, {"model": "b.py:f"}], ["f BN (model a.py:f)", "f BN (model b.py:f)"]),
        ([{"l1": 1e-5}, {"l1": 1e-6}], ["BN + L1 (l1 1e-05)", "BN + L1 (l1 1e-06)"]),
        ([{"batch_size": 64, "seed": 1}, {"seed": 2}], ["BN (seed 1, batch size 64)", "BN (seed 2, batch size 128)"]),
    ],
)
def test_short_names_with_what_tells_equal_ones_apart(parameters, expected):
    assert labels(configs(*parameters)) == expected


def test_different_configurations_never_share_a_name():
    models = [{"norm": norm, "seed": seed, "l1": l1} for norm in NORMS for seed in (1, 2) for l1 in (0, 0.1)]
    found = labels(configs(*models))
    assert len(set(found)) == len(found) == 24


def test_there_are_names_for_everything():
    assert FULL_NAMES.keys() == set(NORMS)
    assert all(len(set(facts.classes)) == 10 for facts in KNOWN.values())
    assert len({facts.title for facts in KNOWN.values()}) == len(KNOWN)


@pytest.mark.parametrize("changes", [1, 2, 5, 9])
@pytest.mark.parametrize("count", [2, 3, 4, 5, 9, 30])
def test_names_are_short_and_different_however_much_differs(count, changes):
    names = labels(made_runs.configs(count, changes))
    assert len(set(names)) == count
    assert max(map(len, names)) <= LONGEST


def test_variants_of_one_model_are_named_after_what_they_change():
    changes = [{}, {"groups": 8}, {"max_lr": 0.013}, {"rotation": 0.0}, {"shift": 0.5}]
    found = labels([Config(**{"norm": "gn", "weight_decay": 0.07, **change}) for change in changes])
    assert found == ["GN", "GN (groups 8)", "GN (max lr 0.013)", "GN (rotation 0)", "GN (shift 0.5)"]


def test_values_that_look_alike_do_not_make_one_name():
    assert labels([Config(max_lr=0.02), Config(max_lr=0.0200000001)]) == ["BN #1", "BN #2"]
