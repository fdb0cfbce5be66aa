"""How large a batch must be: the optimizer's own, at the same number of images."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from normstudy.config import training_images
from normstudy.report import batch_rates, imagenet, markup, other_statistics, run_rows, sweep
from normstudy.report.drawing import COLOURS, LINE_STYLES, MARKERS, PLAIN, WIDTH, label_ends
from normstudy.report.estimates import in_percent, paired_ratios, ratio_intervals
from normstudy.report.estimates_in_words import flat, on_ratios, percent, times
from normstudy.report.models import Model, by_seed, shared_seeds
from normstudy.report.numbers_behind import folded
from normstudy.report.points import Look, draw_diverged, draw_points, scale_measure, scale_values, shifts
from normstudy.report.rates import KNOWN_AT, RULES, common_power, known_configs
from normstudy.report.series import (
    Series,
    errors,
    is_line,
    judged_alike,
    note_on_diverged,
    protocol,
    series_of,
    short_names,
)
from normstudy.report.statistics import Estimate
from normstudy.report.wording import join_words, some_of
from normstudy.runs.record import RecordedStudy

KEY = "batch_size"
OVER = "images in a batch"
HEIGHT = 3.8
"""Inches."""


def section(study: RecordedStudy, rates: RecordedStudy | None = None) -> str:
    """The section, as Markdown with its heading; `rates`: the study by which the rule for the rates was chosen."""
    series = series_of(study.runs)
    as_planned = len(series) > 1 and all(is_line(each, KEY) for each in series)
    if not as_planned or not judged_alike(study.runs) or len({each.config.norm for each in series}) < len(series):
        return "\n\n".join(sweep.section(each) for each in (study, rates) if each)
    bn = next((each for each in series if each.config.norm == "bn"), None)
    groups = [errors(cell) for each in series for cell in each.cells]
    caption = (
        "Errors over the size of the optimizer's batch: each run (small), the geometric mean over the seeds and its "
        f"95 % interval. {on_ratios([group for group in groups if len(group)])}{note_on_diverged(study.runs)}"
    )
    blocks = [
        "### How large a batch must be {#sec-batch-size}\n",
        f"{intro(study, series)} {last_batches(series)}\n",
        batch_rates.part(rates, known_configs(series), common_power(series)) if rates else "",
        f"{verdict(series, bn)}\n" if bn else "",
        markup.figure("batch-size", sizes_figure(series), sizes_alt(series), caption)
        + folded("batch-size", run_rows.of_series(series)),
        markup.table("batch-size", sizes_table(series), "As in @fig-batch-size, in numbers: error rates (%)."),
        imagenet.part(),
        other_statistics.part(bn.cells, KEY, "batch-size-kinds", OVER) if bn else "",
    ]
    return "\n".join(block for block in blocks if block)


def intro(study: RecordedStudy, series: Sequence[Series]) -> str:
    """What was done."""
    power = common_power(series)
    rule = "" if power is None else f" Peak rates are those of a batch of {KNOWN_AT} there and {RULES[power]}."
    fewest, most = (choose(cell.config.batch_size for each in series for cell in each.cells) for choose in (min, max))
    config = series[0].config
    steps = [-(-training_images(config) // size) for size in (fewest, most)]
    return (
        "The same claim as one meets it: the batch itself is small. Every run sees as many images: an epoch has "
        f"{steps[0]:,} steps with batches of {fewest}, and {steps[1]:,} with batches of {most}. "
        f"@fig-batch-size and @tbl-batch-size show {protocol(study.runs)}.{rule}"
    )


def last_batches(series: Sequence[Series]) -> str:
    """What happens to the images that are left over at the end of an epoch."""
    configs = {cell.config.batch_size: cell.config for each in series for cell in each.cells}
    left = {size: training_images(config) % size for size, config in sorted(configs.items())}
    uneven = [f"{rest} at {size}" for size, rest in left.items() if rest]
    if not uneven:
        return "Every batch is whole: all sizes divide the number of training images."
    even = [size for size, rest in left.items() if not rest]
    whole = f"; at {join_words([str(size) for size in even])} none is left over" if even else ""
    return (
        "The last batch of an epoch has the images that are left: "
        f"{join_words(uneven)}{whole}. It is a step like any other, and BN takes its statistics over those alone."
    )


def verdict(series: Sequence[Series], bn: Series) -> str:
    """At which sizes BN makes more, or fewer, errors than each of the others, by a rule that is stated."""
    names = dict(zip([each.name for each in series], short_names(series), strict=True))
    others = [each for each in series if each is not bn]
    rule = (
        "BN is said to lose to another at a size where the ratio of their errors, seed by seed, is more than 1 beyond "
        "the noise: where its 95 % interval, one of all sizes and models that hold at once, lies above."
    )
    tests = sum(len(_pairs(bn, other)) for other in others)
    told = [f"{_against(names[other.name], _compared(bn, other, tests))}" for other in others]
    lost = [
        f"{name} at {cell.config.batch_size}"
        for each, name in zip(series, names.values(), strict=True)
        for cell in each.cells
        if not cell.finished
    ]
    return " ".join([rule, *told, *([f"No run finished of {some_of(lost)}."] if lost else [])])


@matplotlib.style.context(PLAIN)
def sizes_figure(series: Sequence[Series]) -> Figure:
    """The errors of every model over the size of the batch."""
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes = figure.subplots()
    everything, places, ends = [], [], []
    means = _means(series)
    lines = zip(series, short_names(series), shifts(len(series)), strict=True)
    for number, (each, name, shift) in enumerate(lines):
        norm = each.config.norm
        look = Look(COLOURS[norm], MARKERS[norm], LINE_STYLES[number % len(LINE_STYLES)], shift)
        own = [cell.config.batch_size for cell in each.cells]
        groups = [100 * errors(cell) for cell in each.cells]
        estimates = [in_percent(means[id(cell)]) for cell in each.cells]
        draw_points(axes, own, groups, estimates, look)
        draw_diverged(axes, own, [cell.diverged for cell in each.cells], look)
        everything += groups
        places += own
        finished = [(at, mean) for at, (mean, *_) in zip(own, estimates, strict=True) if np.isfinite(mean)]
        if finished:
            at, mean = max(finished)
            ends.append((mean, name, look.colour, at))
    axes.set(xlabel=OVER, ylabel=f"{series[0].config.evaluate_on} error (%)")
    scale_measure(axes, everything)
    scale_values(axes, places)
    label_ends(axes, ends, HEIGHT, len(ends))
    return figure


def sizes_alt(series: Sequence[Series]) -> str:
    """Alternative text of the `sizes_figure`."""
    told = []
    for each, name in zip(series, short_names(series), strict=True):
        means = zip(each.cells, ratio_intervals([errors(cell) for cell in each.cells]), strict=True)
        values = [f"{percent(estimate)} % at {cell.config.batch_size}" for cell, estimate in means]
        told.append(f"{name}: {', '.join(values)}")
    return f"Mean {series[0].config.evaluate_on} errors by the images in a batch. {'; '.join(told)}."


def sizes_table(series: Sequence[Series]) -> pd.DataFrame:
    """One row per size, one column per model."""
    means = _means(series)
    sizes = sorted({cell.config.batch_size for each in series for cell in each.cells})
    columns = {}
    for each, name in zip(series, short_names(series), strict=True):
        own = {cell.config.batch_size: percent(means[id(cell)]) for cell in each.cells}
        columns[markup.escape(name)] = [own.get(size, "–") for size in sizes]
    return pd.DataFrame({"images in a batch": [str(size) for size in sizes], **columns})


def _means(series: Sequence[Series]) -> dict[int, Estimate]:
    """By the id of a cell, its mean error with the interval."""
    cells = [cell for each in series for cell in each.cells]
    return dict(zip(map(id, cells), ratio_intervals([errors(cell) for cell in cells]), strict=True))


def _pairs(bn: Series, other: Series) -> list[tuple[int, Model, Model]]:
    """By size, the cells of both, where they have a seed in common with which both finished."""
    own = {cell.config.batch_size: cell for cell in other.cells}
    found = [(cell.config.batch_size, cell, own.get(cell.config.batch_size)) for cell in bn.cells]
    return sorted(
        ((size, one, two) for size, one, two in found if two and shared_seeds([one, two])), key=lambda each: each[0]
    )


def _compared(bn: Series, other: Series, tests: int) -> list[tuple[int, Estimate]]:
    """By size, how many times the errors of `other` those of BN are; so many `tests` hold at once."""
    pairs = _pairs(bn, other)
    values = []
    for _, one, two in pairs:
        seeds = shared_seeds([one, two])
        values.append(tuple(errors(Model(cell.name, tuple(by_seed(cell, seeds)))) for cell in (one, two)))
    return list(zip([size for size, *_ in pairs], paired_ratios(values, tests), strict=True))


def _against(name: str, found: Sequence[tuple[int, Estimate]]) -> str:
    """What came of comparing BN with the model `name` at each size."""
    if not any(np.isfinite(each).all() for _, each in found):
        return f"So few runs say nothing of the noise, and it cannot be told from {name}."
    worse = [(size, each) for size, each in found if each[1] > 1]
    better = [(size, each) for size, each in found if each[2] < 1]
    sentences = []
    if worse:
        sentences.append(f"It loses to {name} {_told(worse)}.")
    else:
        size, ratio = max(found, key=lambda each: each[1][0])
        sentences.append(f"It loses to {name} at none of these sizes; the largest ratio is {times(ratio)}, at {size}.")
    if better:
        sentences.append(f"{name} loses to it {_told(better)}.")
    return " ".join(sentences)


def _told(found: Sequence[tuple[int, Estimate]]) -> str:
    return join_words([f"at {size} (ratio {flat(times(each))})" for size, each in found])
