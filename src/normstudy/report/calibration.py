"""How sure they are: whether stated probabilities are those of being right, over all seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from normstudy.report import markup
from normstudy.report.drawing import COLOURS, PLAIN, WIDTH
from normstudy.report.judgements import Judgements, have_seeds, judgements, kind_of_mean, note_on_left_out
from normstudy.report.labels import data_name
from normstudy.report.markup import unbroken
from normstudy.report.reliability import Bins, bins, error_if_calibrated
from normstudy.report.statistics import mean_interval
from normstudy.report.wording import MOST_NAMES, counted, join_words, rounded, some_of, with_limits
from normstudy.runs.folder import FinishedRun

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""Of models in the order of their first appearance, again from the first where there are more."""

KINDS = {
    "too sure": "too sure of its answers is {}",
    "not sure enough": "less sure than right is {}",
    "undecided": "the difference is within the noise for {}",
}
"""What can be said of a model's mean confidence beside its accuracy."""

GREY = "#595959"

FLOOR = 1e-4
"""Percent: where the axis of what is stated begins; what is surer stands there."""


@dataclass(frozen=True)
class Calibration:
    """Of a model that `judged`, by run: `bins`, and (runs,) arrays: the expected calibration error and what chance alone makes of
    it, mean confidence less accuracy (all fractions), and negative log-likelihood (nats an image); `excess_by_image`
    (images,): confidence less accuracy of each image, in the mean over runs."""

    judged: Judgements
    bins: Bins
    error: np.ndarray
    error_by_chance: np.ndarray
    excess: np.ndarray
    excess_by_image: np.ndarray
    loss: np.ndarray


def calibrations(runs: Sequence[FinishedRun]) -> list[Calibration]:
    """One for each model of which a run finished."""
    return [_calibration(each) for each in judgements(runs)]


def section(runs: Sequence[FinishedRun]) -> str:
    """Prose, picture and table; a sentence where no run finished."""
    found = calibrations(runs)
    if not found:
        return "No model finished."
    return "\n\n".join([in_words(runs, found), figure(runs, found), table(runs, found)])


def in_words(runs: Sequence[FinishedRun], found: Sequence[Calibration]) -> str:
    """Who is surer than right, or less sure; and how the expected calibration error is to be read."""
    kinds: dict[str, list[str]] = {}
    for each in found:
        kinds.setdefault(_kind(each), []).append(each.judged.name)
    verdicts = "; ".join(KINDS[kind].format(_so_many(kinds[kind], len(found))) for kind in KINDS if kind in kinds)
    shown = some_of([f"{_points(each)} for {each.judged.name}" for each in found])
    chance = "seeds and images" if have_seeds([each.judged for each in found]) else "images"
    return (
        "A model that gives its answers a probability of 99 % should be right in 99 of 100. Mean confidence less "
        f"accuracy is, in percentage points, {shown} (in brackets Student’s 95 % interval over images). The chance of "
        f"{chance} taken into account, {verdicts}. @fig-calibration parts each run’s images into "
        f"{counted(len(found[0].bins.sizes), 'bin')} of equal mass, from the least to the most certain. The expected "
        "calibration error [@guo2017] is the mean distance of accuracy from confidence in the bins. It is biased upward, "
        "since chance moves a bin off its probability in either direction [@roelofs2022]. Therefore @tbl-calibration "
        "has beside it what the same estimate gives, in the mean, when it is drawn by lot, with exactly the stated "
        "probabilities, whether answers are right [@brocker2007]."
    )


def figure(runs: Sequence[FinishedRun], found: Sequence[Calibration]) -> str:
    """`@fig-calibration`: the reliability diagram, with its caption."""
    caption = (
        f"Reliability diagram ({data_name(runs)}; bins of equal mass): how often answers are wrong beside how often they "
        "should be, by the stated probability. Both axes are logarithmic; what is below the smallest tick stands at the "
        f"edge, among it bins without an error. A large mark: {kind_of_mean([each.judged for each in found])}; small ones: single runs."
        f"{note_on_left_out(runs)}"
    )
    return markup.figure("calibration", calibration_figure(found), calibration_alt(found), caption)


@matplotlib.style.context(PLAIN)
def calibration_figure(found: Sequence[Calibration]) -> Figure:
    """Share of wrong answers against 1 - confidence, both in percent; a mark for each bin of each run."""
    picture = Figure(figsize=(WIDTH, 4.6), layout="constrained")
    axes = picture.subplots()
    smallest = min(100 / (each.judged.runs * each.bins.sizes.max()) for each in found)
    axes.set_xscale("log")
    axes.set_yscale("symlog", linthresh=smallest, linscale=0.5)
    diagonal = np.geomspace(
        FLOOR, 100, 200
    )  # the line of a logarithmic axis beside one that ends at 0 is no straight one
    axes.plot(diagonal, diagonal, "--", color=GREY, linewidth=1)
    for place, text, at in (((0.45, 0.9), "surer than right", "left"), ((0.98, 0.3), "less sure than right", "right")):
        axes.text(*place, text, transform=axes.transAxes, ha=at, color=GREY, fontsize=9)
    for number, each in enumerate(found):
        _draw_bins(axes, each, MARKERS[number % len(MARKERS)])
    axes.set_xlim(FLOOR / 1.5, 100)
    axes.set_ylim(-smallest / 4, 100)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(NullLocator())
    axes.set(xlabel="100 % − confidence: expected errors (%)", ylabel="errors (%)")
    if len(found) <= 2 * MOST_NAMES:
        axes.legend(frameon=False, loc="upper left", fontsize=9)
    return picture


def calibration_alt(found: Sequence[Calibration]) -> str:
    """Alternative text for `calibration_figure`: the least certain bin of each model, and the bins without errors."""
    parts = []
    for each in found[:MOST_NAMES]:
        expected, errors = (100 * (1 - values.mean(axis=0)) for values in (each.bins.confidence, each.bins.accuracy))
        above = int((errors > expected).sum())
        parts.append(
            f"{each.judged.name} errs in {errors[0]:.2f} % of its least certain bin, where {expected[0]:.2f} % are to be "
            f"expected, and more often than expected in {above} of {counted(len(errors), 'bin')}"
        )
    rest = f"; {len(found) - MOST_NAMES} further models" if len(found) > MOST_NAMES else ""
    return f"Reliability diagram with marks beside a dashed diagonal: {'; '.join(parts)}{rest}."


def table(runs: Sequence[FinishedRun], found: Sequence[Calibration]) -> str:
    """`@tbl-calibration`: the `calibration_table`, with its caption."""
    caption = (
        f"Calibration ({data_name(runs)}): {kind_of_mean([each.judged for each in found])}. ECE: expected calibration error, "
        f"from {counted(len(found[0].bins.sizes), 'bin')} of equal mass; by chance: what this estimator would give if the "
        "probabilities were true; NLL: negative log-likelihood, that is the mean cross-entropy."
        f"{note_on_left_out(runs)}"
    )
    return markup.table("calibration", calibration_table(found), caption)


def calibration_table(found: Sequence[Calibration]) -> pd.DataFrame:
    """One row per model."""
    return pd.DataFrame(
        {
            "model": unbroken(each.judged.name),
            "runs": each.judged.runs,
            "ECE (%)": with_limits(*mean_interval(100 * each.error), places=3),
            "by chance (%)": rounded(100 * each.error_by_chance.mean(), 3),
            "confidence − accuracy (points)": with_limits(*mean_interval(100 * each.excess), places=3),
            "NLL (nats)": with_limits(*mean_interval(each.loss), places=4),
        }
        for each in found
    )


def _kind(each: Calibration) -> str:
    """Which of `KINDS`: whether the mean differs from 0 both over seeds, where there are several, and over images."""
    intervals = [mean_interval(each.excess_by_image)[1:]]
    if each.judged.runs > 1:
        intervals.append(mean_interval(each.excess)[1:])
    if all(low > 0 for low, _ in intervals):
        return "too sure"
    return "not sure enough" if all(high < 0 for _, high in intervals) else "undecided"


def _points(each: Calibration) -> str:
    return with_limits(*(100 * value for value in mean_interval(each.excess_by_image)), places=3)


def _so_many(names: Sequence[str], models: int) -> str:
    """`BN and GN`, or how many of the `models` these are."""
    if len(names) == models > 1:
        return "every model"
    return join_words(list(names)) if len(names) <= MOST_NAMES else f"{len(names)} of {models} models"


def _calibration(judged: Judgements) -> Calibration:
    right = ~judged.wrong
    binned = bins(judged.confidence, right)
    return Calibration(
        judged,
        binned,
        binned.error,
        error_if_calibrated(judged.confidence),
        judged.confidence.mean(axis=1, dtype=np.float64) - right.mean(axis=1),
        judged.confidence.mean(axis=0, dtype=np.float64) - right.mean(axis=0),
        judged.loss.mean(axis=1, dtype=np.float64),
    )


def _draw_bins(axes: Axes, each: Calibration, marker: str) -> None:
    colour = COLOURS[each.judged.config.norm]
    expected, errors = 100 * (1 - each.bins.confidence), 100 * (1 - each.bins.accuracy)
    axes.plot(expected.clip(FLOOR), errors, marker, color=colour, markersize=2, alpha=0.25, linestyle="none")
    estimates = np.array([mean_interval(column) for column in errors.T])
    mean, low, high = estimates.T
    limits = np.nan_to_num([mean - np.where(np.isfinite(low), low.clip(0), mean), high - mean], posinf=0)
    axes.errorbar(
        expected.mean(axis=0).clip(FLOOR),
        mean,
        limits,
        fmt=marker,
        color=colour,
        markersize=6,
        linewidth=1.2,
        markeredgecolor="white",
        label=each.judged.name,
    )
