"""What a parameter file may hold, what is refused and how, and what makes two runs the same."""

import json
import string

import pytest
from commands import ROOT
from hypothesis import example, given, settings
from hypothesis import strategies as st

from normstudy.config import (
    AT_FIRST,
    FILLED_IN,
    FIRST_PARAMETERS,
    TRAINING_IMAGES,
    VALIDATION_IMAGES,
    Config,
    ParameterError,
    make_config,
    resolve,
    run_name,
    training_images,
)
from normstudy.model import Net
from normstudy.runs.folder import read_run

RESOLVED = {"dataset": "digits", "device": "cpu", "precision": "fp32"}
EVERYTHING = {
    "norm": "bn", "groups": None, "l1": 0.0, "seed": 1, "epochs": 20, "batch_size": 128, "optimizer": "adamw",
    "max_lr": 0.02, "warmup": 0.2, "weight_decay": 0.01, "rotation": 10.0, "shift": 2.0, "scale": 0.1, "fade": 0.2,
    "dataset": "mnist", "evaluate_on": "test", "threads": 1, "precision": "fp32", "device": "cpu",
    "skeleton": "5x5/3, 3x3 padded, 3x3, 3x3",
}  # fmt: skip
OTHER_VALUES = {
    "norm": "ln", "groups": 8, "l1": 1e-5, "seed": 2, "epochs": 3, "batch_size": 64, "optimizer": "sgd",
    "max_lr": 0.1, "warmup": 0.3, "weight_decay": 0.0, "rotation": 5, "shift": 1, "scale": 0.2, "fade": 0.5,
    "dataset": "digits", "evaluate_on": "validation", "threads": 2, "precision": "bf16", "device": "cuda",
    "seed_weights": 2, "seed_order": 3, "seed_augmentation": 4, "skeleton": "5x5/2, 3x3", "channels": 32, "depth": 1,
    "schedule": "cosine",
}  # fmt: skip
"""For each parameter a value that is not the one in EVERYTHING."""


def refusal(values) -> str:
    """The one line with which `values` are refused."""
    with pytest.raises(ParameterError) as caught:
        make_config(values, source="some.yaml")
    (line,) = str(caught.value).splitlines()
    assert line.startswith("some.yaml: ")
    return line.removeprefix("some.yaml: ")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"epochs": 0}, "epochs = 0: must be at least 1"),
        ({"epochs": True}, "epochs = true: must be a whole number"),
        ({"epochs": 2.0}, "epochs = 2.0: must be a whole number"),
        ({"epochs": "20"}, "epochs = 20: must be a whole number"),
        ({"epochs": None}, "epochs = null: must be a whole number"),
        ({"norm": "gn", "groups": 3}, "groups = 3: 16 channels can be split into 1, 2, 4, 8, 16 groups"),
        ({"channels": 18, "norm": "gn"}, "groups = 4: 18 channels can be split into 1, 2, 3, 6, 9, 18 groups"),
        ({"l1": -1e-5}, "l1 = -1e-05: must be at least 0"),
        ({"l1": float("nan")}, "l1 = NaN: must be a finite number"),
        ({"l1": 10**400}, "l1 = Infinity: must be a finite number"),
        ({"l1": "much"}, "l1 = much: must be a number"),
        ({"max_lr": 0}, "max_lr = 0.0: must be greater than 0"),
        ({"warmup": 1}, "warmup = 1.0: must be less than 1"),
        ({"statistics_batch": 60_001}, "statistics_batch = 60001: must be at most 60000"),
        ({"skeleton": 3}, "skeleton = 3: must be a line of text"),
        (
            {"skeleton": "3x3, 3x5"},
            "skeleton = 3x3, 3x5: '3x5' is no convolution such as `3x3`, `5x5/2`, `3x3 padded` or `3x3 and 2x2 pool`",
        ),
        (
            {"skeleton": "4x4 padded"},
            "skeleton = 4x4 padded: '4x4 padded': only kernels of odd size can be padded evenly",
        ),
        (
            {"skeleton": "5x5/3, 9x9", "dataset": "mnist"},
            "skeleton = 5x5/3, 9x9: nothing is left of images of 28 x 28 pixels (mnist); `skeleton: 3x3, 3x3` "
            "would fit",
        ),
        (
            {"skeleton": "28x28", "dataset": "digits", "norm": "in"},
            "skeleton = 28x28: a channel of one image is left with one value, which norm = in cannot normalize "
            "by itself (digits); `skeleton: 3x3, 3x3` would fit",
        ),
        (
            {"skeleton": "28x28", "dataset": "digits", "norm": "bn", "batch_size": 897},
            "skeleton = 28x28: a channel of one image is left with one value, which norm = bn cannot normalize "
            "by itself (digits); `skeleton: 3x3, 3x3` would fit",
        ),
        (
            {"schedule": "plateau"},
            "schedule = plateau: it follows the loss of the evaluation, which must not be that of the test images; "
            "add `evaluate_on: validation`",
        ),
        ({"norm": "batch"}, "norm = batch: must be 'bn', 'gn', 'ln', 'in', 'ln2d' or 'none'"),
        ({"norm": ["bn"]}, "norm = ['bn']: must be 'bn', 'gn', 'ln', 'in', 'ln2d' or 'none'"),
        (
            {"dataset": "cifar"},
            "dataset = cifar: must be one of auto, mnist, fashion_mnist, kmnist, digits, cifar10, svhn, or a folder of "
            "images or `my_images.py:function` next to this file",
        ),
        ({"images": 3}, "images = 3: is filled in by itself; delete this line"),
        ({"batchsize": 64}, "batchsize = 64: unknown parameter; did you mean `batch_size`?"),
        (
            {"dataset": "digits", "batch_size": 899},
            "batch_size = 899: must be at most 898, the number of training images (digits, evaluate_on: test)",
        ),
        (
            {"dataset": "digits", "batch_size": 719, "evaluate_on": "validation"},
            "batch_size = 719: must be at most 718, the number of training images (digits, evaluate_on: validation)",
        ),
    ],
)
def test_a_refusal_names_the_key_the_value_and_what_is_allowed(values, expected):
    assert refusal(values) == expected


def test_an_unknown_key_unlike_any_other_is_answered_with_all_there_are():
    line = refusal({"zzz": 1})
    assert line.startswith("zzz = 1: unknown parameter")
    assert all(name in line for name in Config.model_fields.keys() - FILLED_IN)


def test_all_problems_of_a_file_are_reported_at_once():
    line = refusal({"epochs": 0, "l1": -1, "colour": "red"})
    assert all(part in line for part in ("epochs = 0:", "l1 = -1.0:", "colour = red:"))
    assert refusal({f"k{number}": 1 for number in range(5_000)}).endswith("; and 4990 more")


@pytest.mark.parametrize("values", [["norm", "bn"], "norm", 3])
def test_what_is_not_a_mapping_is_refused(values):
    assert "must hold lines of the form `key: value`" in refusal(values)


@pytest.mark.parametrize("key", [key for key, field in Config.model_fields.items() if field.annotation is float])
def test_one_number_has_one_identity_however_it_is_written(key):
    written = [0, 0.0, -0.0, "0", "-0"] if key not in ("max_lr", "warmup") else [0.5, "0.5", "5e-1", "+.5"]
    configs = [make_config({**RESOLVED, key: value}) for value in written]
    assert len(set(configs)) == 1
    assert {run_name(config) for config in configs} == {run_name(configs[0])}


def test_groups_are_for_gn_alone():
    for norm in ("bn", "ln", "in", "none"):
        config = make_config({**RESOLVED, "norm": norm, "groups": 8})
        assert config.groups is None
        assert run_name(config) == run_name(make_config({**RESOLVED, "norm": norm}))
    assert Config(norm="gn").groups == 4
    assert Config(norm="gn", groups=8).groups == 8
    assert Config(norm="gn", groups=4) == Config(norm="gn")


def test_the_name_is_readable_and_does_not_change():
    # Published runs are found by these names: if one had to be changed here, all runs would have lost theirs.
    others = {"groups": 8, "l1": 0.001, "warmup": 0.25, "max_lr": 0.05}
    for norm, expected in {"gn": "gn8_l1-mnist-seed1-1bbc48a9", "ln": "ln_l1-mnist-seed1-c8da8d41"}.items():
        assert run_name(make_config({**EVERYTHING, **others, "norm": norm})) == expected


def test_the_name_tells_every_parameter_apart():
    base = {**EVERYTHING, "norm": "gn"}
    assert (
        OTHER_VALUES.keys() | {"statistics_batch", "adamw_lr", "model", "code", "images"} == Config.model_fields.keys()
    )
    names = {run_name(make_config({**base, key: value})) for key, value in OTHER_VALUES.items()}
    assert len(names | {run_name(make_config(base))}) == len(OTHER_VALUES) + 1
    for key, value, belongs_to in (("statistics_batch", 16, {"norm": "bn"}), ("adamw_lr", 0.1, {"optimizer": "muon"})):
        assert run_name(make_config({**base, key: value})) == run_name(make_config(base))
        others = [{**base, **belongs_to}, {**base, **belongs_to, key: value}]
        assert len({run_name(make_config(values)) for values in others}) == 2


def test_what_has_no_effect_does_not_tell_runs_apart():
    for values, same in (
        ({"seed": 3, "seed_weights": 3, "seed_order": 3, "seed_augmentation": 3}, {"seed": 3}),
        ({"statistics_batch": 128}, {}),
        ({"statistics_batch": 16, "norm": "ln"}, {"norm": "ln"}),
        ({"optimizer": "muon"}, {"optimizer": "muon", "adamw_lr": 0.02}),
        ({"skeleton": "5x5/2,3x3  padded ,3x3 and 2x2 pool"}, {"skeleton": "5x5/2, 3x3 padded, 3x3 and 2x2 pool"}),
    ):
        assert make_config(values) == make_config(same)


def test_a_parameter_that_came_later_leaves_the_names_of_earlier_runs_as_they_were():
    """The folder was made before there were these parameters."""
    (folder,) = (ROOT / "tests/runs/fixtures").iterdir()
    recorded = json.loads((folder / "metrics.json").read_text())["config"]
    assert recorded.keys() == FIRST_PARAMETERS
    config = read_run(folder).config
    assert run_name(config) == folder.name
    later = Config().model_dump(exclude=FIRST_PARAMETERS) | AT_FIRST
    assert {name: getattr(config, name) for name in later} == later | {"adamw_lr": None}
    for name, other in {"channels": 32, "depth": 1, "schedule": "step", "skeleton": "3x3", "seed_order": 9}.items():
        assert run_name(config.model_copy(update={name: other})) != folder.name


@pytest.mark.parametrize("key", ["dataset", "device", "precision"])
def test_an_unresolved_configuration_has_no_name(key):
    with pytest.raises(ParameterError, match="resolved"):
        run_name(make_config({**RESOLVED, key: "auto"}))


def test_a_configuration_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        Config().epochs = 3


def test_a_copy_with_other_values_is_validated():
    """Pydantic's own takes any value, and would leave GN without its groups."""
    assert Config().model_copy(update={"norm": "gn"}) == Config(norm="gn")
    assert Config(norm="gn").model_copy(update={"norm": "bn"}) == Config()
    for update in ({"epochs": -3}, {"nonsense": 1}, {"schedule": "plateau"}):
        with pytest.raises(ParameterError, match=next(iter(update))):
            Config().model_copy(update=update)


def test_a_configuration_in_the_place_of_a_norm_is_reported_in_a_short_line():
    with pytest.raises(
        ValueError, match=r"^norm = Config\(norm='gn', groups=4, adamw_lr=0.02\): must be one of"
    ) as caught:
        Net(Config(norm="gn"))
    assert len(str(caught.value)) < 120


def test_resolving_leaves_no_auto_and_nothing_else_changed():
    config = make_config({"norm": "gn", "seed": 5, "l1": "1e-5", "device": "cpu"})
    resolved = resolve(config, "digits")
    assert resolved.dataset == "digits"
    assert resolved.precision in ("fp32", "bf16")
    changed = {key for key, value in config.model_dump().items() if resolved.model_dump()[key] != value}
    assert changed == {"dataset", "precision"}
    assert resolve(resolved, "mnist") == resolved
    assert resolve(Config(), "digits").device in ("cpu", "cuda")


def test_resolving_keeps_a_data_set_that_was_asked_for():
    assert resolve(Config(dataset="kmnist"), "digits").dataset == "kmnist"


def test_a_batch_that_fits_mnist_alone_is_refused_when_resolved_to_digits():
    config = make_config({"batch_size": 5000})
    assert resolve(config, "mnist").batch_size == 5000
    with pytest.raises(ParameterError, match="batch_size = 5000: must be at most 898"):
        resolve(config, "digits")


def test_cuda_is_refused_where_there_is_none(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ParameterError, match="device = cuda: no CUDA device") as caught:
        resolve(Config(device="cuda"), "digits")
    assert "\n" not in str(caught.value)


def test_cuda_is_taken_on_trust_for_another_machine(monkeypatch):
    monkeypatch.setattr("normstudy.config.has_cuda", lambda: False)
    resolved = resolve(Config(device="cuda"), "digits", trust_device=True)
    assert (resolved.device, resolved.precision) == ("cuda", "fp32")
    assert resolve(Config(), "digits", trust_device=True).device == "cpu"


@pytest.mark.parametrize("dataset", TRAINING_IMAGES)
def test_training_images_counts_what_is_left_to_train_on(dataset):
    everything = training_images(Config(dataset=dataset))
    kept = training_images(Config(dataset=dataset, evaluate_on="validation"))
    assert everything == TRAINING_IMAGES[dataset]
    assert everything - kept == VALIDATION_IMAGES[dataset] > 0


words = st.text(string.ascii_lowercase + " \n", max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates() | st.binary()
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(scalars, inner, max_size=3))


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from([*Config.model_fields]) | words | st.integers(), values, max_size=6))
@example({"l1": 10**400})
@settings(max_examples=200, deadline=None)
def test_anything_is_either_a_configuration_or_a_parameter_error(parameters):
    try:
        config = make_config(parameters)
    except ParameterError as error:
        config, line = None, str(error)
    if config is None:
        assert line
        assert "\n" not in line
    else:
        assert set(parameters) <= set(Config.model_fields)
        assert make_config(config.model_dump()) == config
