"""Studies as YAML files."""

import pytest

from normstudy.config import ParameterError
from normstudy.runs.study_file import read_study_file, study_path

STUDY = """
common: {dataset: digits, evaluate_on: validation, epochs: 3, precision: fp32, device: cpu}
seeds: [101, 102]
models:
  gn: {norm: gn, max_lr: [0.02, 0.04], weight_decay: [0.01, 0.1]}
  "bn + l1": {norm: bn, l1: 1.0e-5, skeleton: ["5x5/2, 3x3", "5x5/3, 3x3"]}
"""


def written(folder, text):
    path = folder / "some.yaml"
    path.write_text(text)
    return path


def test_every_combination_is_a_run_of_each_model_and_seed(tmp_path):
    study = read_study_file(written(tmp_path, STUDY))
    runs = study.runs
    assert (study.name, study.title, study.predictions, study.afterwards) == ("some", "Some", False, ())
    assert len(runs) == 2 * (4 + 2)
    assert [run.config.seed for run in runs] == [101] * 6 + [102] * 6
    assert [run.model for run in runs[:6]] == ["gn"] * 4 + ["bn + l1"] * 2
    assert {(run.config.max_lr, run.config.weight_decay) for run in runs[:4]} == {
        *[(0.02, 0.01), (0.02, 0.1), (0.04, 0.01), (0.04, 0.1)]
    }
    assert [run.config.skeleton for run in runs[4:6]] == ["5x5/2, 3x3", "5x5/3, 3x3"]
    assert len({run.config for run in runs}) == 12


def test_a_model_may_hold_several_sets_and_a_run_counts_once(tmp_path):
    text = (
        "common: {dataset: digits, norm: gn}\n"
        "models: {gn: [{max_lr: [0.01, 0.02], l1: 0}, {max_lr: 0.02, l1: [0, 0.1]}]}"
    )
    runs = read_study_file(written(tmp_path, text)).runs
    assert [(run.config.max_lr, run.config.l1) for run in runs] == [(0.01, 0), (0.02, 0), (0.02, 0.1)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("models: [1", "not readable|line"),
        ("[]", "must hold `models:`"),
        ("common: {}", "must hold `models:`"),
        ("models: {gn: {norm: gn}}\nseed: [1]", "seed: unknown; beside `models:` it may hold"),
        ("models: {gn: 3}", "gn: must hold lines"),
        ("models: {gn: []}", "gn: must hold lines"),
        ("models: {gn: [{norm: gn}, 3]}", "gn: must hold lines"),
        ("models: {gn: {norm: gn}}\nseeds: 3", "seeds: must be such as"),
        ("models: {gn: {norm: gn}}\nseeds: [1, 1]", "seeds: 1 stands there twice"),
        ("models: {gn: {norm: gn}}\npredictions: 3", "`predictions` true or false"),
        ("models: {gn: {norm: gn}}\nafterwards: [colour]", "`afterwards` is a list of weights"),
        ("models: {gn: {norm: gn, dataset: mnist, rate: [1, 2]}}", "gn: rate = 1: unknown parameter"),
        ("models: {gn: {norm: gn, dataset: mnist, max_lr: [0.1, -1]}}", "gn: max_lr = -1.0: must be"),
        ("models: {gn: {norm: gn}}", "gn: a study names its data set"),
    ],
)
def test_what_is_no_study_is_refused_in_a_line(tmp_path, text, expected):
    with pytest.raises(ParameterError, match=expected) as caught:
        read_study_file(written(tmp_path, text))
    assert "\n" not in str(caught.value)
    assert "some.yaml" in str(caught.value)


def test_a_study_that_is_not_there_names_those_that_are():
    assert study_path("search").is_file()
    with pytest.raises(ParameterError, match=r"no study .serach. in params/studies/; there are: .*search"):
        study_path("serach")
