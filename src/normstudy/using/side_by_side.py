"""Two results side by side, "did my change do anything?": configuration, history, predictions, and models over seeds.

Runs of one name have one configuration, so that they can be the same: bit by bit, or, where other processors or
versions made them, within what rounding does (`runs.reproduction.compare`). Runs of other configurations are models to
compare: on images by McNemar's test, and where both sides have several seeds, in pairs by `report.core.pairs`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
"""Runs that are the same and are told one by one; of more, how many."""

IN_WORDS = {"equal": "equal bit by bit", "close": "within what rounding does", "different": "DIFFERENT"}

MEASURES = {
    "train_loss": "training loss (nats)",
    "train_accuracy": "training accuracy (%)",
    "test_loss": "loss in evaluation (nats)",
    "test_accuracy": "accuracy in evaluation (%)",
    "penalty": "penalty",
}
"""Of the last epoch, told of two runs."""


class SidesError(NormstudyError):
    """Two results cannot be compared, or it was not said which."""


@dataclass(frozen=True)
class SideBySide:
    """What is to be said of two results, in lines, and whether all that both have is the same."""

    lines: list[str]
    same: bool


def side_by_side(first: Sequence[FinishedRun], second: Sequence[FinishedRun]) -> SideBySide:
    """Compare A, the runs `first`, and B, the runs `second`: at least one each, each name once per side.

    Raises `SidesError` where they have nothing in common that could be compared, `RunError` or `RecordError` where
    predictions are damaged.
    """
    a, b = ({run.name: run for run in runs} for runs in (first, second))
    shared = [name for name in a if name in b]
    if not shared:
        return SideBySide([*_amounts(a, b, shared), *_apart(list(first), list(second))], same=False)
    told = {name: _same_run(a[name], b[name]) for name in shared}
    differing = [name for name, (is_same, _) in told.items() if not is_same]
    listed = shared if len(shared) <= MOST_LISTED else differing
    lines = [*_amounts(a, b, shared), *[f"{name}: {told[name][1]}" for name in listed]]
    if len(listed) < len(shared):
        lines.append(f"The other {count(len(shared) - len(listed), 'run')}: equal, or within what rounding does.")
    if differing:
        lines += _over_seeds([a[name] for name in shared], [b[name] for name in shared])
    same = "the same" if not differing else f"{len(differing):,} of {len(shared):,} are different"
    lines.append(f"What both have: {count(len(shared), 'run')}, {same}.")
    return SideBySide(lines, same=not differing)


def _amounts(a: Mapping[str, FinishedRun], b: Mapping[str, FinishedRun], shared: Sequence[str]) -> list[str]:
    alone = [f"{len(side) - len(shared):,} in {name} alone" for name, side in (("A", a), ("B", b))]
    return [f"A has {count(len(a), 'run')}, B has {count(len(b), 'run')}: {len(shared):,} in both, {', '.join(alone)}."]


def _same_run(a: FinishedRun, b: FinishedRun) -> tuple[bool, str]:
    """Whether two runs of one configuration are the same, and what is to be said of them."""
    epochs = a.config.epochs
    found = compare(a, course(b, epochs), epochs, deciding(b.metrics["environment"]))
    told = ": ".join([IN_WORDS[found.verdict], *[found.detail] * bool(found.detail)])
    judged = _predictions(a, b)
    is_same = found.verdict != "different"
    if is_same and found.verdict == "equal" and judged and not judged.equal:
        return False, f"histories equal, predictions DIFFERENT: {judged.words}"
    if found.verdict == "equal":
        return True, f"{told}{', predictions as well' if judged else ' (history alone: predictions are not kept)'}"
    return is_same, f"{told}; {judged.words if judged else 'predictions are not kept'}"


@dataclass(frozen=True)
class _Judged:
    """How what two runs said of the same images compares, in words, and whether it is equal."""

    words: str
    equal: bool


def _predictions(a: FinishedRun, b: FinishedRun) -> _Judged | None:
    """Nothing where a run diverged, or its predictions are not kept, or were of other images."""
    if any(run.diverged or (isinstance(run, RecordedRun) and not run.has_predictions) for run in (a, b)):
        return None
    if not np.array_equal(a.predictions["index"], b.predictions["index"]) or a.config.dataset != b.config.dataset:
        return None
    images = len(a.predictions["index"])
    agreeing = int((a.predictions["predicted"] == b.predictions["predicted"]).sum())
    only_a, only_b, p = statistics.mcnemar(wrong(a), wrong(b))
    largest = float(np.abs(a.predictions["predicted_probability"] - b.predictions["predicted_probability"]).max())
    words = (
        f"the same class for {agreeing:,} of {count(images, 'image')}; wrong in A alone {only_a:,}, "
        f"in B alone {only_b:,} (McNemar's test: {p_value(p)})"
    )
    return _Judged(words, agreeing == images and largest == 0)


def _apart(first: list[FinishedRun], second: list[FinishedRun]) -> list[str]:
    """Of runs that have no configuration in common."""
    data = [sorted({markdown_title(run.config) for run in runs}) for runs in (first, second)]
    if data[0] != data[1]:
        ours, theirs = (join(each) for each in data)
        raise SidesError(f"A is on {ours}, B on {theirs}: they cannot be compared; name runs on the same data")
    models = [models_of(runs) for runs in (first, second)]
    if len(first) == len(second) == 1:
        return _two_runs(first[0], second[0])
    kinds = [{kind_of_model(model.config): model for model in side} for side in models]
    if set(kinds[0]) & set(kinds[1]):
        return ["They have models in common, and no seed of these: train one with the same seeds to compare in pairs."]
    names = [", ".join(model.name for model in side) for side in models]
    found = pairs.compare(models_of([*first, *second]))
    lines = [
        f"{row['first']} minus {row['second']}: {points(row['value'])} points "
        f"({p_value(row['p'])}, adjusted): {row['finding']}"
        for _, row in found.iterrows()
    ]
    nothing = "No two models finished with the same seed, so they cannot be compared."
    return [f"In A: {names[0]}. In B: {names[1]}.", *(lines or [nothing])]


def _two_runs(a: FinishedRun, b: FinishedRun) -> list[str]:
    called = names_of_runs([a.config, b.config])
    lines = [f"A: {called[0]} ({a.name})", f"B: {called[1]} ({b.name})", "", "Configuration"]
    lines += [f"  {line}" for line in changed(a.config, b.config)]
    lines += ["", "After the last epoch", *_last_epochs(a, b), "", "Predictions"]
    judged = _predictions(a, b)
    lines.append(
        f"  {judged.words}" if judged else "  not to be compared: not kept, of other images, or a run diverged"
    )
    if judged:
        significant = statistics.mcnemar(wrong(a), wrong(b))[2] < 0.05
        lines.append(
            f"  On these images the difference is {'statistically significant' if significant else 'undecided'}; "
            "what another seed does, several seeds show."
        )
    return lines


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
    """Of runs of the same names, what each model's change is worth over its seeds; p-values adjusted for all models."""
    found = {
        model.name: pairs.compare([Model("A", model.runs), Model("B", other.runs)])
        for model, other in zip(models_of(first), models_of(second), strict=True)
        if len(model.runs) > 1
    }
    rows = [(name, each.iloc[0]) for name, each in found.items() if len(each)]
    lines = []
    for (name, row), p in zip(rows, statistics.holm([row["p"] for _, row in rows]), strict=True):
        limits = f"{percent(row['low'], 3)} to {percent(row['high'], 3)}"
        verdict = "statistically significant" if p < 0.05 else "undecided"
        lines.append(
            f"{name}, {count(int(row['n']), 'seed')}: the mean accuracy of {row['first']} is higher by "
            f"{percent(row['value'], 3)} points ({limits}), {verdict} (adjusted {p_value(p)})"
        )
    return [f"Over seeds, with 95 % intervals: {line}" for line in lines]
