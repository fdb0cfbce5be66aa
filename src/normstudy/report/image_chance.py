"""How much of the spread between runs is chance that decides image by image: observed beside independent errors."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from normstudy.report import markup
from normstudy.report.drawing import COLOURS, PLAIN, WIDTH
from normstudy.report.markup import unbroken
from normstudy.report.models import Model, models_of
from normstudy.report.over_seeds import LEAST_SEEDS
from normstudy.report.series import judged_alike
from normstudy.report.variances import SpreadOfRuns, chances_of_counts, spread_of_runs
from normstudy.report.wording import counted, join_words, rounded
from normstudy.runs.folder import wrong
from normstudy.runs.record import RecordedStudy

Judged = Sequence[tuple[Model, np.ndarray]]
"""Models, each with (seeds, images) 1 where a run errs."""


def section(study: RecordedStudy) -> str:
    """The section, as Markdown with its heading; nothing where few runs, or none, were kept with their predictions."""
    judged = judged_models(study)
    if not judged:
        return ""
    return "\n\n".join(
        [
            "### How much of the spread is the images {#sec-image-chance}",
            in_words(judged),
            markup.figure("image-chance", counts_figure(judged), counts_alt(judged), _figure_caption(judged)),
            markup.table("image-chance", chance_table(judged), _table_caption()),
        ]
    )


def judged_models(study: RecordedStudy) -> Judged:
    """The models of `study` with `LEAST_SEEDS` runs or more of which it is kept what they said of each image."""
    if not judged_alike(study.runs):
        return []
    found = []
    for model in models_of(study.runs):
        runs = [run for run in model.finished if run.has_predictions]
        matrix = np.array([wrong(run) for run in runs]) if len(runs) >= LEAST_SEEDS else np.zeros((0, 0))
        if matrix.size and spread_of_runs(matrix).independent:
            found.append((model, matrix))
    return found


def in_words(judged: Judged) -> str:
    """Whether errors of different images are independent over seeds, model by model, and what is left if not."""
    spreads = [(model, spread_of_runs(matrix)) for model, matrix in judged]
    alone = [model.name for model, spread in spreads if spread.ratio[1] <= 1 <= spread.ratio[2]]
    more = [_beyond(model, spread) for model, spread in spreads if spread.ratio[1] > 1]
    less = [model.name for model, spread in spreads if spread.ratio[2] < 1]
    parts = []
    if alone:
        parts.append(
            f"For {join_words(alone)} the spread is no larger, as far as these runs can tell: that one run is more "
            "accurate than another says nothing of other images"
        )
    if more:
        parts.append(f"beyond it goes {join_words(more)}")
    if less:
        parts.append(f"smaller than that is the spread of {join_words(less)}")
    told = "; ".join(parts)
    images = judged[0][1].shape[1]
    decided = [
        f"{model.name} gets {len(_varying(matrix)):,} wrong in some runs and right in others, and "
        f"{np.sum(matrix.all(axis=0)):,} wrong in all"
        for model, matrix in judged
    ]
    return (
        f"Of {images:,} {judged[0][0].config.evaluate_on} images, {'; '.join(decided)}. If chance decided anew on "
        "each, independently of the others, the number of errors would still vary from run to run, and by how much "
        "follows from how often each image is wrong; Jordan [-@jordan2023] found that to be nearly all of the spread "
        f"of larger networks. {told[:1].upper()}{told[1:]} (@fig-image-chance, @tbl-image-chance)."
    )


def chance_table(judged: Judged) -> pd.DataFrame:
    """One row per model: standard deviations as observed and by chance, their ratio, and that for other images."""
    rows = []
    for model, matrix in judged:
        spread = spread_of_runs(matrix)
        ratio, low, high = spread.ratio
        share = float(matrix.mean())
        rows.append(
            {
                "model": unbroken(model.name),
                "runs": str(len(matrix)),
                "standard deviation (points)": _points(spread.observed),
                "by chance on each image": _points(spread.independent),
                "ratio of variances": f"{rounded(ratio, 2)} ({rounded(low, 2)} to {rounded(high, 2)})",
                "on endless images": _points(max(0.0, spread.genuine)),
                "one run, new images": _points(max(0.0, spread.genuine) + share * (1 - share) / matrix.shape[1]),
            }
        )
    return pd.DataFrame(rows)


@matplotlib.style.context(PLAIN)
def counts_figure(judged: Judged) -> Figure:
    """A panel per model: every run as a dot over its number of errors, and how many runs chance would have there."""
    figure = Figure(figsize=(WIDTH, 0.6 + 1.25 * len(judged)), layout="constrained")
    panels = figure.subplots(len(judged), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (model, matrix) in zip(panels, judged, strict=True):
        colour = COLOURS[model.config.norm]
        counts = matrix.sum(axis=1)
        expected = len(matrix) * chances_of_counts(_varying(matrix))
        always = int(matrix.all(axis=0).sum())
        drawn = np.flatnonzero(expected > 0.01)
        axes.fill_between(drawn + always, expected[drawn], color="#bbbbbb", alpha=0.6, linewidth=0)
        piled: Counter[int] = Counter()
        for count in sorted(counts.tolist()):
            piled[count] += 1
            axes.plot(count, piled[count] - 0.5, "o", color=colour, ms=4.5, mew=0)
        axes.set_ylim(0, max(6, max(piled.values()) + 1, 1.1 * expected.max()))
        axes.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
        axes.set_title(model.name, loc="left", fontsize=10)
        axes.set_ylabel("runs")
    panels[-1].set_xlabel(f"errors of {judged[0][1].shape[1]:,} {judged[0][0].config.evaluate_on} images")
    return figure


def counts_alt(judged: Judged) -> str:
    """Alternative text of the `counts_figure`."""
    told = []
    for model, matrix in judged:
        counts, spread = matrix.sum(axis=1), spread_of_runs(matrix)
        images = matrix.shape[1]
        told.append(
            f"{model.name}: {counts.min()} to {counts.max()} errors, standard deviation "
            f"{rounded(images * math.sqrt(spread.observed), 1)} where chance would give "
            f"{rounded(images * math.sqrt(spread.independent), 1)}"
        )
    return f"Dots of the numbers of errors over a hill of what chance would give. {'; '.join(told)}."


def _varying(matrix: np.ndarray) -> np.ndarray:
    """How often each image is wrong, of those that are so in some runs and not in others."""
    shares = matrix.mean(axis=0)
    return shares[(shares > 0) & (shares < 1)]


def _beyond(model: Model, spread: SpreadOfRuns) -> str:
    """`that of BN + L1 (1.69 times the variance, 1.15 to 2.70): …`."""
    ratio, low, high = (rounded(value, 2) for value in spread.ratio)
    return (
        f"that of {model.name} ({ratio} times the variance, {low} to {high}), whose runs differ as wholes, with a "
        f"standard deviation of {_points(spread.genuine)} points on endless images"
    )


def _points(variance: float) -> str:
    """The standard deviation in percentage points."""
    return rounded(100 * math.sqrt(variance), 3)


def _figure_caption(judged: Judged) -> str:
    return (
        f"The errors of each run ({counted(max(len(matrix) for _, matrix in judged), 'run')} of each model, a dot "
        "each). Grey: how many runs would have so many errors if each image were wrong as often as it is, "
        "independently of the others."
    )


def _table_caption() -> str:
    return (
        "The spread of accuracies over seeds, on the same images; that which chance on each image alone would give; "
        "the ratio of their variances with its 95 % interval (χ²); what is left for infinitely many images, where "
        "nothing but the runs themselves differs; and the standard deviation of one run on as many new images."
    )
