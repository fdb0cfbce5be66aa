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
`0 to 39`. A model may hold several such sets of lines, as a list. With `predictions`, what the models said of each
image is kept; `afterwards` names what is measured of the trained networks (`runs/afterwards.py`).
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from normstudy.config import Config, ParameterError, make_config, resolve
from normstudy.paths import project_root
from normstudy.text import one_line
from normstudy.yaml_file import YamlError, read_yaml

FOLDER = "params/studies"
KNOWN = ("title", "common", "seeds", "models", "predictions", "afterwards")
KEYS = ", ".join(f"`{key}:`" for key in KNOWN if key != "models")
AFTERWARDS = ("weights", "batch_norm", "first_gradients", "inside")
"""What can be measured of trained networks; `runs/afterwards.py` has it."""

DEFAULT_SEED = Config().seed
MOST_SEEDS = 1_000


@dataclass(frozen=True)
class StudyRun:
    """A run of a study: what the study calls its model, and its configuration, resolved."""

    model: str
    config: Config


@dataclass(frozen=True)
class Study:
    """A study: its runs, seed by seed, so that an unfinished one has treated all models alike.

    `title`: its heading in a report that has no section of its own for it; `predictions`: whether those are kept;
    `afterwards`: what is measured of the trained networks.
    """

    name: str
    title: str
    runs: tuple[StudyRun, ...]
    predictions: bool
    afterwards: tuple[str, ...]


def study_file_names() -> list[str]:
    """The studies that there are files of."""
    return sorted(path.stem for path in (project_root() / FOLDER).glob("*.yaml"))


def study_path(name: str) -> Path:
    """The file of the study `name`. Raises `ParameterError`, which names those that there are."""
    known = study_file_names()
    if name not in known:
        which = f"no study {one_line(name)!r} in {FOLDER}/" if name else "say which study, with STUDY="
        raise ParameterError(f"{which}; there are: {', '.join(known) or 'none'}")
    return project_root() / FOLDER / f"{name}.yaml"


def read_study_file(path: Path) -> Study:
    """The study that `path` describes. Raises `ParameterError`, one line with the file and what is wrong in it."""
    try:
        study = read_yaml(path)
    except YamlError as error:
        raise ParameterError(str(error)) from None
    where = one_line(path)
    if not isinstance(study, dict) or not study.get("models"):
        raise ParameterError(f"{where}: must hold `models:`, and may hold {KEYS}")
    if unknown := [str(key) for key in study if key not in KNOWN]:
        raise ParameterError(f"{where}: {one_line(unknown[0])}: unknown; beside `models:` it may hold {KEYS}")
    common, models = study.get("common") or {}, study["models"]
    if not isinstance(common, dict) or not isinstance(models, dict):
        raise ParameterError(f"{where}: `common` and each of `models` hold lines `key: value`")
    title, predictions = study.get("title") or path.stem.replace("_", " ").capitalize(), study.get("predictions", False)
    if not isinstance(title, str) or not isinstance(predictions, bool):
        raise ParameterError(f"{where}: `title` is a text, `predictions` true or false")
    afterwards = study.get("afterwards") or []
    if not isinstance(afterwards, list) or set(map(str, afterwards)) - set(AFTERWARDS):
        raise ParameterError(f"{where}: `afterwards` is a list of {', '.join(AFTERWARDS)}")
    runs = []
    for seed in _seeds(study.get("seeds") or [DEFAULT_SEED], where):
        for model, values in models.items():
            sets = values if isinstance(values, list) else [values]
            if not sets or not all(isinstance(each, dict) for each in sets):
                raise ParameterError(f"{where}: {one_line(model)}: must hold lines `key: value`")
            for combination in (one for each in sets for one in _combinations({**common, **each, "seed": seed})):
                config = make_config(combination, f"{where}: {one_line(model)}")
                if config.dataset == "auto":
                    raise ParameterError(f"{where}: {one_line(model)}: a study names its data set: `dataset: mnist`")
                runs.append(StudyRun(str(model), resolve(config, config.dataset)))
    return Study(path.stem, title, tuple(dict.fromkeys(runs)), predictions, tuple(afterwards))


def _seeds(value: Any, where: str) -> list[Any]:
    """The seeds that a list, or `0 to 39`, names. Raises `ParameterError`."""
    if isinstance(value, list):
        return value
    found = re.fullmatch(r"(\d+) to (\d+)", value) if isinstance(value, str) else None
    if not found or not 0 <= int(found[2]) - int(found[1]) < MOST_SEEDS:
        raise ParameterError(f"{where}: `seeds` is a list, or such as `0 to 39`, of at most {MOST_SEEDS:,}")
    return list(range(int(found[1]), int(found[2]) + 1))


def _combinations(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Each choice of one value from every list among `values`."""
    lists = [value if isinstance(value, list) else [value] for value in values.values()]
    return [dict(zip(values, chosen, strict=True)) for chosen in itertools.product(*lists)]
