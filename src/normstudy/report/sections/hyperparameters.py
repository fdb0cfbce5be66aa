"""Training and hyperparameters: the optimizer, every parameter of the models, and how these were chosen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from normstudy.config import FILLED_IN, OURS_ALONE, Config, image_facts
from normstudy.report.core import links, markup
from normstudy.report.core.literal import escape, unbroken
from normstudy.report.core.models import Model
from normstudy.report.core.names import markdown_title, some_of
from normstudy.report.core.text import count
from normstudy.runs.reproduction import SEEDS
from normstudy.runs.tables import RESULTS, record, table

OPTIMIZERS = {
    "muon": (
        "Muon [@jordan2024] for convolutions (the momentum of the gradient, as a matrix, is brought to singular values "
        "near 1, so the learning rate is the size of an update) and AdamW [@loshchilov2019] for everything else"
    ),
    "adamw": "AdamW [@loshchilov2019]",
    "sgd": "stochastic gradient descent with Nesterov momentum",
}

SCHEDULES = {
    "one_cycle": "rises to its peak and falls to almost 0 over the run [@smith2017]",
    "cosine": "rises to its peak and falls to 0 along half a cosine",
    "step": "rises to its peak, and falls to a tenth after half and again after three quarters of the steps",
    "plateau": "rises to its peak, and falls to a tenth when the validation loss has not fallen for three epochs",
    "constant": "rises to its peak and stays there",
}

SEARCHED = ("max_lr", "weight_decay", "l1")
"""The parameters that the published search varied."""

MOST_COLUMNS, WIDEST_COLUMNS = 4, 48
"""Models that have a column each, and the characters of their names; more models have a row each."""

MOST_SETTINGS = 6
"""Parameters next to each other in a table of models."""


def training(models: Sequence[Model]) -> str:
    """What is minimized, by which optimizer and schedule."""
    penalty = " plus λ Σ|w| for a model with an L1 penalty" if any(model.config.l1 for model in models) else ""
    text = [f"Training minimizes the cross-entropy{penalty}."]
    text += _of_each("optimizer", models, OPTIMIZERS, "The optimizer is")
    text += _of_each("schedule", models, SCHEDULES, "The learning rate")
    text.append("The accuracy of a model is that of its last epoch, not of its best.")
    return " ".join(text)


def differing(models: Sequence[Model]) -> str:
    """`@tbl-parameters`: the parameters that are not the same for all models; nothing where all are."""
    values = {model.name: _values(model.config) for model in models}
    keys = [key for key in next(iter(values.values())) if len({str(each[key]) for each in values.values()}) > 1]
    if not keys:
        return ""
    names = [unbroken(escape(name)) for name in values]
    shown = {key: [_shown(each[key]) for each in values.values()] for key in keys}
    caption = "The parameters in which the models differ."
    if len(models) <= MOST_COLUMNS and sum(map(len, names)) <= WIDEST_COLUMNS:
        rows = [{"parameter": f"`{key}`", "meaning": escape(Config.model_fields[key].description)} for key in keys]
        columns = pd.DataFrame(shown, index=names).T.reset_index(drop=True)
        return markup.table("parameters", pd.concat([pd.DataFrame(rows), columns], axis="columns"), caption)
    parts = -(-len(keys) // MOST_SETTINGS)
    blocks = []
    for part in range(parts):
        own = keys[len(keys) * part // parts : len(keys) * (part + 1) // parts]
        frame = pd.DataFrame({"model": names, **{key.replace("_", " "): shown[key] for key in own}})
        label = "parameters" if part == 0 else f"parameters-{part + 1}"
        blocks.append(markup.table(label, frame, caption if part == 0 else "Further parameters that differ."))
    return "\n".join(blocks)


def common(models: Sequence[Model]) -> str:
    """Every parameter that is the same for all models, in a sentence."""
    values = [_values(model.config) for model in models]
    same = {key: value for key, value in values[0].items() if all(str(each[key]) == str(value) for each in values)}
    listed = "; ".join(f"`{key}` {_shown(value)}" for key, value in same.items() if value not in (None, ""))
    whose = "All models have" if len(models) > 1 else "The parameters are"
    return (
        f"{whose}{' in common' if len(models) > 1 else ''}: {listed}. `src/normstudy/config.py` says what each means."
    )


def how_chosen(models: Sequence[Model], results: Path = RESULTS) -> str:
    """Which models have the rates and penalties of the published recipes, and how these were chosen."""
    search, neighbours, main = (results / f"{name}.json" for name in ("search", "neighbours", "main"))
    if not (search.exists() and neighbours.exists() and main.exists()):
        return ""
    recipes = {_recipe(run.config) for run in record(main).runs}
    published = [model for model in models if not model.config.model and _recipe(model.config) in recipes]
    others = some_of([escape(model.name) for model in models if model not in published])
    if not published:
        return f"Peak rate and penalty of {others} were not searched for in the published studies."
    grid, near = table(search), table(neighbours)
    config = record(search).runs[0].config
    text = (
        f"Peak rate and penalty of {some_of([escape(model.name) for model in published])} were chosen on the "
        f"validation split of {markdown_title(config)} ({image_facts(config).validation:,} training images held out): "
        f"{count(len(grid) // grid['model'].nunique(), 'combination')} of each model with one seed, then neighbours of "
        f"the best with {near['seed'].nunique()} seeds ({links.study('tuning')}). The test set was not used."
    )
    return f"{text} Those of {others} were not searched for." if len(published) < len(models) else text


def _recipe(config: Config) -> tuple[object, ...]:
    return config.norm, config.groups, *(getattr(config, key) for key in SEARCHED)


def _of_each(key: str, models: Sequence[Model], texts: dict[str, str], subject: str) -> list[str]:
    """A sentence for each value of the parameter `key`, with the models if not all have the same."""
    values = list(dict.fromkeys(getattr(model.config, key) for model in models))
    sentences = []
    for value in values:
        own = [escape(model.name) for model in models if getattr(model.config, key) == value]
        of = f" of {some_of(own)}" if len(values) > 1 else ""
        first, _, rest = subject.partition(" is")
        verb = " is" if subject.endswith(" is") else ""
        sentences.append(f"{first}{of}{verb}{rest} {texts[value]}.")
    return sentences


def _values(config: Config) -> dict[str, object]:
    """The parameters by name, without seeds; None for those that mean nothing for a custom network."""
    values = config.model_dump(exclude={*SEEDS, *FILLED_IN})
    return {**values, **dict.fromkeys(OURS_ALONE if config.model else ())}


def _shown(value: object) -> str:
    """A parameter's value as Markdown."""
    if value in (None, ""):
        return "–"
    if not isinstance(value, float):
        return escape(value)
    if not 0 < value < 0.001:
        return f"{value:g}"
    digits, exponent = f"{value:.1e}".split("e")
    return f"{digits.removesuffix('.0')}\u00a0×\u00a010^{int(exponent)}^".replace("^-", "^−")
