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
import re
import reprlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from normstudy.data.facts import KNOWN, ImageFacts, is_custom, is_read, with_absolute_dataset
from normstudy.errors import DataError, NormstudyError
from normstudy.hardware import best_precision, has_cuda
from normstudy.model_code import EXAMPLES, ModelCodeError, identified, is_spelled, usual_folders
from normstudy.skeleton import SkeletonError, deepened, describe_skeleton, edges, parse_skeleton
from normstudy.text import one_line, visible

TRAINING_IMAGES = {name: facts.training for name, facts in KNOWN.items()}
"""Size of each data set's training split."""

VALIDATION_IMAGES = {name: facts.validation for name, facts in KNOWN.items()}
"""How many training images `evaluate_on: validation` holds out."""

IMAGE_SHAPES = {name: facts.shape for name, facts in KNOWN.items()}
"""Channels, height and width of each data set's images; the digits are enlarged to that."""

FIRST_PARAMETERS = {
    "norm", "groups", "l1", "seed", "epochs", "batch_size", "optimizer", "max_lr", "warmup", "weight_decay",
    "rotation", "shift", "scale", "fade", "dataset", "evaluate_on", "threads", "precision", "device",
}  # fmt: skip
"""Parameters that the first runs had. All others have no part in a run's name where they are as in these runs."""

AT_FIRST = {"skeleton": "5x5/3, 3x3 padded, 3x3, 3x3"}
"""What the first runs had of other parameters, where that is not the default."""

FILLED_IN = ("code", "images")
"""Parameters that nobody writes into a file: they follow from others when it is read, and are there for the record."""

OURS_ALONE = ("skeleton", "channels", "depth")
"""Parameters of our own network, which mean nothing to a custom one."""

GROUPS, ADAMW_LR = 4, 0.02
"""What `groups` is with gn, and `adamw_lr` with muon, unless they are given."""

SMALL = ("3x3, 3x3", "3x3 padded, 3x3 padded")
"""Skeletons that leave more of small images than the default does."""

MOST_PROBLEMS = 10
"""How many problems of a file are reported at once."""


IN_WORDS = {
    "Input should be": "must be",
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid string": "a line of text",
    "greater than or equal to": "at least",
    "less than or equal to": "at most",
}
"""What stands for pydantic's phrases."""


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

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True)

    norm: Literal["bn", "gn", "ln", "in", "ln2d", "none"] = Field(default="bn", description="which normalization")
    model: str = Field(default="", description="a custom network, as file.py:function; empty: that of this project")
    code: str = Field(default="", description="fingerprint of the code of a custom network; filled in by itself")
    skeleton: str = Field(default="5x5/2, 3x3, 3x3, 3x3", description="the convolutions, one after the other")
    channels: int = Field(
        default=16, ge=1, le=1024, description="channels of every convolution; groups has to divide it"
    )
    depth: int = Field(default=0, ge=0, le=200, description="so many further padded 3x3 convolutions behind the first")
    groups: int | None = Field(default=None, ge=1, description="groups of channels; used by gn alone (default 4)")
    l1: Number = Field(default=0.0, ge=0, le=1, description="λ of the L1 penalty λ Σ|w|")
    seed: int = Field(default=0, ge=0, lt=2**63, description="from which all randomness is derived")
    seed_weights: int | None = Field(default=None, ge=0, lt=2**63, description="of the first weights; default: seed")
    seed_order: int | None = Field(
        default=None, ge=0, lt=2**63, description="of the order of the images; default: seed"
    )
    seed_augmentation: int | None = Field(
        default=None, ge=0, lt=2**63, description="of the augmentation; default: seed"
    )
    epochs: int = Field(default=20, ge=1, le=10_000, description="passes over the training images")
    batch_size: int = Field(default=128, ge=1, le=60_000, description="images per optimizer step")
    statistics_batch: int | None = Field(
        default=None,
        ge=1,
        le=60_000,
        description="bn's statistics are over so many images each; default: the whole batch",
    )
    optimizer: Literal["adamw", "sgd", "muon"] = Field(
        default="muon", description="sgd has Nesterov momentum 0.9; muon is for convolutions, with adamw for the rest"
    )
    max_lr: Number = Field(
        default=0.05, gt=0, le=100, description="peak of the learning rate; of muon: size of an update"
    )
    adamw_lr: Number | None = Field(
        default=None, gt=0, le=100, description="peak of adamw's rate next to muon, used there alone (default 0.02)"
    )
    schedule: Literal["one_cycle", "cosine", "step", "plateau", "constant"] = Field(
        default="one_cycle", description="how the learning rate goes on from its peak"
    )
    warmup: Number = Field(
        default=0.2, ge=0, lt=1, description="fraction of the steps in which the rate rises to its peak"
    )
    weight_decay: Number = Field(default=0.01, ge=0, le=10, description="on convolution and linear weights only")
    rotation: Number = Field(default=10.0, ge=0, le=180, description="augmentation: at most so many degrees either way")
    shift: Number = Field(default=2.0, ge=0, le=14, description="augmentation: at most so many pixels either way")
    scale: Number = Field(default=0.1, ge=0, le=0.5, description="augmentation: size changes by at most this fraction")
    fade: Number = Field(
        default=0.2, ge=0, le=1, description="augmentation fades out over this last fraction of the epochs"
    )
    dataset: str = Field(
        default="auto",
        description="auto: MNIST if available, else digits; or your images, a folder or a function next to the file",
        json_schema_extra={"anyOf": [{"type": "string", "enum": ["auto", *KNOWN]}, {"type": "string"}]},
    )
    images: ImageFacts | None = Field(
        default=None, description="what your own images are: filled in when they are read"
    )
    evaluate_on: Literal["test", "validation"] = Field(
        default="test", description="images of the evaluation after each epoch"
    )
    threads: int = Field(default=1, ge=1, le=1024, description="CPU threads of this run")
    precision: Literal["auto", "fp32", "bf16"] = Field(
        default="auto", description="of the forward and backward pass; auto: bf16 on a CPU where it is faster"
    )
    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="where the run happens")

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        """What is not the default: in full it is a page of text."""
        fields = type(self).model_fields
        return [(name, value) for name, value in super().__repr_args__() if name and value != fields[name].default]

    def __str__(self) -> str:
        return repr(self)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Config:
        """A copy with other values, which are validated as those of a file are. Raises `ParameterError`."""
        return make_config({**self.model_dump(), **(update or {})})

    @field_validator("dataset", mode="before")
    @classmethod
    def _dataset_is_known_or_ones_own(cls, dataset: Any) -> str:
        if isinstance(dataset, str) and (dataset in ("auto", *KNOWN) or is_custom(dataset) or is_read(dataset)):
            return dataset
        raise ParameterError(
            f"dataset = {_shown(dataset)}: must be one of auto, {', '.join(KNOWN)}, or a folder of images or "
            "`my_images.py:function` next to this file"
        )

    @field_validator("model")
    @classmethod
    def _model_can_be_one(cls, model: str) -> str:
        if model and not is_spelled(model):
            raise ParameterError(f"model = {_shown(model)}: must be such as {EXAMPLES}, or empty for our own network")
        return model

    @field_validator("code")
    @classmethod
    def _code_is_a_fingerprint(cls, code: str, info: ValidationInfo) -> str:
        if code and not re.fullmatch("[0-9a-f]{16}", code):
            raise ParameterError(
                f"code = {_shown(code)}: must be a fingerprint of 16 digits; it is filled in by itself"
            )
        return code if info.data.get("model") else ""

    @field_validator("skeleton")
    @classmethod
    def _skeleton_has_one_spelling(cls, skeleton: str) -> str:
        try:
            return describe_skeleton(parse_skeleton(skeleton))
        except SkeletonError as error:
            raise ParameterError(f"skeleton = {_shown(skeleton)}: {one_line(error)}") from None

    # What has no effect must not distinguish runs: it becomes None.

    @field_validator("groups")
    @classmethod
    def _groups_divide_the_channels(cls, groups: int | None, info: ValidationInfo) -> int | None:
        is_gn = info.data.get("norm") == "gn"
        groups = GROUPS if groups is None and is_gn else groups
        channels = info.data.get("channels") if not info.data.get("model") else None
        if groups is not None and channels and channels % groups:
            divisors = ", ".join(str(n) for n in range(1, channels + 1) if channels % n == 0)
            raise ParameterError(f"groups = {groups}: {channels} channels can be split into {divisors} groups")
        return groups if is_gn else None

    @field_validator("statistics_batch")
    @classmethod
    def _statistics_of_parts_of_a_batch(cls, images: int | None, info: ValidationInfo) -> int | None:
        has_effect = info.data.get("norm") == "bn" and (images or 0) < info.data.get("batch_size", 0)
        return images if has_effect else None

    @field_validator("adamw_lr")
    @classmethod
    def _rate_next_to_muon(cls, rate: float | None, info: ValidationInfo) -> float | None:
        return (rate or ADAMW_LR) if info.data.get("optimizer") == "muon" else None

    @field_validator("seed_weights", "seed_order", "seed_augmentation")
    @classmethod
    def _seed_of_its_own(cls, seed: int | None, info: ValidationInfo) -> int | None:
        return None if seed == info.data.get("seed") else seed

    @model_validator(mode="after")
    def _check_combinations(self) -> Config:
        self._refuse_what_is_ours_alone()
        if self.schedule == "plateau" and self.evaluate_on == "test":
            raise ParameterError(
                "schedule = plateau: it follows the loss of the evaluation, which must not be that of the test images; "
                "add `evaluate_on: validation`"
            )
        if (self.images is not None) != is_read(self.dataset):
            raise ParameterError(
                f"images: what is known of {_shown(self.dataset)}, which belongs to finished runs; delete this line"
                if self.images
                else f"dataset = {_shown(self.dataset)}: what a run calls them; name their folder or function instead"
            )
        if not is_unresolved(self.dataset):
            self._check_data()
        return self

    def _refuse_what_is_ours_alone(self) -> None:
        for name in OURS_ALONE if self.model else ():
            if getattr(self, name) != Config.model_fields[name].default:
                raise ParameterError(
                    f"{name} = {_shown(getattr(self, name))}: means nothing with model = {self.model}; delete this "
                    "line, and say it in the code of the model"
                )

    def _check_data(self) -> None:
        facts = image_facts(self)
        data = facts.title if self.images else self.dataset
        if self.batch_size > training_images(self):
            raise ParameterError(
                f"batch_size = {self.batch_size}: must be at most {training_images(self)}, "
                f"the number of training images ({data}, evaluate_on: {self.evaluate_on})"
            )
        if self.model:
            return  # what becomes of its images is found out when it is tried (`training.trial`)
        size = facts.shape[1]
        left = edges(deepened(parse_skeleton(self.skeleton), self.depth), size)
        fits = next((each for each in SMALL if edges(parse_skeleton(each), size)[-1] > 1), SMALL[-1])
        if left[-1] < 1:
            raise ParameterError(
                f"skeleton = {self.skeleton}: nothing is left of images of {size} x {size} pixels ({data}); "
                f"`skeleton: {fits}` would fit"
            )
        if 1 in left and self._fewest_images() == 1:
            raise ParameterError(
                f"skeleton = {self.skeleton}: a channel of one image is left with one value, which norm = {self.norm} "
                f"cannot normalize by itself ({data}); `skeleton: {fits}` would fit"
            )

    def _fewest_images(self) -> int:
        """Of how many images at least the values of a channel share a mean; 0 where those of other channels do, too."""
        if self.norm == "in":
            return 1
        if self.norm != "bn":
            return 0
        batches = {self.batch_size, training_images(self) % self.batch_size or self.batch_size}
        together = self.statistics_batch or self.batch_size
        return min(size if size < together else size % together or together for size in batches)


def is_unresolved(dataset: str) -> bool:
    """Whether `dataset` stands for images that `resolve` has yet to find."""
    return dataset == "auto" or is_custom(dataset)


def image_facts(config: Config) -> ImageFacts:
    """What is known of the images of `config`, resolved: name, shape, classes, sizes."""
    return config.images or KNOWN[config.dataset]


def training_images(config: Config) -> int:
    """How many images the run of `config`, resolved, trains on in an epoch."""
    facts = image_facts(config)
    return facts.training - (facts.validation if config.evaluate_on == "validation" else 0)


def evaluated_images(config: Config) -> int:
    """How many images the run of `config`, resolved, is evaluated on."""
    facts = image_facts(config)
    return facts.validation if config.evaluate_on == "validation" else facts.test


def make_config(values: dict[str, Any], source: str = "") -> Config:
    """Validate `values`. Raises `ParameterError`: one line with `source`, each key, its value and what is allowed."""
    where = f"{one_line(source)}: " if source else ""
    if not isinstance(values, dict):
        raise ParameterError(f"{where}must hold lines of the form `key: value`, such as `norm: gn`")
    try:
        return Config(**{visible(key): value for key, value in values.items()})
    except ValidationError as error:
        problems = [_explain(problem) for problem in error.errors()[:MOST_PROBLEMS]]
        if more := error.error_count() - len(problems):
            problems.append(f"and {more} more")
        raise ParameterError(where + "; ".join(problems)) from None


def read_values(path: str | Path) -> Any:
    """What a YAML file holds; no values where that is nothing. Raises `ParameterError` when it cannot be read."""
    from normstudy.yaml_file import YamlError, read_yaml  # a run that was planned elsewhere does without

    try:
        values = read_yaml(path)
    except YamlError as error:
        raise ParameterError(str(error)) from None
    return {} if values is None else values


def with_code(values: Any, folders: Sequence[Path], source: str = "") -> Any:
    """`values` with the fingerprint of the code of the model that they name, which is in one of `folders`, if they do.

    Raises `ParameterError`, beginning with `source`, when that code is not there or cannot be read, or when somebody
    wrote the fingerprint himself.
    """
    if not isinstance(values, dict):
        return values
    where = f"{one_line(source)}: " if source else ""
    if named := [name for name in FILLED_IN if values.get(name)]:
        raise ParameterError(f"{where}{named[0]}: is filled in by itself; delete this line")
    try:
        return identified(values, folders)
    except ModelCodeError as error:
        raise ParameterError(f"{where}{error}") from None


def read_config(path: str | Path) -> Config:
    """The configuration in a YAML file. Raises `ParameterError` when the file or a value in it is no good."""
    values = with_absolute_dataset(read_values(path), Path(path).parent)
    return make_config(with_code(values, [Path(path).parent], str(path)), source=str(path))


def resolve(config: Config, dataset: str, trust_device: bool = False) -> Config:
    """Replace every `auto`: the data set by `dataset`, device and precision by what this machine has.

    The user's own images are read and kept, and named by their contents. The code of a model that was given from Python
    is looked for in the current folder, and becomes part of what the run is. Raises `ParameterError` when either is no
    good, when the batch does not fit the data set, or CUDA is asked for and absent; with `trust_device`, for runs that
    happen on another machine, that one has to tell.
    """
    if config.model and not config.code:
        config = config.model_copy(update=with_code({"model": config.model}, usual_folders()))
    if not is_unresolved(config.dataset) and "auto" not in (config.device, config.precision) and config.device == "cpu":
        return config
    device = config.device
    if device == "auto":
        device = "cuda" if has_cuda() else "cpu"
    if device == "cuda" and not trust_device and not has_cuda():
        raise ParameterError("device = cuda: no CUDA device is available here; use `device: cpu` or `device: auto`")
    precision = best_precision(device) if config.precision == "auto" else config.precision
    chosen = {"dataset": dataset} if config.dataset == "auto" else _read(config.dataset)
    return make_config({**config.model_dump(), **chosen, "device": device, "precision": precision})


def _read(dataset: str) -> dict[str, Any]:
    """`dataset` and `images` as they stand in a resolved configuration. Raises `ParameterError`."""
    if not is_custom(dataset):
        return {}
    from normstudy.data.custom_images import read_custom  # numpy, Pillow: few runs need them here

    try:
        name, facts = read_custom(dataset)
    except DataError as error:
        raise ParameterError(f"dataset = {error}") from None
    return {"dataset": name, "images": facts.model_dump()}


def run_name(config: Config) -> str:
    """The folder name of a resolved configuration, such as `bn_l1-mnist-seed1-3f9a2c1e`.

    The last part is the start of a SHA-256 over all parameters but those that came later and are as before.
    """
    if is_unresolved(config.dataset) or "auto" in (config.device, config.precision):
        raise ParameterError("a run's name needs a resolved configuration: dataset, device and precision not `auto`")
    if config.model and not config.code:
        raise ParameterError("a run's name needs a resolved configuration: `resolve` finds the code of its model")
    norm = config.norm + (str(config.groups) if config.groups else "") + ("_l1" if config.l1 else "")
    at_first = {name: AT_FIRST.get(name, field.default) for name, field in Config.model_fields.items()}
    values = config.model_dump()
    values = {name: value for name, value in values.items() if name in FIRST_PARAMETERS or value != at_first[name]}
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    data = config.dataset.partition("@")[0]
    return f"{norm}-{data}-seed{config.seed}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def problem(of: Mapping[str, Any]) -> str:
    """One of pydantic's problems as `where = value: what it must be`."""
    message = of["msg"]
    for theirs, ours in IN_WORDS.items():
        message = message.replace(theirs, ours)
    message = re.sub(" or instance of .*", "", message)  # what pydantic takes as well
    where = ".".join(map(str, of["loc"])) or "all of it"
    return f"{where}: missing" if of["type"] == "missing" else f"{where} = {_shown(of['input'])}: {message}"


def _explain(of: Mapping[str, Any]) -> str:
    """One problem of a `Config`."""
    if of["type"] == "value_error":
        return str(of["ctx"]["error"])
    key, value = of["loc"][0], of["input"]
    if key in FILLED_IN:
        return f"{key} = {_shown(value)}: is filled in by itself; delete this line"
    if of["type"] == "extra_forbidden":
        known = [name for name in Config.model_fields if name not in FILLED_IN]
        near = difflib.get_close_matches(key[:60], known, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known parameters: {', '.join(known)}"
        return f"{_shown(key)} = {_shown(value)}: unknown parameter; {hint}"
    return problem(of)


def _shown(value: Any) -> str:
    try:
        is_plain = value is None or isinstance(value, bool | int | float)
        is_nested = isinstance(value, list | dict | tuple | set)
        text = json.dumps(value) if is_plain else reprlib.repr(value) if is_nested else str(value)
    except ValueError:  # a number of more digits than Python writes, as `0xFF…` can be
        text = "(too long to show)"
    text = one_line(text[:1_000])
    return text if len(text) <= 60 else text[:57] + "…"
