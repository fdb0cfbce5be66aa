"""How models, data sets and classes are called: the same everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from normstudy.config import Config, image_facts
from normstudy.report.literal import escape, plain
from normstudy.report.wording import MOST_NAMES, counted, join_words

FULL_NAMES = {
    "bn": "Batch normalization",
    "gn": "Group normalization",
    "ln": "Layer normalization",
    "in": "Instance normalization",
    "ln2d": "Layer normalization of each position",
    "none": "No normalization",
}

LONGEST = 40
"""Characters of a name of `labels`: as many as a table's column and the end of a line have room for."""

MOST_OF_NAME = 24
"""Of these, for the network's own name."""


def labels(configs: list[Config]) -> list[str]:
    """A short name for each of `configs`, such as `BN + L1`; where two agree, what tells them apart is added.

    Where that makes a name longer than `LONGEST`, only values are added that most of those models do not have; where
    it still does, they are numbered: `GN #1`. The names depend on all of `configs`: make them of a whole study.
    """
    names = [_short(config) for config in configs]
    for name, count in Counter(names).items():
        if count > 1:
            places = [place for place, other in enumerate(names) if other == name]
            for place, told_apart in zip(places, _apart(name, [configs[place] for place in places]), strict=True):
                names[place] = told_apart
    return names


def are_numbered(names: Sequence[str]) -> bool:
    """Whether some of the `labels` are numbers that stand for too many values."""
    return any("#" in name for name in names)


def model_names(runs: Sequence[Any]) -> list[str]:
    """The `labels` of finished runs; of one that diverged, with that word: `No norm (diverged)`."""
    called = labels([run.config for run in runs])
    return [f"{name} (diverged)" if run.diverged else name for name, run in zip(called, runs, strict=True)]


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


def data_name(runs: Sequence[Any]) -> str:
    """`MNIST, 10,000 test images`: what finished runs were evaluated on."""
    config = runs[0].config
    count = next((len(run.predictions["label"]) for run in runs if not run.diverged), 0)
    size = f", {count:,} {config.evaluate_on} images" if count else ""
    return f"{markdown_title(config)}{size}"


def which_models(runs: Sequence[Any]) -> str:
    """`BN + L1, GN and LN`; of more models than can be listed, how many of which kind: `30 models (GN and LN)`."""
    if len(runs) <= MOST_NAMES:
        return join_words(model_names(runs))
    return f"{counted(len(runs), 'model')} ({join_words(list(dict.fromkeys(_short(run.config) for run in runs)))})"


def called(model: str) -> str:
    """`small resnet`: the network `my_models.py:small_resnet` in short."""
    words = model.rpartition(":")[2].replace("_", " ").split()
    name = " ".join(words) or "own"
    return name if len(name) <= MOST_OF_NAME else f"{name[: MOST_OF_NAME - 1]}…"


def _short(config: Config) -> str:
    network = f"{called(config.model)} " if config.model else ""
    name = network + {"none": "No norm", "ln2d": "LN2d"}.get(config.norm, config.norm.upper())
    return name + (" + L1" if config.l1 else "")


def _apart(name: str, configs: list[Config]) -> list[str]:
    """Names that begin with `name` and tell `configs`, at least two, apart."""
    values = [config.model_dump() for config in configs]
    keys = [key for key in values[0] if len({str(own[key]) for own in values}) > 1]
    usual = {}
    for key in keys:
        shown, count = Counter(str(own[key]) for own in values).most_common(1)[0]
        if count > len(values) / 2:
            usual[key] = shown
    whole = [_with_values(name, keys, own) for own in values]
    unusual = [_with_values(name, [key for key in keys if str(own[key]) != usual.get(key)], own) for own in values]
    for names in (whole, unusual):
        if max(map(len, names)) <= LONGEST and len(set(names)) == len(names):
            return names
    return [f"{name} #{number}" for number in range(1, len(values) + 1)]


def _with_values(name: str, keys: list[str], config: dict[str, Any]) -> str:
    """`GN (groups 8, seed 2)`."""
    values = (f"{config[key]:g}" if isinstance(config[key], float) else str(config[key]) for key in keys)
    shown = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in zip(keys, values, strict=True))
    return f"{name} ({shown})" if shown else name
