"""Studies as YAML files."""

import pytest
from commands import ROOT

from normstudy.config import Config, ParameterError
from normstudy.runs.study_file import read_study_file, study_file_names, study_path

PARAMS = ROOT / "params"
STUDY = """
title: GN and "BN" by
  rate
common: {dataset: digits, evaluate_on: validation, epochs: 3, precision: fp32, device: cpu}
seeds: [101, 102]
models:
  gn: {norm: gn, max_lr: [0.02, 0.04], weight_decay: [0.01, 0.1]}
  "bn + l1": {norm: bn, l1: 1.0e-5, skeleton: ["5x5/2, 3x3", "5x5/3, 3x3"]}
predictions: true
afterwards: [weights, first_gradients, weights]
"""


def written(folder, text):
    path = folder / "some_study.yaml"
    path.write_text(text)
    return path


def test_every_combination_is_a_run_of_each_model_and_seed(tmp_path):
    study = read_study_file(written(tmp_path, STUDY))
    runs = study.runs
    assert len(runs) == 2 * (4 + 2)
    assert [run.config.seed for run in runs] == [101] * 6 + [102] * 6
    assert [run.model for run in runs[:6]] == ["gn"] * 4 + ["bn + l1"] * 2
    assert {(run.config.max_lr, run.config.weight_decay) for run in runs[:4]} == {
        *[(0.02, 0.01), (0.02, 0.1), (0.04, 0.01), (0.04, 0.1)]
    }
    assert [run.config.skeleton for run in runs[4:6]] == ["5x5/2, 3x3", "5x5/3, 3x3"]
    assert len({run.config for run in runs}) == 12
    assert (study.name, study.title) == ("some_study", 'GN and "BN" by rate')
    assert study.predictions is True
    assert study.afterwards == ("weights", "first_gradients")


def test_what_is_not_said_is_as_usual(tmp_path):
    study = read_study_file(written(tmp_path, "common:\nseeds:\nmodels: {gn: {norm: gn, dataset: digits}}"))
    assert study.title == "Some study"
    assert [run.config.seed for run in study.runs] == [Config().seed]
    assert (study.predictions, study.afterwards) == (False, ())


@pytest.mark.parametrize(
    ("seeds", "expected"), [("0 to 39", list(range(40))), ("7 to 7", [7]), ("[3, 1]", [3, 1]), ("[0]", [0])]
)
def test_seeds_are_a_list_or_from_one_to_another(tmp_path, seeds, expected):
    study = read_study_file(written(tmp_path, f"seeds: {seeds}\nmodels: {{gn: {{norm: gn, dataset: digits}}}}"))
    assert [run.config.seed for run in study.runs] == expected


def test_a_model_may_hold_several_sets_and_a_run_counts_once(tmp_path):
    text = (
        "common: {dataset: digits, norm: gn}\n"
        "models: {gn: [{max_lr: [0.01, 0.02], l1: 0}, {max_lr: 0.02, l1: [0, 0.1]}]}"
    )
    runs = read_study_file(written(tmp_path, text)).runs
    assert [(run.config.max_lr, run.config.l1) for run in runs] == [(0.01, 0), (0.02, 0), (0.02, 0.1)]


def test_a_model_may_take_the_lines_of_another(tmp_path):
    lines = ("models:", "  gn: &base {norm: gn, dataset: digits, max_lr: [0.01, 0.02]}", "  ln: {<<: *base, norm: ln}")
    runs = read_study_file(written(tmp_path, "\n".join(lines))).runs
    found = [(run.model, run.config.norm, run.config.max_lr) for run in runs]
    assert found == [("gn", "gn", 0.01), ("gn", "gn", 0.02), ("ln", "ln", 0.01), ("ln", "ln", 0.02)]


def test_a_study_of_too_many_runs_is_refused_before_any_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr("normstudy.runs.study_file.make_config", lambda *_: pytest.fail("a run was made"))
    lists = ", ".join(f"{key}: {list(range(1, 31))}" for key in ("batch_size", "epochs", "threads"))
    text = f"seeds: 0 to 36\nmodels: {{a: {{dataset: mnist, {lists}}}, b: {{dataset: mnist}}}}"
    with pytest.raises(ParameterError) as caught:
        read_study_file(written(tmp_path, text))
    assert str(caught.value).endswith(
        "some_study.yaml: its lists make 999,037 runs (27,001 combinations, 37 seeds), and a study has at most 10,000; "
        "shorten them, or make several studies of it"
    )


GN = "models: {gn: {norm: gn, dataset: digits}}\n"


@pytest.mark.fault("a study file with a key or value that cannot be", "one line with file and reason, nothing trained")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("models: [1", "not readable|line"),
        ("[]", "must hold `models:`"),
        ("", "must hold `models:`"),
        ("common: {}", "must hold `models:`"),
        ("models:", "must hold `models:`"),
        ("models: [gn]", "`common` and each of `models` hold lines"),
        (f"{GN}common: 0", "`common` and each of `models` hold lines"),
        (f"{GN}seed: [1]", "seed: unknown; next to `models:` it may hold `title:`"),
        (
            f"base: &base {{norm: gn}}\n{GN}",
            "base: unknown; .*; what all models share stands under `common:`, and a model",
        ),
        ("models: {gn: 3}", "gn: must hold lines"),
        ("models: {gn: []}", "gn: must hold lines"),
        ("models: {gn: [{norm: gn}, 3]}", "gn: must hold lines"),
        *(
            (f"{GN}seeds: {value}", "seeds: must be such as .* or `0 to 9`, of at most 1,000")
            for value in ("3", "0", "[]", "[[1, 2]]", "{}", "true", "3 to 1", "-1 to 3", "0 to 1000", "0 to x")
        ),
        (f"{GN}seeds: {'9' * 5000} to {'9' * 5000}", "seeds: must be such as"),
        (f"{GN}seeds: [1, x]", "seeds: must be such as"),
        (f"{GN}seeds: [3, 1, 3]", "seeds: 3 stands there twice"),
        (f"{GN}seeds: [-1]", "seeds: must be such as"),
        (f"{GN}common: {{seed: 4}}", "gn: seed: stands under `seeds:`, for all models alike"),
        ("models: {gn: {norm: gn, dataset: digits, seed: 4}}", "gn: seed: stands under `seeds:`"),
        (f"{GN}title: 3", "`title` is a text"),
        (f"{GN}title: [a]", "`title` is a text"),
        (f"{GN}predictions: 1", "`predictions` true or false"),
        (f"{GN}predictions: yes", "`predictions` true or false"),
        (f"{GN}afterwards: weights", "`afterwards` is a list of weights, batch_norm, first_gradients"),
        (f"{GN}afterwards: [weight]", "`afterwards` is a list of weights, batch_norm, first_gradients"),
        (f"{GN}afterwards: [[weights]]", "`afterwards` is a list of weights, batch_norm, first_gradients"),
        ("models: {gn: {norm: gn, dataset: mnist, rate: [1, 2]}}", "gn: rate = 1: unknown parameter"),
        ("models: {gn: {norm: gn, dataset: mnist, 1: 2}}", "gn: 1 = 2: unknown parameter"),
        ("models: {gn: {norm: gn, dataset: mnist, max_lr: [0.1, -1]}}", "gn: max_lr = -1.0: must be"),
        ("models: {gn: {norm: gn, dataset: mnist, max_lr: []}}", "gn: max_lr: a list without values"),
        ("models: {gn: {norm: gn, dataset: mnist, max_lr: [[0.1]]}}", r"gn: max_lr = \[0.1\]: must be"),
        ("models: {gn: {norm: gn, dataset: digits, batch_size: 5000}}", "gn: batch_size = 5000: must be at most 898"),
        ("models: {gn: {norm: gn}}", "gn: a study names its data set"),
        ("models: {gn: {dataset: [mnist, digits]}}", "dataset = digits and mnist: a study has one"),
        ("models: {a: {dataset: digits, evaluate_on: [test, validation]}}", "evaluate_on = test and validation: a st"),
    ],
)
def test_what_is_no_study_is_refused_in_a_line(tmp_path, text, expected):
    with pytest.raises(ParameterError, match=expected) as caught:
        read_study_file(written(tmp_path, text))
    assert "\n" not in str(caught.value)
    assert "some_study.yaml" in str(caught.value)


def test_a_gpu_has_to_be_here_unless_the_runs_happen_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr("normstudy.config.has_cuda", lambda: False)
    path = written(tmp_path, "models: {gn: {dataset: digits, device: cuda, precision: fp32}}")
    with pytest.raises(ParameterError, match=r"some_study\.yaml: gn: device = cuda: no CUDA device"):
        read_study_file(path)
    assert read_study_file(path, trust_device=True).runs[0].config.device == "cuda"


def test_a_study_that_is_not_there_names_those_that_are():
    assert study_path(PARAMS, "search").is_file()
    with pytest.raises(ParameterError, match=r"no study .serach. in .*params/studies/; there are: .*search"):
        study_path(PARAMS, "serach")
    with pytest.raises(ParameterError, match=r"^say which study, with STUDY=; there are: .*search"):
        study_path(PARAMS, "")


def test_hidden_files_are_no_studies(tmp_path):
    (tmp_path / "studies").mkdir()
    for name in ("b.yaml", "a.yaml", "._a.yaml", "a.yaml~"):
        (tmp_path / "studies" / name).write_text("")
    assert study_file_names(tmp_path) == ["a", "b"]
    assert study_file_names(tmp_path / "nowhere") == []


@pytest.mark.parametrize("name", study_file_names(PARAMS))
def test_every_study_of_the_project_is_one(name):
    study = read_study_file(study_path(PARAMS, name))
    assert study.runs
    assert study.title
    assert {run.config.dataset for run in study.runs} <= {"mnist", "fashion_mnist"}
