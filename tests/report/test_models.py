"""Runs by model."""

from recorded import recorded_run

from normstudy.config import Config
from normstudy.report.models import models_of, names_of_runs, of_first_seed
from normstudy.runs.folder import FinishedRun


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
