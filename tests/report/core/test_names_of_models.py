"""Names of models, and which runs are of one model."""

import made_runs
import pytest
from recorded import recorded_run
from report_in_process import finished_run

from normstudy.config import Config
from normstudy.data.facts import KNOWN
from normstudy.report.core.models import models_of, names_of_runs, of_first_seed, shared_seeds
from normstudy.report.core.names import FULL_NAMES, LONGEST, labels
from normstudy.runs.folder import FinishedRun

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
        ([{"model": "a.py:small_resnet", "norm": "none"}], ["small resnet no norm"]),
        ([{"model": "a.py:f"}, {"model": "b.py:f"}], ["f BN (model a.py:f)", "f BN (model b.py:f)"]),
        ([{"l1": 1e-5}, {"l1": 1e-6}], ["BN + L1 (l1 1e-05)", "BN + L1 (l1 1e-06)"]),
        ([{"batch_size": 64, "seed": 1}, {"seed": 2}], ["BN (seed 1, batch size 64)", "BN (seed 2, batch size 128)"]),
    ],
)
def test_short_names_with_what_distinguishes_equal_ones(parameters, expected):
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


def test_a_run_is_called_by_its_model_and_of_several_by_its_seed():
    one, other = {"norm": "gn", "groups": 4}, {"norm": "gn", "groups": 8}
    configs = [Config(**one, seed=seed) for seed in (0, 1)] + [Config(**other, seed=5), Config(norm="ln", seed=7)]
    assert names_of_runs(configs) == ["GN (groups 4), seed 0", "GN (groups 4), seed 1", "GN (groups 8)", "LN"]
    sources = [Config(norm="ln", seed=1), Config(norm="ln", seed=1, seed_weights=2)]
    assert names_of_runs(sources) == ["LN", "LN, seed weights 2"]
    assert names_of_runs([]) == []


def test_names_of_336_runs_differ():
    rates = (0.01, 0.0215, 0.0464, 0.1, 0.215, 0.464, 1.0)
    configs = [
        Config(norm=norm, seed=seed, max_lr=rate, warmup=warmup, depth=depth, optimizer="sgd")
        for norm in ("none", "bn", "gn", "ln")
        for seed in range(3)
        for rate in rates
        for warmup in (0, 0.2)
        for depth in (0, 8)
    ]
    names = names_of_runs(configs)
    assert len(set(names)) == len(configs) == 336
    assert names[84] == "BN (depth 0, max lr 0.01, warmup 0), seed 0"


def test_a_models_name_has_no_seed():
    runs = [recorded_run("gn", [0.5], norm="gn", groups=groups, seed=seed) for groups, seed in [(4, 0), (4, 1), (8, 5)]]
    assert [model.name for model in models_of(runs)] == ["GN (groups 4)", "GN (groups 8)"]


def test_of_single_runs_one_with_a_folder_is_shown():
    recorded = [recorded_run("gn", [0.5], norm="gn", seed=seed) for seed in range(3)]
    assert of_first_seed(recorded[::-1]) == [recorded[0]]
    with_folder = FinishedRun(recorded[2].folder, recorded[2].metrics, recorded[2].config)
    other = recorded_run("ln", [0.5], norm="ln", seed=1)
    assert of_first_seed([recorded[0], recorded[1], with_folder, other]) == [with_folder, other]


def test_a_finished_run_is_shown_rather_than_a_diverged_one():
    diverged = finished_run(norm="gn", diverged={"epoch": 1, "step": 1, "lr": 1.0})
    finished = finished_run(norm="gn", seed=1)
    assert of_first_seed([diverged, finished]) == [finished]
    assert of_first_seed([diverged]) == [diverged]


def test_runs_that_share_a_seed_alone_are_all_compared():
    """Each is a run of its own: first weights, order and augmentation may have further seeds."""
    seeds = [{"seed": 1}, {"seed": 1, "seed_weights": 7}, {"seed": 2}]
    runs = [recorded_run(norm, [loss], norm=norm, **each) for norm in ("bn", "gn") for loss, each in enumerate(seeds)]
    bn, gn = models_of(runs)
    shared = shared_seeds(bn, gn)
    assert len(shared) == 3
    assert bn.after("test_loss", shared).tolist() == gn.after("test_loss", shared).tolist() == [0, 1, 2]
