"""Parameters on their way from a file to the first epoch: each set trains, or is refused in one line before."""

import collections
import json
import os
import re

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from papermill.translators import PythonTranslator

from normstudy.config import FILLED_IN, Config, ParameterError, make_config, run_name
from normstudy.data.loading import Data, load
from normstudy.notebook import read_parameters
from normstudy.runs.folder import read_run, save
from normstudy.runs.studies import plan
from normstudy.training.loop import fit

SETS = 150
TRAINED = 40
IMAGES = 40


def decimals(low: float, high: float, open_ends: bool = False):
    """Numbers as people write them, extreme ones among them; with and without a decimal point, and as text."""
    inner = st.floats(low, high, exclude_min=open_ends, exclude_max=open_ends)
    ends = [] if open_ends else [low, high]
    whole = st.integers(int(low) + open_ends, max(int(low) + open_ends, int(high) - open_ends))
    return inner | st.sampled_from([*ends, 5e-324, 1e-12]) | (inner.map(repr)) | (whole if high > 2 else inner)


GOOD = {
    "norm": st.sampled_from(["bn", "gn", "ln", "in", "ln2d", "none"]),
    "model": st.just(""),
    "skeleton": st.sampled_from(["5x5/2, 3x3, 3x3, 3x3", "5x5/3,3x3 padded", " 7x7/3, 3x3 and 2x2 pool"]),
    "channels": st.sampled_from([16, 32]),
    "depth": st.integers(0, 2),
    "groups": st.sampled_from([None, 1, 2, 4, 8, 16]),
    "statistics_batch": st.sampled_from([None, 1, 2, 7, 64, 60_000]),
    "l1": decimals(0, 1),
    "seed_weights": st.none() | st.integers(0, 2**63 - 1),
    "seed_order": st.none() | st.integers(0, 9),
    "seed_augmentation": st.none() | st.integers(0, 9),
    "seed": st.integers(0, 2**63 - 1) | st.sampled_from([0, 2**63 - 1]),
    "epochs": st.integers(1, 10_000) | st.sampled_from([1, 2, 3, 10_000]),
    "batch_size": st.integers(1, 718) | st.sampled_from([1, 10, 20, 39, 40, 718]),
    "optimizer": st.sampled_from(["muon", "adamw", "sgd"]),
    "adamw_lr": st.none() | decimals(0, 100, open_ends=True),
    "schedule": st.sampled_from(["one_cycle", "cosine", "step", "plateau", "constant"]),
    "max_lr": decimals(0, 100, open_ends=True) | st.sampled_from([100, 1e-300]),
    "warmup": decimals(0, 1, open_ends=True) | st.integers(2, 40).map(lambda n: 1 / n),
    "weight_decay": decimals(0, 10),
    "rotation": decimals(0, 180),
    "shift": decimals(0, 14),
    "scale": decimals(0, 0.5),
    "fade": decimals(0, 1),
    "dataset": st.sampled_from(["auto", "mnist", "fashion_mnist", "kmnist", "digits"]),
    "evaluate_on": st.sampled_from(["test", "validation"]),
    "threads": st.integers(1, 1024),
    "precision": st.sampled_from(["auto", "fp32", "bf16"]),
    "device": st.sampled_from(["auto", "cpu"]),
}
WRITINGS = (
    lambda values: yaml.safe_dump(values, allow_unicode=True),
    lambda values: yaml.safe_dump(values, default_flow_style=True, sort_keys=False),
    lambda values: json.dumps(values, indent=1),
)
assert GOOD.keys() | set(FILLED_IN) == Config.model_fields.keys()


@pytest.fixture(scope="module")
def any_data():
    """Every data set is present: no file is read before training."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("normstudy.data.published.ensure", lambda dataset: {})
        yield


def in_the_notebook(values: dict) -> Config:
    """What the notebook makes of parameters that papermill writes into a cell of it."""
    variables = {"runs_folder": "runs", "run_folder": ""}
    exec(PythonTranslator.codify(values), variables)
    del variables["__builtins__"]
    return read_parameters(variables)


def one_line(error: ParameterError) -> str:
    (line,) = str(error).splitlines()
    assert line.isprintable()
    return line


@pytest.mark.slow
@pytest.mark.fault(
    "parameter sets whose values are possible each, generated",
    "one configuration on all ways in, or one line with the key, its value and the remedy",
    tried=SETS,
)
def test_every_set_is_a_run_or_is_refused_in_a_line_with_key_value_and_remedy(any_data, tmp_path):
    seen = collections.Counter()

    @given(st.fixed_dictionaries({}, optional=GOOD), st.sampled_from(WRITINGS))
    @settings(max_examples=SETS, deadline=None, suppress_health_check=list(HealthCheck))
    def evaluate(values, write):
        path = tmp_path / "some.yaml"
        path.write_text(write(values), encoding="utf-8")
        try:
            (run,) = plan(tmp_path, "mnist")
        except ParameterError as error:  # they do not go together
            too_large = r"batch_size = \d+: must be at most 718, the number .*\(digits, .*\)"
            line = one_line(error).removeprefix(f"{path}: ")
            assert re.fullmatch(rf"{too_large}|schedule = plateau: .* add `evaluate_on: validation`", line)
            with pytest.raises(ParameterError) as again:
                in_the_notebook(values)
            one_line(again.value)
            seen["refused"] += 1
            return
        sent = json.loads(json.dumps(run.config.model_dump(), allow_nan=False))
        assert make_config(sent) == run.config
        assert run_name(make_config(sent)) == run.name
        assert in_the_notebook(sent) == in_the_notebook(values) == run.config
        seen["valid"] += 1

    evaluate()
    assert min(seen.values()) > SETS / 40, seen


@pytest.fixture(scope="module")
def few() -> Data:
    """Forty images of digits to train on and forty to evaluate on."""
    data = load("digits")
    return Data(data.train[range(IMAGES)], data.evaluation[range(40)], data.mean, data.std)


class EnoughError(Exception):
    """The first epoch is over."""


@pytest.mark.slow
@pytest.mark.fault(
    "valid parameter sets trained, generated", "trained or diverged, saved and read back; no other end", tried=TRAINED
)
def test_every_valid_set_trains(few, tmp_path):
    seen = collections.Counter()

    @given(st.fixed_dictionaries({}, optional=GOOD | {"threads": st.sampled_from([1, 1, 1, 2])}))
    @example({"batch_size": 39, "norm": "bn"})  # a last batch of one image
    @example({"batch_size": 20, "warmup": 0.5, "epochs": 1})  # a rise of exactly one step
    @example({"batch_size": 1, "epochs": 10_000, "dataset": "mnist"})  # 600 million steps
    @example({"batch_size": 1, "epochs": 1, "norm": "none", "optimizer": "sgd", "max_lr": 100})
    @settings(max_examples=TRAINED, deadline=None, suppress_health_check=list(HealthCheck))
    def train(values):
        path = tmp_path / "some.yaml"
        values = {"device": "cpu", **values, "dataset": "digits"}
        if values.get("schedule") == "plateau":
            values["evaluate_on"] = "validation"
        path.write_text(yaml.safe_dump(values))
        (planned,) = plan(tmp_path, "digits")

        def end_soon(entry):
            if planned.config.epochs > 1:
                raise EnoughError

        try:
            run = fit(planned.config, few, end_soon)
        except EnoughError:
            seen["an epoch of many"] += 1
            return
        folder = tmp_path / str(sum(seen.values()))
        folder.mkdir()
        save(run, few, folder)
        assert read_run(folder, check_name=False).diverged == bool(run.diverged)
        seen["diverged" if run.diverged else "complete"] += 1

    train()
    assert sum(seen.values()) >= TRAINED
    assert min(seen["an epoch of many"], seen["complete"], seen["diverged"]) > 0, seen


@pytest.mark.fault("parameter file of any name", "read, and named as it is called")
@pytest.mark.parametrize("name", ["two words", "-rf", "'\"`ls`$(ls)", "new\nline", "ü😀", "right\u202eleft", "%s{x}"])
def test_files_of_any_name_are_read_and_named(tmp_path, name):
    path = tmp_path / f"{name}.yaml"
    path.write_text("dataset: digits\n")
    assert [run.source for run in plan(tmp_path, "digits")] == [path]
    path.write_text("epochs: 0\n")
    with pytest.raises(ParameterError) as caught:
        plan(tmp_path, "digits")
    shown = name.replace("\n", " ").replace("\u202e", "[U+202E]")
    assert one_line(caught.value).startswith(f"{tmp_path}/{shown}.yaml: epochs = 0: must be")


def test_a_name_that_is_no_text_is_shown_all_the_same(tmp_path):
    (tmp_path / os.fsdecode(b"\xff.yaml")).write_text("epochs: 0\n")
    with pytest.raises(ParameterError) as caught:
        plan(tmp_path, "digits")
    assert f"{tmp_path}/[U+DCFF].yaml: epochs = 0" in one_line(caught.value)


def test_what_is_wrong_in_any_file_is_reported_with_the_others(tmp_path):
    (tmp_path / "a_folder.yaml").mkdir()
    (tmp_path / "b_loop.yaml").symlink_to("b_loop.yaml")
    (tmp_path / "c_good.yaml").write_text("norm: bn\n")
    (tmp_path / "d_wrong.yaml").write_text("epochs: 0\n")
    with pytest.raises(ParameterError) as caught:
        plan(tmp_path, "digits")
    found = dict(line.removeprefix(f"{tmp_path}/").split(": ", 1) for line in str(caught.value).splitlines())
    assert found == {
        "a_folder.yaml": "cannot be read (it is no file of at most 100,000 bytes)",
        "b_loop.yaml": "cannot be read (Too many levels of symbolic links)",
        "d_wrong.yaml": "epochs = 0: must be at least 1",
    }


def test_more_runs_than_a_report_has_are_refused_before_they_are_planned(tmp_path):
    for number in range(11):
        (tmp_path / f"{number}.yaml").write_text(f"batch_size: {number + 1}\nseeds: 0 to 999\n")
    with pytest.raises(ParameterError, match=r"its files ask for more than 10,000 runs; name fewer seeds"):
        plan(tmp_path, "digits")
