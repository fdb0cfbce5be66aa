"""What a run is: its parameters, validated, and its identity.

A parameter file such as `params/gn.yaml` holds the fields of `Config`; whatever it leaves out has
the default that stands here. Two runs are the same run if and only if their resolved configurations
are equal, and `run_name` says so in a folder name.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import math
import reprlib
import types
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from normstudy.errors import NormstudyError
from normstudy.hardware import best_precision, has_cuda
from normstudy.text import one_line, visible

CHANNELS = 16
"""Channels of every normalized layer; `groups` has to divide it."""

TRAINING_IMAGES = {"mnist": 60_000, "fashion_mnist": 60_000, "kmnist": 60_000, "digits": 898}
"""Size of each data set's training split."""

VALIDATION_IMAGES = {"mnist": 5_000, "fashion_mnist": 5_000, "kmnist": 5_000, "digits": 180}
"""How many training images `evaluate_on: validation` holds out."""


MOST_PROBLEMS = 10
"""How many problems of a file are told at once."""


class ParameterError(NormstudyError, ValueError):
    """A parameter is unknown, of the wrong type, or impossible."""


def _number(value: Any) -> Any:
    """`10`, `10.0`, `1e1` and the text '10' are one number and must have one identity."""
    if isinstance(value, str) or type(value) is int:
        try:
            value = float(value)
        except ValueError:
            return value
        except OverflowError:
            return math.inf
    return value + 0.0 if isinstance(value, float) else value  # -0.0 is 0.0, too


Number = Annotated[float, BeforeValidator(_number)]


class Config(BaseModel):
    """The parameters of one training run. Raises `ValidationError`; see `read_config` for one-line errors."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    norm: Literal["bn", "gn", "ln", "in", "none"] = Field("bn", description="which normalization")
    groups: int | None = Field(None, ge=1, description="groups of channels; used by gn alone (default 4)")
    l1: Number = Field(0.0, ge=0, le=1, description="λ of the L1 penalty λ Σ|w|")
    seed: int = Field(1, ge=0, lt=2**63, description="from which all randomness is derived")
    epochs: int = Field(20, ge=1, le=10_000, description="passes over the training images")
    batch_size: int = Field(128, ge=1, le=60_000, description="images per optimizer step")
    optimizer: Literal["adamw", "sgd"] = Field("adamw", description="sgd has Nesterov momentum 0.9")
    max_lr: Number = Field(0.02, gt=0, le=100, description="peak of the one-cycle learning-rate schedule")
    warmup: Number = Field(0.2, gt=0, lt=1, description="fraction of the steps in which the rate rises")
    weight_decay: Number = Field(0.01, ge=0, le=10, description="on convolution and linear weights only")
    rotation: Number = Field(10.0, ge=0, le=180, description="augmentation: at most so many degrees either way")
    shift: Number = Field(2.0, ge=0, le=14, description="augmentation: at most so many pixels either way")
    scale: Number = Field(0.1, ge=0, le=0.5, description="augmentation: size changes by at most this fraction")
    fade: Number = Field(0.2, ge=0, le=1, description="augmentation fades out over this last fraction of the epochs")
    dataset: Literal["auto", "mnist", "fashion_mnist", "kmnist", "digits"] = Field(
        "auto", description="auto: MNIST if it can be had, else digits"
    )
    evaluate_on: Literal["test", "validation"] = Field("test", description="images of the evaluation after each epoch")
    threads: int = Field(1, ge=1, le=1024, description="CPU threads of this run")
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto", description="of the forward and backward pass; auto: bf16 on a CPU with AMX"
    )
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="where the run happens")

    @model_validator(mode="before")
    @classmethod
    def _groups_belong_to_gn(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("norm", "bn") == "gn" and values.get("groups") is None:
            return {**values, "groups": 4}
        return values

    @field_validator("groups")
    @classmethod
    def _groups_divide_the_channels(cls, groups: int | None) -> int | None:
        if groups is not None and CHANNELS % groups:
            divisors = ", ".join(str(n) for n in range(1, CHANNELS + 1) if CHANNELS % n == 0)
            raise ParameterError(f"groups = {groups}: {CHANNELS} channels can be split into {divisors} groups")
        return groups

    @model_validator(mode="after")
    def _check_combinations(self) -> Config:
        if self.norm != "gn" and self.groups is not None:
            object.__setattr__(self, "groups", None)  # means nothing here, so it must not tell runs apart
        if self.dataset != "auto" and self.batch_size > training_images(self):
            raise ParameterError(
                f"batch_size = {self.batch_size}: must be at most {training_images(self)}, "
                f"the number of training images ({self.dataset}, evaluate_on: {self.evaluate_on})"
            )
        return self


def training_images(config: Config) -> int:
    """How many images the run of `config` trains on in an epoch; `config.dataset` must not be `auto`."""
    held_out = VALIDATION_IMAGES[config.dataset] if config.evaluate_on == "validation" else 0
    return TRAINING_IMAGES[config.dataset] - held_out


def make_config(values: dict[str, Any], source: str = "") -> Config:
    """Validate `values`. Raises `ParameterError`: one line with `source`, each key, its value and what is allowed."""
    where = f"{one_line(source)}: " if source else ""
    if not isinstance(values, dict):
        raise ParameterError(f"{where}must hold lines of the form `key: value`, such as `norm: gn`")
    try:
        return Config(**{visible(key): value for key, value in values.items()})
    except ValidationError as error:
        told = [_explain(problem) for problem in error.errors()[:MOST_PROBLEMS]]
        if more := error.error_count() - len(told):
            told.append(f"and {more} more")
        raise ParameterError(where + "; ".join(told)) from None


def read_config(path: str | Path) -> Config:
    """The configuration in a YAML file. Raises `ParameterError` when the file or a value in it is no good."""
    from normstudy.yaml_file import YamlError, read_yaml  # a run that was planned elsewhere does without

    try:
        values = read_yaml(path)
    except YamlError as error:
        raise ParameterError(str(error)) from None
    return make_config({} if values is None else values, source=str(path))


def resolve(config: Config, dataset: str, trust_device: bool = False) -> Config:
    """Replace every `auto`: the data set by `dataset`, device and precision by what this machine has.

    Raises `ParameterError` when the batch does not fit the data set, or CUDA is asked for and absent;
    with `trust_device`, for runs that happen on another machine, that one has to tell.
    """
    if "auto" not in (config.dataset, config.device, config.precision) and config.device == "cpu":
        return config
    device = config.device
    if device == "auto":
        device = "cuda" if has_cuda() else "cpu"
    if device == "cuda" and not trust_device and not has_cuda():
        raise ParameterError("device = cuda: no CUDA device is available here; use `device: cpu` or `device: auto`")
    precision = best_precision(device) if config.precision == "auto" else config.precision
    chosen = dataset if config.dataset == "auto" else config.dataset
    return make_config({**config.model_dump(), "dataset": chosen, "device": device, "precision": precision})


def run_name(config: Config) -> str:
    """The folder name of a resolved configuration, such as `bn_l1-mnist-seed1-3f9a2c1e`.

    The last part is the start of a SHA-256 over all parameters.
    """
    if "auto" in (config.dataset, config.device, config.precision):
        raise ParameterError("a run's name needs a resolved configuration: dataset, device and precision not `auto`")
    norm = config.norm + (str(config.groups) if config.groups else "") + ("_l1" if config.l1 else "")
    text = json.dumps(config.model_dump(), sort_keys=True, separators=(",", ":"))
    return f"{norm}-{config.dataset}-seed{config.seed}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _explain(problem: dict[str, Any]) -> str:
    """One pydantic problem as `key = value: what is allowed`."""
    if problem["type"] == "value_error":
        return str(problem["ctx"]["error"])
    key, value = problem["loc"][0], problem["input"]
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key[:60], Config.model_fields, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known parameters: {', '.join(Config.model_fields)}"
        return f"{_shown(key)} = {_shown(value)}: unknown parameter; {hint}"
    return f"{key} = {_shown(value)}: must be {_allowed(key)}"


def _shown(value: Any) -> str:
    try:
        text = value if isinstance(value, str) else _start_of_json(value)
    except (TypeError, ValueError, RecursionError):  # a date for a key, a list that holds itself, …
        try:
            text = reprlib.repr(value)
        except ValueError:  # a number of more digits than Python writes, as `0xFF…` can be
            text = "(too long to show)"
    text = one_line(text[:1_000])
    return text if len(text) <= 60 else text[:57] + "…"


def _start_of_json(value: Any) -> str:
    """The first characters of `value` as JSON: a small file can hold a value that all memory could not write out."""
    text = ""
    for part in json.JSONEncoder(default=str, ensure_ascii=False).iterencode(value):
        text += part
        if len(text) > 60:
            break
    return text


def _allowed(key: str) -> str:
    """What a field may hold, in words, read off its definition."""
    field = Config.model_fields[key]
    kinds = [kind for kind in get_args(field.annotation) if kind is not types.NoneType] or [field.annotation]
    if not isinstance(kinds[0], type):
        return "one of " + ", ".join(str(choice) for choice in get_args(field.annotation))
    noun = "a whole number" if kinds[0] is int else "a finite number"
    words = {"ge": "at least", "gt": "greater than", "le": "at most", "lt": "less than"}
    bounds = [
        f"{words[name]} {getattr(bound, name):g}" for bound in _bounds(field) for name in words if hasattr(bound, name)
    ]
    return f"{noun}, {' and '.join(bounds)}"


def _bounds(field: Any) -> list[Any]:
    return [item for item in field.metadata if type(item).__module__.startswith("annotated_types")]
