"""How models, data sets and classes are called: the same everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from normstudy.config import Config, evaluated_images, image_facts
from normstudy.report.core.literal import escape, plain
from normstudy.report.core.text import count, join

FULL_NAMES = {
    "bn": "Batch normalization",
    "gn": "Group normalization",
    "ln": "Layer normalization",
    "in": "Instance normalization",
    "ln2d": "Layer normalization of each position",
    "none": "No normalization",
}

LONGEST = 40
"""Characters of a model's name: as many as a table's column and the end of a line have room for."""

MOST_OF_NAME = 24
"""Of these, for the name of a custom network."""

MOST_NAMES = 4
"""Names that a sentence lists; more are counted."""


def labels(configs: Sequence[Config]) -> list[str]:
    """A short name for each of `configs`, such as `BN + L1`; where two agree, what distinguishes them is added.

    Where that makes a name longer than `LONGEST`, only values are added that most of those models do not have; where
    it still does, they are numbered: `GN #1`. The names depend on all of `configs`: make them of a whole study.
    """
    names = [_short(config) for config in configs]
    for name, uses in Counter(names).items():
        if uses > 1:
            places = [place for place, other in enumerate(names) if other == name]
            for place, longer in zip(places, _distinct(name, [configs[place] for place in places]), strict=True):
                names[place] = longer
    return names


def are_numbered(names: Sequence[str]) -> bool:
    """Whether some of the `labels` are numbers that stand for too many values."""
    return any("#" in name for name in names)


def model_names(runs: Sequence[Any]) -> list[str]:
    """The `labels` of finished runs; of one that diverged, with that word: `No norm (diverged)`."""
    named = labels([run.config for run in runs])
    return [f"{name} (diverged)" if run.diverged else name for name, run in zip(named, runs, strict=True)]


def data_title(config: Config) -> str:
    """How the data set of `config`, resolved, is called, as text; in Markdown it is `markdown_title`."""
    return plain(image_facts(config).title)


def markdown_title(config: Config) -> str:
    """How the data set of `config` is called in prose and captions."""
    return escape(config.images.title) if config.images else data_title(config)


def class_names(config: Config) -> list[str]:
    """What the classes of `config` are called, by number, as text; in Markdown they are `markdown_classes`."""
    return [plain(name) for name in image_facts(config).classes]


def markdown_classes(config: Config) -> list[str]:
    """What the classes of `config` are called in prose, captions and tables, by number."""
    return [escape(name) for name in config.images.classes] if config.images else class_names(config)


def data_name(config: Config) -> str:
    """`MNIST, 10,000 test images`: what runs of `config` were evaluated on, as Markdown."""
    return f"{markdown_title(config)}, {count(evaluated_images(config), f'{config.evaluate_on} image')}"


def which_models(runs: Sequence[Any]) -> str:
    """`BN + L1, GN and LN`; of more models than can be listed, how many of which kind: `30 models (GN and LN)`."""
    if len(runs) <= MOST_NAMES:
        return join(model_names(runs))
    return f"{count(len(runs), 'model')} ({join(dict.fromkeys(_short(run.config) for run in runs))})"


def some_of(parts: Sequence[str], most: int = MOST_NAMES) -> str:
    """`a, b and c`; of more than `most`, the first ones and how many are left: `a, b, c and 5 others`."""
    return join(parts if len(parts) <= most else [*parts[: most - 1], f"{len(parts) - most + 1} others"])


def network_name(model: str) -> str:
    """`small resnet`: the custom network `my_models.py:small_resnet` in short."""
    name = " ".join(model.rpartition(":")[2].replace("_", " ").split()) or "custom"
    return name if len(name) <= MOST_OF_NAME else f"{name[: MOST_OF_NAME - 1]}…"


def _short(config: Config) -> str:
    network = f"{network_name(config.model)} " if config.model else ""
    kind = {"none": "no norm" if network else "No norm", "ln2d": "LN2d"}.get(config.norm, config.norm.upper())
    return network + kind + (" + L1" if config.l1 else "")


def _distinct(name: str, configs: Sequence[Config]) -> list[str]:
    """Names that begin with `name` and are different for each of `configs`, at least two."""
    values = [config.model_dump() for config in configs]
    keys = [key for key in values[0] if len({str(each[key]) for each in values}) > 1]
    usual = {}
    for key in keys:
        shown, uses = Counter(str(each[key]) for each in values).most_common(1)[0]
        if uses > len(values) / 2:
            usual[key] = shown
    every = [_with_values(name, keys, each) for each in values]
    unusual = [_with_values(name, [key for key in keys if str(each[key]) != usual.get(key)], each) for each in values]
    for names in (every, unusual):
        if max(map(len, names)) <= LONGEST and len(set(names)) == len(names):
            return names
    return [f"{name} #{place}" for place in range(1, len(values) + 1)]


def _with_values(name: str, keys: Sequence[str], config: dict[str, Any]) -> str:
    """`GN (groups 8, seed 2)`."""
    values = (f"{config[key]:g}" if isinstance(config[key], float) else str(config[key]) for key in keys)
    shown = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in zip(keys, values, strict=True))
    return f"{name} ({shown})" if shown else name
