"""A study as a YAML file: which models, what is varied, with which seeds.

    common: {dataset: mnist, evaluate_on: validation, epochs: 20}
    seeds: [101, 102, 103]
    models:
      gn: {norm: gn, max_lr: [0.02, 0.04], weight_decay: [0.01, 0.1]}
      ln: {norm: ln, max_lr: [0.02, 0.04]}

Every combination of the values that stand in lists is a run, of each model and with each seed. A model may
hold several such sets of lines, as a list.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from normstudy.config import Config, ParameterError, make_config, resolve
from normstudy.paths import project_root
from normstudy.text import one_line
from normstudy.yaml_file import YamlError, read_yaml

FOLDER = "params/studies"


@dataclass(frozen=True)
class StudyRun:
    """A run of a study: what the study calls its model, and its configuration, resolved."""

    model: str
    config: Config


def study_path(name: str) -> Path:
    """The file of the study `name`. Raises `ParameterError`, which names those that there are."""
    folder = project_root() / FOLDER
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if name not in known:
        which = f"no study {one_line(name)!r} in {FOLDER}/" if name else "say which study, with STUDY="
        raise ParameterError(f"{which}; there are: {', '.join(known) or 'none'}")
    return folder / f"{name}.yaml"


def read_study_file(path: Path) -> list[StudyRun]:
    """All runs of the study, seed by seed, so that an unfinished one has treated all models alike.

    Raises `ParameterError`, one line with the file and what is wrong in it.
    """
    try:
        study = read_yaml(path)
    except YamlError as error:
        raise ParameterError(str(error)) from None
    where = one_line(path)
    if not isinstance(study, dict) or set(study) - {"common", "seeds", "models"} or not study.get("models"):
        raise ParameterError(f"{where}: must hold `models:`, and may hold `common:` and `seeds:`")
    common, seeds, models = study.get("common") or {}, study.get("seeds") or [1], study["models"]
    if not isinstance(common, dict) or not isinstance(models, dict) or not isinstance(seeds, list):
        raise ParameterError(f"{where}: `common` and each of `models` hold lines `key: value`, `seeds` a list")
    found = []
    for seed in seeds:
        for model, values in models.items():
            sets = values if isinstance(values, list) else [values]
            if not sets or not all(isinstance(each, dict) for each in sets):
                raise ParameterError(f"{where}: {one_line(model)}: must hold lines `key: value`")
            for combination in (one for each in sets for one in _combinations({**common, **each, "seed": seed})):
                config = make_config(combination, f"{where}: {one_line(model)}")
                if config.dataset == "auto":
                    raise ParameterError(f"{where}: {one_line(model)}: a study names its data set: `dataset: mnist`")
                found.append(StudyRun(str(model), resolve(config, config.dataset)))
    return list(dict.fromkeys(found))


def _combinations(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Each choice of one value from every list among `values`."""
    lists = [value if isinstance(value, list) else [value] for value in values.values()]
    return [dict(zip(values, chosen, strict=True)) for chosen in itertools.product(*lists)]
