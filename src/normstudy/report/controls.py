"""Other normalizations, and none, beside those that the report compares."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from normstudy.report import markup, run_rows, sweep
from normstudy.report.contrast import ink
from normstudy.report.drawing import COLOURS, MARKERS, PLAIN, WIDTH
from normstudy.report.estimates import in_percent, intervals
from normstudy.report.estimates_in_words import flat, on_spread, percent, points
from normstudy.report.models import Model, by_seed, models_of, shared_seeds
from normstudy.report.numbers_behind import folded
from normstudy.report.paired_seeds import paired_p
from normstudy.report.search import VARIED, best_on_the_whole
from normstudy.report.search_in_words import search_protocol, search_table
from normstudy.report.series import errors, judged_alike, note_on_diverged, protocol
from normstudy.report.statistics import SHARE, Estimate, adjust_for_many, paired_interval
from normstudy.report.verdict import is_clear
from normstudy.report.wording import join_words, p_relation, p_text
from normstudy.runs.record import RecordedStudy


@dataclass(frozen=True)
class Pair:
    """Two models on the seeds with which both finished.

    `difference`: how much larger the error of the first is (a fraction), with the 95 % paired t interval; `p_value`
    of the paired t test, by Holm's method adjusted for all pairs of its family.
    """

    first: Model
    second: Model
    difference: Estimate
    p_value: float


def section(study: RecordedStudy, search: RecordedStudy | None = None) -> str:
    """The section, as Markdown with its heading; `search` is that for the rates of models that are here alone."""
    models = _ranked(models_of(study.runs))
    if len({model.config.norm for model in models}) < len(models) or len(models) < 2 or not judged_alike(study.runs):
        return sweep.section(study)
    caption = (
        "Each run (small), the mean over the seeds and its 95 % interval, the lowest mean first. "
        f"{on_spread([errors(model) for model in models if len(errors(model))])}{note_on_diverged(study.runs)}"
    )
    note = (
        "Final errors. The difference is that to the model without normalization, seed by seed, with its 95 % "
        "interval; the p-value that of a paired t test, by Holm's method adjusted for all models [@holm1979]."
    )
    return "\n".join(
        [
            "### Other normalizations, and none {#sec-controls}\n",
            f"@fig-controls and @tbl-controls show {protocol(study.runs)}, each model with its own rate. "
            f"{_searched(search, models) if search else ''}{_explained(models)}{verdict(models)}\n",
            markup.figure("controls", controls_figure(models), controls_alt(models), caption)
            + folded("controls", run_rows.at_the_end(models)),
            markup.table("controls", controls_table(models), note if _without(models) else "Final errors."),
            _combinations(search) if search else "",
        ]
    )


def verdict(models: Sequence[Model]) -> str:
    """Which of the `models`, ranked, differ from that without normalization, and which from the best."""
    return " ".join(sentence for sentence in (_against_none(models), _against_best(models)) if sentence)


def compare(pairs: Sequence[tuple[Model, Model]]) -> list[Pair]:
    """Each of `pairs` that has a common seed, as one family of tests."""
    found = []
    for first, second in pairs:
        if seeds := shared_seeds([first, second]):
            values = [errors(Model(model.name, tuple(by_seed(model, seeds)))) for model in (first, second)]
            found.append((first, second, paired_interval(*values), paired_p(*values)))
    adjusted = adjust_for_many([p_value for *_, p_value in found])
    return [Pair(*each[:3], p_value) for each, p_value in zip(found, adjusted, strict=True)]


@matplotlib.style.context(PLAIN)
def controls_figure(models: Sequence[Model]) -> Figure:
    """A row of points for each of `models`, ranked."""
    figure = Figure(figsize=(WIDTH, 0.9 + 0.42 * len(models)), layout="constrained")
    axes = figure.subplots()
    estimates = intervals([errors(model) for model in models], SHARE)
    for row, (model, estimate) in enumerate(zip(models, estimates, strict=True)):
        colour, marker = COLOURS[model.config.norm], MARKERS[model.config.norm]
        mean, low, high = in_percent(estimate)
        own = 100 * errors(model)
        axes.plot(own, [row + 0.18] * len(own), marker, color=colour, markersize=4, alpha=0.5, mew=0)
        if np.isfinite([low, high]).all():
            axes.plot([low, high], [row - 0.08] * 2, color=colour, linewidth=2.2, alpha=0.75)
        axes.plot([mean], [row - 0.08], marker, color=colour, markersize=7, mec="white", mew=0.8)
        if lost := model.diverged:
            axes.annotate(
                f"✕ {lost} diverged", (1.01, row), xycoords=("axes fraction", "data"), color=colour, fontsize=8,
                va="center", annotation_clip=False,
            )  # fmt: skip
    axes.set_yticks(range(len(models)), [model.name for model in models])
    for label, model in zip(axes.get_yticklabels(), models, strict=True):
        label.set_color(ink(COLOURS[model.config.norm]))
    axes.set_ylim(len(models) - 0.5, -0.5)
    axes.set_xlabel(f"{models[0].config.evaluate_on} error (%)")
    return figure


def controls_alt(models: Sequence[Model]) -> str:
    """Alternative text of the `controls_figure`."""
    estimates = intervals([errors(model) for model in models], SHARE)
    told = [f"{model.name} {percent(each)} %" for model, each in zip(models, estimates, strict=True)]
    return f"Rows of points, {models[0].config.evaluate_on} errors with means and intervals: {'; '.join(told)}."


def controls_table(models: Sequence[Model]) -> pd.DataFrame:
    """One row per model, ranked, with its difference to the one without normalization."""
    none = _without(models)
    pairs = compare([(model, none) for model in models if model is not none]) if none else []
    found = {pair.first.name: pair for pair in pairs}
    rows = []
    for model, estimate in zip(models, intervals([errors(model) for model in models], SHARE), strict=True):
        row = {"model": markup.escape(model.name), "runs": str(len(model.finished))}
        row |= {f"{model.config.evaluate_on} error (%)": percent(estimate)}
        if none:
            pair = found.get(model.name)
            row |= {f"more than {markup.escape(none.name)} (points)": points(pair.difference) if pair else "–"}
            row |= {"p": p_text(pair.p_value) if pair else "–"}
        rows.append(row)
    return pd.DataFrame(rows)


def _searched(search: RecordedStudy, models: Sequence[Model]) -> str:
    """How the rates of models that are here alone were chosen, and which of the `models` have others."""
    chosen = {best["norm"]: best for best in best_on_the_whole(search.runs)}
    own = {model.name: (model.config, chosen[model.config.norm]) for model in models if model.config.norm in chosen}
    other = [name for name, (config, best) in own.items() if any(getattr(config, key) != best[key] for key in VARIED)]
    beyond = f"{join_words(other)} {'has' if len(other) == 1 else 'have'} others here. " if other else ""
    return f"Those that no other study has were searched {search_protocol(search.runs)} {beyond}"


def _combinations(search: RecordedStudy) -> str:
    caption = "The search for the other models' rates, best first within each model."
    table = markup.table("controls-search", search_table(search.runs), caption)
    return markup.folded("Every combination of the search for the other models", table)


def _explained(models: Sequence[Model]) -> str:
    """What the two that are rarer do, where they are among `models`."""
    rare = {
        "in": "IN takes statistics of each channel of each image by itself [@ulyanov2016]",
        "ln2d": "LN2d takes those over the channels at each position [@liu2022]",
    }
    told = [rare[norm] for norm in rare if any(model.config.norm == norm for model in models)]
    text = join_words(told) if told else ""
    return f"{text[0].upper()}{text[1:]}. " if text else ""


def _against_none(models: Sequence[Model]) -> str:
    none = _without(models)
    if none is None:
        return ""
    if not none.finished:
        return "Without normalization no run finished."
    pairs = compare([(model, none) for model in models if model is not none])
    fewer = [_told(pair) for pair in pairs if is_clear(pair.p_value) and pair.difference[0] < 0]
    more = [_told(pair) for pair in pairs if is_clear(pair.p_value) and pair.difference[0] > 0]
    rest = [pair.first.name for pair in pairs if not is_clear(pair.p_value)]
    parts = [f"fewer errors make {join_words(fewer)}"] if fewer else []
    parts += [f"more errors make {join_words(more)}"] if more else []
    parts += [f"{join_words(rest)} cannot be told from it"] if rest else []
    if not parts:
        return "No other model has a seed in common with that without normalization."
    return f"Against no normalization, seed by seed: {'; '.join(parts)}."


def _against_best(models: Sequence[Model]) -> str:
    """The lowest was found among all, so that all pairs are one family."""
    best = models[0]
    if not best.finished:
        return ""
    pairs = compare(list(itertools.combinations(models, 2)))
    own = [pair for pair in pairs if pair.first is best]
    worse = [pair.second.name for pair in own if is_clear(pair.p_value)]
    rest = [pair.second.name for pair in own if not is_clear(pair.p_value)]
    sentence = f"The lowest mean error is that of {best.name}"
    if not own:
        return f"{sentence}."
    if not worse:
        return f"{sentence}, and no other can be told from it when all pairs are compared."
    left = f"; {join_words(rest)} cannot be told from it" if rest else ""
    are = "is" if len(worse) == 1 else "are"
    return f"{sentence}; all pairs compared, {join_words(worse)} {are} worse beyond the noise{left}."


def _ranked(models: Sequence[Model]) -> list[Model]:
    """The lowest mean error first, those of which no run finished last."""
    return sorted(models, key=lambda model: errors(model).mean() if len(errors(model)) else np.inf)


def _without(models: Sequence[Model]) -> Model | None:
    return next((model for model in models if model.config.norm == "none"), None)


def _told(pair: Pair) -> str:
    return f"{pair.first.name} ({flat(points(pair.difference))} percentage points, p {p_relation(pair.p_value)})"
