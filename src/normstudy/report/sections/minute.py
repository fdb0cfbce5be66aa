"""In one minute: what was compared on what, the verdict, and every run as a dot."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import pandas as pd
from matplotlib.figure import Figure

from normstudy.config import training_images
from normstudy.report.core import links, markup, pairs, plots
from normstudy.report.core.literal import escape
from normstudy.report.core.models import Model, has_several_seeds, images_of
from normstudy.report.core.names import FULL_NAMES, MOST_NAMES, are_numbered, data_name, markdown_title, some_of
from normstudy.report.core.style import WIDTH, colour
from normstudy.report.core.text import count, interval, join, number, percent

OF_THE_NETWORK = ("model", "code", "skeleton", "channels", "depth")

CALLED = {"max_lr": "peak learning rate", "l1": "L1 penalty", "model": "network"}
"""Parameters that have another name in prose."""

MOST_PAIRS = 6
"""Pairs of models that the verdict lists; of more, it counts them."""

MOST_LIMITS = 12
"""Models whose intervals stand in numbers at the right of the picture."""

TALLEST = 9.5
"""Inches of a picture that fits on a page."""


def compared(models: Sequence[Model]) -> str:
    """Which models are compared, in what they differ, and on which images."""
    config = models[0].config
    total = count(images_of(models), f"{config.evaluate_on} image")
    return (
        f"{_names(models)} {'is used' if len(models) == 1 else 'are compared'} in {_network(models)}, trained for "
        f"{_span([model.config.epochs for model in models], 'epoch')} on {training_images(config):,} images of "
        f"{markdown_title(config)} and evaluated on its {total}: "
        f"{_span([len(model.runs) for model in models], 'run')} of each model. {_differences(models)}"
    )


def verdict(models: Sequence[Model], found: pd.DataFrame) -> str:
    """What was found, `found` as of `pairs.compare`: the most accurate model, and a line per kind of finding."""
    accuracies = pairs.accuracies(models)
    if accuracies.empty:
        return "No run finished, so nothing can be compared."
    several = has_several_seeds(models)
    best = accuracies[accuracies["value"] == accuracies["value"].max()]
    share = f"{_percent(best.iloc[0], several)} %"
    mean = "mean " if several else ""
    if len(accuracies) == 1:
        return f"**The {mean}accuracy of {escape(best.index[0])} is {share}.** {_scope(models)}"
    lines = [_line(name, found[found["finding"] == name], models) for name in pairs.FINDINGS]
    text = f"**{_headline(found, models)}** The highest {mean}accuracy is that of {_some(best.index)}: {share}."
    return "\n".join([f"{text} {_scope(models)}", "", *filter(None, lines)])


def _headline(found: pd.DataFrame, models: Sequence[Model]) -> str:
    kinds = set(found["finding"])
    if not kinds:
        return "No two models finished with a common seed."
    if kinds == {"all right"}:
        return "All models classify every image correctly."
    if kinds <= {"equivalent", "all right"}:
        return f"The models are equivalent {_within(models)}."
    better = found[found["finding"].str.startswith("better")]
    if better.empty:
        return "No model is shown to be better than another."
    first, second = (list(dict.fromkeys(better[name])) for name in ("first", "second"))
    if min(len(first), len(second)) == 1 and max(len(first), len(second)) <= MOST_NAMES:
        return f"{_some(first)} {'is' if len(first) == 1 else 'are'} better than {_some(second)}."
    if better["first"].value_counts().max() == sum(bool(model.finished) for model in models) - 1:
        return f"{escape(better['first'].mode()[0])} is better than every other model."
    return f"{len(better)} of {count(len(found), 'difference')} between models are established."


def diverged(models: Sequence[Model]) -> str:
    """Which runs diverged and where; nothing where all finished."""
    lost = [run for model in models for run in model.runs if run.diverged]
    if not lost:
        return ""
    several = has_several_seeds(models)
    parts = [f"{model.diverged} of {escape(model.name)}" for model in models if model.diverged]
    names = [escape(model.name) for model in models if model.diverged]
    places = dict.fromkeys(
        f"epoch {run.metrics['epoch']} at a learning rate of {run.metrics['lr']:.3g}" for run in lost
    )
    where = f", in {join(places)}" if len(places) <= MOST_NAMES else ""
    text = f"{len(lost)} of {count(sum(len(model.runs) for model in models), 'run')} diverged"
    text += f" ({some_of(parts if several else names)}){where}: the loss was no finite number."
    return f"{text} Means are those of the other runs." if several else text


def figure(models: Sequence[Model]) -> str:
    """`@fig-seeds`: every run a dot, mean and interval; nothing where no run finished."""
    finished = [model for model in models if model.finished]
    if not finished:
        return ""
    several = has_several_seeds(models)
    accuracies = pairs.accuracies(finished)
    what = (
        "A dot is a run. The diamond is the mean, the bar its 95 % interval for new seeds (Student’s t)."
        if several
        else "A dot is the single run of a model, the bar its 95 % interval for new images (Wilson)."
    )
    ends = [f"{name} {_percent(row, several)} %" for name, row in accuracies.iterrows()]
    alt = f"Dot plot of the final accuracies, a row per model: {'; '.join(ends)}."
    caption = f"Accuracy after the last epoch: {data_name(models[0].config)}. {what}"
    return markup.figure("seeds", lambda: _draw(finished, accuracies, several), alt, caption)


def try_it() -> str:
    """Links to the interactive pages, where the site has them."""
    if not links.is_site():
        return ""
    explorer = links.page("analysis/how-it-works.qmd#sec-explorer", "change the numbers of the worked example")
    playground = links.page("analysis/playground.qmd", "let the trained networks read your handwriting")
    return f"**Try it:** {explorer}, or {playground}."


def _draw(models: Sequence[Model], accuracies: pd.DataFrame, several: bool) -> Figure:
    row = 0.75 if several else 0.55
    picture = Figure(figsize=(WIDTH, min(TALLEST, 0.8 + row * len(models))))
    axes = picture.subplots()
    values = {model.name: 100 * model.final("test_accuracy") for model in models}
    estimates = 100 * accuracies[["value", "low", "high"]]
    colours = [colour(model.config.norm) for model in models]
    many = len(models) > MOST_LIMITS
    plots.dot_rows(axes, values, estimates, colours, text=lambda found: _label(found / 100, several, many))
    axes.set_xlabel(f"{models[0].config.evaluate_on} accuracy after the last epoch (%)")
    drawn = [*(value for each in values.values() for value in each), *estimates[["low", "high"]].to_numpy().ravel()]
    drawn = [value for value in drawn if math.isfinite(value)]
    room = max(0.04 * (max(drawn) - min(drawn)), 100 / images_of(models))
    axes.ticklabel_format(axis="x", useOffset=False)
    axes.set_xlim(min(drawn) - room, max(drawn) + room)
    axes.set_xticks([tick for tick in axes.get_xticks() if min(drawn) - room <= tick <= min(100, max(drawn) + room)])
    return picture


def _label(found: pd.Series, several: bool, short: bool) -> str:
    """The value in one line and its interval in the next; the value alone where it is to be `short`."""
    value, _, limits = _percent(found, several).partition("\u00a0(")
    return f"{value} %\n({limits}" if limits and not short else f"{value} %"


def _percent(row: pd.Series, several: bool) -> str:
    """`99.547 (99.53 to 99.56)`: three decimals for means, two for single runs."""
    return str(interval(row, places=3 if several else 2, scale=100))


def _scope(models: Sequence[Model]) -> str:
    """For what the findings hold."""
    if has_several_seeds(models):
        seeds = _span([len(model.runs) for model in models], "seed")
        return f"In brackets are 95 % intervals, over {seeds} of each model."
    return "In brackets are 95 % intervals for new images. One run does not show what another seed would give."


def _line(name: str, rows: pd.DataFrame, models: Sequence[Model]) -> str:
    """A line of the verdict: all pairs with one finding; nothing where there are none."""
    if rows.empty:
        return ""
    several = has_several_seeds(models)
    start = f"- *{name}*{f' {_within(models)}' if 'equivalent' in name else ''}: "
    if len(rows) > MOST_PAIRS or len(models) > MOST_NAMES:
        return f"{start}{count(len(rows), 'pair')} of models."
    texts = []
    for _, row in rows.iterrows():
        first, second = escape(row["first"]), escape(row["second"])
        apart = f"{interval(row, 3, 100) if several else number(100 * row['value'])} points"
        better = f"{first} than {second}, by {apart}"
        alike = f"{first} and {second}" if name == "all right" else f"{first} and {second}, {apart} apart"
        texts.append(better if name.startswith("better") else alike)
    smallest = rows["smallest"].max()
    if name == "undecided" and math.isfinite(smallest):
        texts[-1] += f". True differences from {percent(smallest)} points on would be found in 80 % of cases"
    return f"{start}{'; '.join(texts)}."


def _some(names: Iterable[str]) -> str:
    return some_of([escape(name) for name in names])


def _within(models: Sequence[Model]) -> str:
    return f"within ±{100 * pairs.margin(images_of(models)):.3g} points"


def _names(models: Sequence[Model]) -> str:
    """`Batch normalization with an L1 penalty (BN + L1) and group normalization (GN)`; many models are counted."""
    kinds = [FULL_NAMES[model.config.norm].lower() for model in models]
    if len(models) > MOST_NAMES:
        note = " (numbered where they differ in too much for a name)" if are_numbered([m.name for m in models]) else ""
        return f"{len(models)} models{note} with {join(dict.fromkeys(kinds))}"
    if len(set(kinds)) < len(models) or any(model.config.model for model in models):
        return join(escape(model.name) for model in models)
    full = [
        f"{kind}{' with an L1 penalty' if model.config.l1 else ''} ({escape(model.name)})"
        for kind, model in zip(kinds, models, strict=True)
    ]
    text = join(full)
    return text[0].upper() + text[1:]


def _network(models: Sequence[Model]) -> str:
    """`one network of 7,610 parameters`, where the models have the same convolutions."""
    same = len({tuple(getattr(model.config, key) for key in OF_THE_NETWORK) for model in models}) == 1
    size = _span([model.parameters for model in models], "parameter")
    custom = dict.fromkeys(escape(model.config.model) for model in models if model.config.model)
    return f"{'one network' if same else 'networks'} of {size}{f' ({join(custom)})' if custom else ''}"


def _differences(models: Sequence[Model]) -> str:
    """In what the models differ apart from the normalization, and what a difference can be attributed to."""
    if len(models) == 1:
        return ""
    names = pairs.differing([model.config for model in models])
    norms = len({model.config.norm for model in models}) > 1
    which = join(CALLED.get(name, name.replace("_", " ")) for name in names)
    which = which if len(names) <= MOST_NAMES else f"{len(names)} parameters"
    if not names:
        return "Nothing but the normalization differs."
    if not norms:
        return f"They differ in {which} (@sec-hyperparameters)."
    return (
        f"They also differ in {which} (@sec-hyperparameters): what is compared are *recipes*, and a difference need "
        "not come from the normalization."
    )


def _span(numbers: Sequence[int], noun: str) -> str:
    """`20 epochs`; `5 to 20 epochs` where they are not all alike."""
    low, high = min(numbers), max(numbers)
    return str(count(high, noun)) if low == high else f"{low:,} to {count(high, noun)}"
