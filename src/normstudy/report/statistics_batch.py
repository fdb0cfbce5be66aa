"""How many images must share BN's statistics, with the optimizer's batch as it is."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from normstudy.report import markup, other_statistics, run_rows, sweep
from normstudy.report.drawing import COLOURS, LINE_STYLES, MARKERS, PLAIN, WIDTH, label_ends
from normstudy.report.estimates import UNKNOWN, in_percent, ratio_intervals, ratios
from normstudy.report.estimates_in_words import flat, on_ratios, percent, times
from normstudy.report.models import Model
from normstudy.report.numbers_behind import folded
from normstudy.report.points import Look, draw_diverged, draw_points, scale_measure, scale_values
from normstudy.report.series import (
    Series,
    errors,
    is_line,
    judged_alike,
    note_on_diverged,
    protocol,
    series_of,
    short_names,
    value_of,
)
from normstudy.report.statistics import Estimate
from normstudy.report.wording import join_words, rounded, short
from normstudy.runs.record import RecordedStudy

KEY = "statistics_batch"
OVER = "images that share BN's statistics in training"
HEIGHT = 3.8
"""Inches."""


def section(study: RecordedStudy) -> str:
    """The section, as Markdown with its heading."""
    series = series_of(study.runs)
    lines = [each for each in series if is_line(each, KEY)]
    others = [each for each in series if each not in lines]
    as_planned = len(lines) == 1 and len(lines[0].cells) > 1 and all(len(each.cells) == 1 for each in others)
    if not as_planned or not judged_alike(study.runs) or len({run.config.batch_size for run in study.runs}) > 1:
        return sweep.section(study)
    cells = sorted(lines[0].cells, key=_size)
    if not all(cell.finished for cell in (cells[-1], *(each.cells[0] for each in others))):
        return sweep.section(study)
    caption = (
        "BN over the number of images that share its statistics: each run (small), the geometric mean over the seeds "
        f"and its 95 % interval. {_on_lines(others)}{on_ratios([errors(cell) for cell in cells])}"
        f"{note_on_diverged(study.runs)}"
    )
    return "\n".join(
        [
            "### How many images share BN's statistics {#sec-statistics-batch}\n",
            f"{intro(study, others)} {verdict(cells)} {beside(cells, series, others)}\n",
            markup.figure("statistics-batch", sizes_figure(cells, series), sizes_alt(cells), caption)
            + folded("statistics-batch", run_rows.of_series(series)),
            markup.table("statistics-batch", sizes_table(cells), "As in @fig-statistics-batch, in numbers."),
            other_statistics.part(cells, KEY, "statistics-batch-kinds", OVER),
        ]
    )


def intro(study: RecordedStudy, others: Sequence[Series]) -> str:
    """What was done."""
    batch = study.runs[0].config.batch_size
    lines = f" {join_words(short_names(others))}, which take theirs within an image, are lines." if others else ""
    return (
        f"That BN needs large batches is a claim about its statistics, not about the optimizer. Here the optimizer's "
        f"batch has {batch} images throughout, and only BN's statistics are of fewer: each batch is parted, and the "
        f"parts are normalized apart [@hoffer2017]. @fig-statistics-batch and @tbl-statistics-batch show "
        f"{protocol(study.runs)}.{lines}"
    )


def verdict(cells: Sequence[Model]) -> str:
    """Where BN loses against the largest number of images, by the rule that it states."""
    largest = cells[-1]
    found = _compared(cells)
    worse = [(cell, each) for cell, each in found if each[1] > 1]
    better = [(cell, each) for cell, each in found if each[2] < 1]
    sentences = [
        f"BN is said to lose where its error is more than that with {_size(largest)} images beyond the noise: where "
        "the 95 % interval of the ratio of the two, which holds for all sizes at once, lies above 1."
    ]
    if lost := [short(_size(cell)) for cell in cells if not cell.finished]:
        sentences.append(f"With {join_words(lost)} images no run finished.")
    if not any(np.isfinite(each).all() for _, each in found):
        sentences.append("So few runs say nothing of the noise, and where BN loses cannot be said.")
        return " ".join(sentences)
    if worse:
        sentences.append(f"{_where(cells, [cell for cell, _ in worse])}: {_told(worse)}.")
    else:
        most, ratio = max(found, key=lambda each: each[1][0])
        sentences.append(f"It loses at none of these sizes; the largest ratio is {times(ratio)}, with {_size(most)}.")
    if better:
        sentences.append(f"Its error is smaller, beyond the noise, with {_told(better)}.")
    return " ".join(sentences)


def beside(cells: Sequence[Model], series: Sequence[Series], others: Sequence[Series]) -> str:
    """The errors at the fewest images, and those of the models that do not depend on it."""
    names = dict(zip([each.name for each in series], short_names(series), strict=True))
    told = [f"that of {names[each.name]} {_mean(each.cells[0])} %" for each in others]
    first = next((cell for cell in cells if len(errors(cell))), None)
    if not told or first is None:
        return ""
    return f"The mean error of BN with {_size(first)} images is {_mean(first)} %, {join_words(told)}."


@matplotlib.style.context(PLAIN)
def sizes_figure(cells: Sequence[Model], series: Sequence[Series]) -> Figure:
    """BN's errors over the number of images; the others as lines with bands, their runs at the left."""
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes = figure.subplots()
    names = dict(zip([each.name for each in series], short_names(series), strict=True))
    places = [_size(cell) for cell in cells]
    groups = [100 * errors(cell) for cell in cells]
    look = Look(COLOURS["bn"], MARKERS["bn"])
    estimates = [in_percent(each) for each in ratio_intervals([errors(cell) for cell in cells])]
    bn_name = next(names[each.name] for each in series if len(each.cells) > 1)
    ends = [(estimates[-1][0], bn_name, look.colour, places[-1])]
    others = [each for each in series if len(each.cells) == 1]
    edge = places[0] / 1.6
    for number, each in enumerate(others):
        (cell,), norm = each.cells, each.config.norm
        (estimate,) = ratio_intervals([errors(cell)])
        mean, low, high = in_percent(estimate)
        axes.axhline(mean, color=COLOURS[norm], linestyle=LINE_STYLES[1 + number % 3], linewidth=1.3)
        if np.isfinite([low, high]).all():
            axes.axhspan(low, high, color=COLOURS[norm], alpha=0.12, linewidth=0)
        at = edge / 1.3**number
        draw_points(axes, [at], [100 * errors(cell)], [UNKNOWN], Look(COLOURS[norm], MARKERS[norm], ""))
        ends.append((mean, names[each.name], COLOURS[norm], places[-1]))
        groups.append(100 * errors(cell))
    draw_points(axes, places, groups[: len(cells)], estimates, look)
    draw_diverged(axes, places, [cell.diverged for cell in cells], look)
    axes.set(xlabel=OVER, ylabel=f"{cells[0].config.evaluate_on} error (%)")
    scale_measure(axes, groups)
    scale_values(axes, places)
    label_ends(axes, ends, HEIGHT, len(ends))
    return figure


def sizes_alt(cells: Sequence[Model]) -> str:
    """Alternative text of the `sizes_figure`."""
    told = [f"{_mean(cell)} % with {_size(cell)}" for cell in cells if len(errors(cell))]
    return f"Mean {cells[0].config.evaluate_on} errors of BN by the number of images that share its statistics: " + (
        f"{', '.join(told)}. Horizontal lines for the other models."
    )


def sizes_table(cells: Sequence[Model]) -> pd.DataFrame:
    """One row per number of images."""
    compared = {_size(cell): each for cell, each in _compared(cells)}
    means = ratio_intervals([errors(cell) for cell in cells])
    return pd.DataFrame(
        {"images": short(_size(cell)), "runs": str(len(cell.finished))}
        | {f"{cell.config.evaluate_on} error (%)": percent(mean)}
        | {f"times that with {_size(cells[-1])}": times(compared[_size(cell)]) if _size(cell) in compared else "–"}
        for cell, mean in zip(cells, means, strict=True)
    )


def _compared(cells: Sequence[Model]) -> list[tuple[Model, Estimate]]:
    """The cells below the largest size, and how many times its error theirs is."""
    *smaller, largest = [cell for cell in cells if cell.finished]
    return list(zip(smaller, ratios(errors(largest), [errors(cell) for cell in smaller]), strict=True))


def _where(cells: Sequence[Model], worse: Sequence[Model]) -> str:
    """`It loses with 4 images and fewer`; sizes that do not follow each other are listed."""
    below = [cell for cell in cells if _size(cell) <= _size(worse[-1]) and cell.finished]
    if len(below) == len(worse) > 1:
        return f"It loses with {_size(worse[-1])} images and fewer"
    return f"It loses with {join_words([short(_size(cell)) for cell in worse])} images, and with no others"


def _told(found: Sequence[tuple[Model, Estimate]]) -> str:
    return join_words([f"{_size(cell)} images (ratio {flat(times(each))})" for cell, each in found])


def _on_lines(others: Sequence[Series]) -> str:
    """What a caption says of the lines."""
    return "Lines with bands: mean and interval of the others, whose runs stand at the left. " if others else ""


def _size(cell: Model) -> int:
    return value_of(cell.config, KEY)


def _mean(cell: Model) -> str:
    ((mean, *_),) = ratio_intervals([errors(cell)])
    return rounded(100 * mean, 2)
