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
    values = [config.model_dump() for config in configs]
    alike: dict[str, list[dict[str, Any]]] = {}
    for name, own in zip(names, values, strict=True):
        alike.setdefault(name, []).append(own)
    differing = {name: _differing(group) for name, group in alike.items()}
    return [
        f"{name} ({_with_values(differing[name], own)})" if differing[name] else name
        for name, own in zip(names, values, strict=True)
    ]


def model_names(runs: Sequence[Any]) -> list[str]:
    """The `labels` of finished runs; of one that diverged, with that word: `No norm (diverged)`."""
    called = labels([run.config for run in runs])
    return [f"{name} (diverged)" if run.diverged else name for name, run in zip(called, runs, strict=True)]


def data_name(runs: Sequence[Any]) -> str:
    """`MNIST, 10,000 test images`: what finished runs were evaluated on."""
    config = runs[0].config
    counts = {len(run.predictions["label"]) for run in runs if not run.diverged}
    size = f", {counts.pop():,} {config.evaluate_on} images" if counts else ""
    return f"{DATA_TITLES[config.dataset]}{size}"


def join_words(parts: list[str]) -> str:
    """`a, b and c`."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


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


def _differing(configs: list[dict[str, Any]]) -> list[str]:
    """The parameters in which `configs` differ."""
    return [key for key in configs[0] if len({str(config[key]) for config in configs}) > 1]


def _with_values(keys: list[str], config: dict[str, Any]) -> str:
    """`groups 8, seed 2`."""
    values = (f"{config[key]:g}" if isinstance(config[key], float) else str(config[key]) for key in keys)
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in zip(keys, values, strict=True))
