"""A study as a YAML file: which models, what is varied, with which seeds.

    title: Group normalization by rate
    common: {dataset: mnist, evaluate_on: validation, epochs: 20}
    seeds: [101, 102, 103]
    models:
      gn: {norm: gn, max_lr: [0.02, 0.04], weight_decay: [0.01, 0.1]}
      ln: {norm: ln, max_lr: [0.02, 0.04]}
    predictions: true
    afterwards: [weights]

Every combination of the values that stand in lists is a run, of each model and with each seed; seeds may be written
`0 to 39`. A model may hold several such sets of lines, as a list, and take those of another (`gn: &base {…}`, then
`<<: *base`). All runs are on one data set, and evaluated on one split of it. With `predictions`, what the models said
of each image is kept; `afterwards` names what is measured of the trained networks (`runs/diagnostics.py`).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from normstudy.config import Config, ParameterError, make_config, read_values, resolve, with_code
from normstudy.data.facts import with_absolute_dataset
from normstudy.runs.seeds import MOST_RUNS, named_seeds
from normstudy.text import one_line

FOLDER = "studies"
"""Where the files of studies are, in the folder of the parameter files of models."""

KNOWN = ("title", "common", "seeds", "models", "predictions", "afterwards")
KEYS = ", ".join(f"`{key}:`" for key in KNOWN if key != "models")
AFTERWARDS = ("weights", "batch_norm", "first_gradients", "inside")
"""What can be measured of trained networks; `runs/diagnostics.py` has it."""

DEFAULTS = {"title": "", "common": {}, "seeds": [Config().seed], "predictions": False, "afterwards": []}


@dataclass(frozen=True)
class StudyRun:
    """A run of a study: what the study calls its model, and its configuration, resolved."""

    model: str
    config: Config


@dataclass(frozen=True)
class Study:
    """A study: its runs, seed by seed, so that an unfinished one has treated all models alike.

    `path`: its file; `title`: its heading in a report that has no section of its own for it; `predictions`: whether
    those are kept; `afterwards`: what is measured of the trained networks.
    """

    path: Path
    title: str
    runs: tuple[StudyRun, ...]
    predictions: bool
    afterwards: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.path.stem


def study_file_names(params: Path) -> list[str]:
    """The studies that there are files of in the folder of parameters `params`."""
    # Not what editors and systems leave next to them under hidden names.
    return sorted(path.stem for path in (params / FOLDER).glob("*.yaml") if not path.name.startswith("."))


def study_path(params: Path, name: str) -> Path:
    """The file of the study `name` in `params`, or that file itself, wherever it lies.

    Raises `ParameterError`, which names those that there are.
    """
    if name.endswith((".yaml", ".yml")) and Path(name).is_file():
        return Path(name)
    known = study_file_names(params)
    if name not in known:
        folder = one_line(params / FOLDER)
        which = f"no study {one_line(name)!r} in {folder}/" if name else "say which study, with STUDY="
        raise ParameterError(f"{which}; there are: {', '.join(known) or 'none'}; or name a YAML file")
    return params / FOLDER / f"{name}.yaml"


def read_study_file(path: Path, trust_device: bool = False) -> Study:
    """The study that `path` describes. Raises `ParameterError`, one line with the file and what is wrong in it.

    `trust_device`: its runs happen on other machines, which have to tell whether there is a GPU.
    """
    study = read_values(path)
    where = one_line(path)
    if not isinstance(study, dict) or not study.get("models"):
        raise ParameterError(f"{where}: must hold `models:`, and may hold {KEYS}")
    if unknown := [str(key) for key in study if key not in KNOWN]:
        raise ParameterError(
            f"{where}: {one_line(unknown[0])}: unknown; next to `models:` it may hold {KEYS}; what all models "
            "share stands under `common:`, and a model can take the lines of another (`gn: &base {...}`, `<<: *base`)"
        )
    given = {**DEFAULTS, **{key: value for key, value in study.items() if value is not None}}
    common, models, title, afterwards = (given[key] for key in ("common", "models", "title", "afterwards"))
    if not isinstance(common, dict) or not isinstance(models, dict):
        raise ParameterError(f"{where}: `common` and each of `models` hold lines `key: value`")
    if not isinstance(title, str) or not isinstance(given["predictions"], bool):
        raise ParameterError(f"{where}: `title` is a text, `predictions` true or false")
    if not isinstance(afterwards, list) or not all(each in AFTERWARDS for each in afterwards):
        raise ParameterError(f"{where}: `afterwards` is a list of {', '.join(AFTERWARDS)}")
    folders = path.parent, path.parent.parent  # where the file of a custom model may be
    seeds = named_seeds(given["seeds"], where)
    sets = {model: _sets(f"{where}: {one_line(model)}", values, common) for model, values in models.items()}
    combinations = sum(prod(map(len, each.values())) for own in sets.values() for each in own)
    if (many := combinations * len(seeds)) > MOST_RUNS:
        raise ParameterError(
            f"{where}: its lists make {many:,} runs ({combinations:,} combinations, {len(seeds):,} seeds), and a study "
            f"has at most {MOST_RUNS:,}; shorten them, or make several studies of it"
        )
    runs = [
        StudyRun(one_line(model), config)
        for seed in seeds
        for model, own in sets.items()
        for config in _configs(f"{where}: {one_line(model)}", own, seed, folders, trust_device)
    ]
    for key in ("dataset", "evaluate_on"):  # what their runs said of images could not be compared
        if len(found := sorted({getattr(run.config, key) for run in runs})) > 1:
            raise ParameterError(f"{where}: {key} = {' and '.join(found)}: a study has one; make two of it")
    title = one_line(title) or path.stem.replace("_", " ").capitalize()
    return Study(path, title, tuple(dict.fromkeys(runs)), given["predictions"], tuple(dict.fromkeys(afterwards)))


def _sets(where: str, values: Any, common: dict[str, Any]) -> list[dict[str, list[Any]]]:
    """The sets of lines of a model, each key with its list of values. Raises `ParameterError`."""
    sets = values if isinstance(values, list) else [values]
    if not sets or not all(isinstance(each, dict) for each in sets):
        raise ParameterError(f"{where}: must hold lines `key: value`")
    lines = [{**common, **own} for own in sets]
    for each in lines:
        if "seed" in each:
            raise ParameterError(f"{where}: seed: stands under `seeds:`, for all models alike")
        if empty := [one_line(key) for key, value in each.items() if value == []]:
            raise ParameterError(f"{where}: {empty[0]}: a list without values; delete this line")
    return [{key: value if isinstance(value, list) else [value] for key, value in each.items()} for each in lines]


def _configs(
    where: str, sets: list[dict[str, list[Any]]], seed: int, folders: Sequence[Path], trust_device: bool
) -> list[Config]:
    """Each combination of the values of `sets`, with `seed`. Raises `ParameterError`, beginning with `where`."""
    configs = []
    for combination in (
        dict(zip(each, own, strict=True)) for each in sets for own in itertools.product(*each.values())
    ):
        values = with_absolute_dataset({**combination, "seed": seed}, folders[0])
        config = make_config(with_code(values, folders, where), where)
        if config.dataset == "auto":
            raise ParameterError(f"{where}: a study names its data set: `dataset: mnist`")
        try:
            configs.append(resolve(config, config.dataset, trust_device))
        except ParameterError as error:
            raise ParameterError(f"{where}: {error}") from None
    return configs
