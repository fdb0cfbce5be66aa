"""Calibration: whether the stated probabilities are those of being right, over all runs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from normstudy.report.core import statistics
from normstudy.report.core.style import MARKERS, colour, norm_of
from normstudy.report.pages.answers import WIDTH, Answers

BINS = 15
"""As in Guo et al. (2017)."""

DRAWS = 20
"""Of outcomes, for each run, from which it is estimated what chance alone gives."""

FLOOR = 1e-4
"""Percent: where the axis of expected errors begins; more confident bins are drawn there."""


def bins(answers: Answers, count: int = BINS) -> pd.DataFrame:
    """A row per run and bin: `model`, `seed`, `bin`, `images` (how many), `confidence` and `accuracy` (fractions).

    Bin 1 has the least confident images. The images of a run, by rising confidence, are divided into `count` bins of
    one size (equal mass), as nearly all confidences are near 1 (Roelofs et al. 2022, arXiv:2012.08668). Equal ones
    stay in the order of the images.
    """
    order = np.argsort(answers.confidence, axis=1, kind="stable")
    starts, sizes = _parts(answers.confidence.shape[1], count)
    means = [
        np.add.reduceat(np.take_along_axis(values, order, axis=1).astype(float), starts, axis=1) / sizes
        for values in (answers.confidence, ~answers.wrong)
    ]
    runs = answers.runs.loc[answers.runs.index.repeat(len(sizes))].reset_index(drop=True)
    return runs.assign(
        bin=np.tile(np.arange(1, len(sizes) + 1), len(answers.runs)),
        images=np.tile(sizes, len(answers.runs)),
        confidence=means[0].ravel(),
        accuracy=means[1].ravel(),
    )


def measures(answers: Answers) -> pd.DataFrame:
    """A row per run: `model`, `seed`, `error`, `by_chance` and `excess` (fractions).

    `error` is the expected calibration error: the mean over bins of |accuracy - confidence|. `by_chance` is what the
    same estimator gives, in the mean, when it is drawn at random with exactly the stated probabilities whether answers
    are right (Bröcker and Smith 2007): its bias. `excess` is the mean confidence minus the accuracy.
    """
    found = bins(answers)
    gaps = (found["accuracy"] - found["confidence"]).abs() * found["images"]
    error = gaps.to_numpy().reshape(len(answers.runs), -1).sum(axis=1) / len(answers.label)
    return answers.runs.assign(
        error=error,
        by_chance=_by_chance(answers.confidence),
        excess=(answers.confidence.astype(float) - ~answers.wrong).mean(axis=1),
    )


def excess_over_images(answers: Answers, model: str) -> pd.Series:
    """Mean confidence minus accuracy of the runs of `model`, with the interval over images, as if independent."""
    own = answers.of(model)
    return statistics.mean((answers.confidence[own].astype(float) - ~answers.wrong[own]).mean(axis=0))


def diagram(found: pd.DataFrame) -> Figure:
    """Errors against those that the confidence lets expect, of `bins`: the mean of each model's runs, both in percent.

    On the usual axes, of accuracy and confidence, all but one of the marks would lie on each other.
    """
    picture = Figure(figsize=(WIDTH, 4))
    axes = picture.subplots()
    axes.set_xscale("log")
    smallest = 100 / (found.groupby("model").size().max() / found["bin"].max() * found["images"].max())
    axes.set_yscale("symlog", linthresh=smallest, linscale=0.5)
    expected = np.geomspace(FLOOR, 100, 200)  # no straight line, because one axis ends at 0
    axes.plot(expected, expected, "--", color=colour("note"), linewidth=1)
    for place, text, at in (((0.3, 0.75), "overconfident", "center"), ((0.97, 0.5), "underconfident", "right")):
        axes.text(*place, text, transform=axes.transAxes, ha=at, color=colour("note"), fontsize=9)
    for model, own in found.groupby("model", sort=False):
        ink, marker = colour(norm_of(model)), MARKERS[norm_of(model)]
        errors = 100 * (1 - own.groupby("bin")["accuracy"].apply(statistics.mean).unstack())
        reach = np.stack([errors["value"] - errors["high"], errors["low"] - errors["value"]])
        at = (100 * (1 - own.groupby("bin")["confidence"].mean())).clip(FLOOR)
        # An interval of a bin without any error is unknown; none goes below 0.
        reach = np.where(np.isfinite(reach), reach, 0)
        reach[0] = np.minimum(reach[0], errors["value"])
        axes.errorbar(at, errors["value"], reach, fmt=marker, color=ink, ms=5, linewidth=1.4, label=model)
    axes.set(xlim=(FLOOR / 1.5, 100), ylim=(-smallest / 4, 100))
    axes.set(xticks=[1e-4, 0.01, 1, 100], yticks=[0, *(tick for tick in (0.01, 0.1, 1, 10, 100) if tick > smallest)])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(NullLocator())
    axes.set(xlabel="100 % − confidence: expected errors (%)", ylabel="errors (%)")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.06))
    return picture


def _by_chance(confidence: np.ndarray) -> np.ndarray:
    """(runs,) the expected calibration error of perfectly calibrated answers with this `confidence` (runs, images)."""
    ordered = np.sort(confidence, axis=1)
    starts, _ = _parts(ordered.shape[1], BINS)
    rng = np.random.default_rng(0)
    found = []
    for probabilities in ordered.astype(np.float32):  # as the draws are: half the time
        right = rng.random((DRAWS, len(probabilities)), dtype=np.float32) < probabilities
        gaps = np.add.reduceat(right - probabilities, starts, axis=1, dtype=np.float64)
        found.append(np.abs(gaps).sum(axis=1).mean() / ordered.shape[1])
    return np.array(found)


def _parts(images: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """First places (bins,) and sizes (bins,), which differ by at most 1, of `images` in at most `count` bins."""
    edges = np.linspace(0, images, min(count, images) + 1).astype(int)
    return edges[:-1], np.diff(edges)
