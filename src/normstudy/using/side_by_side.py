"""Two results side by side, "did my change do anything?": configuration, history, predictions, and models over seeds.

Runs of one name have one configuration, so that they can be the same: bit by bit, or, where other processors or
versions made them, within what rounding does (`runs.reproduction.compare`). Runs of other configurations are models to
compare: on images by McNemar's test, and where both sides have several seeds, in pairs by `report.core.pairs`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from normstudy.config import Config
from normstudy.errors import NormstudyError
from normstudy.report.core import pairs, statistics
from normstudy.report.core.models import Model, models_of, names_of_runs
from normstudy.report.core.names import markdown_title
from normstudy.report.core.text import count, join, number, p_value, percent, points
from normstudy.runs.folder import FinishedRun, wrong
from normstudy.runs.record import RecordedRun
from normstudy.runs.reproduction import compare, course, deciding, kind_of_model

MOST_LISTED = 12
"""Runs that are listed one by one, whether or not they differ; of more, only those that differ."""

IN_WORDS = {"equal": "equal bit by bit", "close": "within what rounding does", "different": "DIFFERENT"}

MEASURES = {
    "train_loss": "training loss (nats)",
    "train_accuracy": "training accuracy (%)",
    "test_loss": "loss in evaluation (nats)",
    "test_accuracy": "accuracy in evaluation (%)",
    "penalty": "penalty",
}
"""Of the last epoch, printed of two runs."""


class SidesError(NormstudyError):
    """Two results cannot be compared, or only one was named."""


def side_by_side(first: Sequence[FinishedRun], second: Sequence[FinishedRun]) -> tuple[list[str], bool]:
    """Lines that compare A, the runs `first`, with B, the runs `second`, and whether all runs in both are the same.

    At least one run each, each name once per side. Raises `SidesError` where they are on other data, `RunError` or
    `RecordError` where predictions are damaged.
    """
    a, b = ({run.name: run for run in runs} for runs in (first, second))
    shared = [name for name in a if name in b]
    alone = [f"{len(side) - len(shared):,} in {name} alone" for name, side in (("A", a), ("B", b))]
    lines = [
        f"A has {count(len(a), 'run')}, B has {count(len(b), 'run')}: {len(shared):,} in both, {', '.join(alone)}."
    ]
    if not shared:
        return lines + _models(list(first), list(second)), False
    found = {name: _same_run(a[name], b[name]) for name in shared}
    differing = [name for name, (is_same, _) in found.items() if not is_same]
    listed = shared if len(shared) <= MOST_LISTED else differing
    lines += [f"{name}: {found[name][1]}" for name in listed]
    if len(listed) < len(shared):
        lines.append(f"The other {count(len(shared) - len(listed), 'run')}: equal, or within what rounding does.")
    if differing:
        lines += _over_seeds([a[name] for name in shared], [b[name] for name in shared])
    same = "the same" if not differing else f"{len(differing):,} of {len(shared):,} are different"
    return [*lines, f"What both have: {count(len(shared), 'run')}, {same}."], not differing


def _same_run(a: FinishedRun, b: FinishedRun) -> tuple[bool, str]:
    """Whether two runs of one configuration are the same, and what is the same and what differs."""
    epochs = a.config.epochs
    found = compare(a, course(b, epochs), epochs, deciding(b.metrics["environment"]))
    words = ": ".join([IN_WORDS[found.verdict], *[found.detail] * bool(found.detail)])
    predicted = _predictions(a, b)
    if found.verdict != "equal":
        return found.verdict == "close", f"{words}; {predicted[0] if predicted else 'predictions are not kept'}"
    if not predicted:
        return True, f"{words} (history alone: predictions are not kept)"
    if not predicted[1]:
        return False, f"histories equal, predictions DIFFERENT: {predicted[0]}"
    return True, f"{words}, predictions as well"


def _predictions(a: FinishedRun, b: FinishedRun) -> tuple[str, bool, float] | None:
    """How two runs' predictions of the same images compare: in words, whether they are equal, and McNemar's p.

    None where a run diverged, or its predictions are not kept, or were of other images.
    """
    if any(run.diverged or (isinstance(run, RecordedRun) and not run.has_predictions) for run in (a, b)):
        return None
    ours, theirs = a.predictions, b.predictions
    if not np.array_equal(ours["index"], theirs["index"]) or a.config.dataset != b.config.dataset:
        return None
    agreeing = int((ours["predicted"] == theirs["predicted"]).sum())
    only_a, only_b, p = statistics.mcnemar(wrong(a), wrong(b))
    words = (
        f"the same class for {agreeing:,} of {count(len(ours['index']), 'image')}; wrong in A alone {only_a:,}, "
        f"in B alone {only_b:,} (McNemar's test: {p_value(p)})"
    )
    return words, all(np.array_equal(ours[name], theirs[name]) for name in ("predicted", "predicted_probability")), p


def _models(first: list[FinishedRun], second: list[FinishedRun]) -> list[str]:
    """Of runs that have no configuration in common."""
    data = [join(sorted({markdown_title(run.config) for run in runs})) for runs in (first, second)]
    if data[0] != data[1]:
        raise SidesError(f"A is on {data[0]}, B on {data[1]}: they cannot be compared; name runs on the same data")
    if len(first) == len(second) == 1:
        return _two_runs(first[0], second[0])
    models = [models_of(runs) for runs in (first, second)]
    kinds = [{kind_of_model(model.config) for model in side} for side in models]
    if kinds[0] & kinds[1]:
        return ["They have models in common, and no seed of these: train one with the same seeds to compare in pairs."]
    names = [", ".join(model.name for model in side) for side in models]
    lines = [
        f"{row['first']} minus {row['second']}: {points(row['value'])} points "
        f"({p_value(row['p'])}, adjusted): {row['finding']}"
        for _, row in pairs.compare(models_of([*first, *second])).iterrows()
    ]
    nothing = "No two models finished with the same seed, so they cannot be compared."
    return [f"In A: {names[0]}. In B: {names[1]}.", *(lines or [nothing])]


def _two_runs(a: FinishedRun, b: FinishedRun) -> list[str]:
    called = names_of_runs([a.config, b.config])
    lines = [f"A: {called[0]} ({a.name})", f"B: {called[1]} ({b.name})", "", "Configuration"]
    lines += [f"  {line}" for line in changed(a.config, b.config)]
    lines += ["", "After the last epoch", *_last_epochs(a, b), "", "Predictions"]
    predicted = _predictions(a, b)
    if not predicted:
        return [*lines, "  not to be compared: not kept, of other images, or a run diverged"]
    found = "statistically significant" if predicted[2] < 0.05 else "undecided"
    note = f"On these images the difference is {found}; what another seed does, several seeds show."
    return [*lines, f"  {predicted[0]}", f"  {note}"]


def changed(a: Config, b: Config) -> list[str]:
    """`max_lr: 0.05 in A, 0.02 in B` of each parameter that is another."""
    ours, theirs = a.model_dump(), b.model_dump()
    names = [name for name in ours if ours[name] != theirs[name]]
    return [f"{name}: {ours[name]} in A, {theirs[name]} in B" for name in names] or ["the same"]


def _last_epochs(a: FinishedRun, b: FinishedRun) -> list[str]:
    lines = [f"  {name} diverged in epoch {run.metrics['epoch']}" for name, run in (("A", a), ("B", b)) if run.diverged]
    if lines:
        return lines
    for measure, words in MEASURES.items():
        scale, places = (100, 3) if measure.endswith("accuracy") else (1, 4)
        ours, theirs = (scale * run.history[-1].get(measure, np.nan) for run in (a, b))
        apart = number(theirs - ours, places)
        lines.append(f"  {words:28s} {number(ours, places):>9s} in A {number(theirs, places):>9s} in B {apart:>9s}")
    return lines


def _over_seeds(first: Sequence[FinishedRun], second: Sequence[FinishedRun]) -> list[str]:
    """Of runs of the same names: the difference of each model over its seeds; p-values adjusted for all models."""
    found = [
        (model.name, pairs.compare([Model("A", model.runs), Model("B", other.runs)]))
        for model, other in zip(models_of(first), models_of(second), strict=True)
        if len(model.runs) > 1
    ]
    rows = [(name, each.iloc[0]) for name, each in found if len(each)]
    return [
        f"Over seeds, with 95 % intervals: {name}, {count(int(row['n']), 'seed')}: the mean accuracy of {row['first']} "
        f"is higher by {percent(row['value'], 3)} points ({percent(row['low'], 3)} to {percent(row['high'], 3)}), "
        f"{'statistically significant' if p < 0.05 else 'undecided'} (adjusted {p_value(p)})"
        for (name, row), p in zip(rows, statistics.holm([row["p"] for _, row in rows]), strict=True)
    ]
