"""How models, data sets and classes are called, and which colour a model has: the same everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from normstudy.config import Config

FULL_NAMES = {
    "bn": "Batch normalization",
    "gn": "Group normalization",
    "ln": "Layer normalization",
    "in": "Instance normalization",
    "none": "No normalization",
}

DATA_TITLES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST", "kmnist": "Kuzushiji-MNIST", "digits": "UCI digits"}
"""How a data set is called in prose."""

CLASS_NAMES = {
    "mnist": [str(digit) for digit in range(10)],
    "digits": [str(digit) for digit in range(10)],
    "fashion_mnist": ["T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"],
    "kmnist": ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"],
}

# Okabe and Ito's palette, safe for colour-blind readers; black text is readable beside each.
COLOURS = {"bn": "#0072B2", "gn": "#D55E00", "ln": "#009E73", "in": "#CC79A7", "none": "#595959"}

LINE_STYLES = ("-", "--", ":", "-.")


def labels(configs: list[Config]) -> list[str]:
    """A short name for each of `configs`, such as `BN + L1`; where two agree, what tells them apart is added."""
    names = [_short(config) for config in configs]
    found = []
    for name, config in zip(names, configs, strict=True):
        alike = [other for other, other_name in zip(configs, names, strict=True) if other_name == name]
        found.append(f"{name} ({_difference(config, alike)})" if len(alike) > 1 else name)
    return found


def model_names(runs: Sequence[Any]) -> list[str]:
    """The `labels` of finished runs; of one that diverged, with that word: `No norm (diverged)`."""
    called = labels([run.config for run in runs])
    return [f"{name} (diverged)" if run.diverged else name for name, run in zip(called, runs, strict=True)]


def styles(configs: list[Config]) -> list[tuple[str, str]]:
    """(colour, line style) for each of `configs`: the colour is the normalization's, the style tells its models
    apart."""
    seen: Counter[str] = Counter()
    chosen = []
    for config in configs:
        chosen.append((COLOURS[config.norm], LINE_STYLES[seen[config.norm] % len(LINE_STYLES)]))
        seen[config.norm] += 1
    return chosen


def _short(config: Config) -> str:
    name = "No norm" if config.norm == "none" else config.norm.upper()
    return name + (" + L1" if config.l1 else "")


def _difference(config: Config, others: list[Config]) -> str:
    """The parameters in which `others` differ, with the values that `config` has: `groups 8, seed 2`."""
    own = config.model_dump()
    differing = [key for key in own if len({str(other.model_dump()[key]) for other in others}) > 1]
    values = (f"{own[key]:g}" if isinstance(own[key], float) else str(own[key]) for key in differing)
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in zip(differing, values, strict=True))
