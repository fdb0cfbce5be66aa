"""How sure they are: whether stated probabilities are those of being right, over all seeds."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from normstudy.report import markup
from normstudy.report.calibrations import Calibration, calibrations
from normstudy.report.estimates import in_percent
from normstudy.report.estimates_in_words import number
from normstudy.report.judgements import have_seeds, kind_of_mean, note_on_left_out
from normstudy.report.labels import data_name
from normstudy.report.markup import unbroken
from normstudy.report.numbers_behind import folded
from normstudy.report.reliability_diagram import reliability_alt, reliability_figure
from normstudy.report.statistics import AMOUNT, PERCENT, mean_interval
from normstudy.report.wording import MOST_NAMES, counted, join_words, rounded, some_of
from normstudy.runs.folder import FinishedRun

KINDS = {
    "too sure": ("{} is too sure of its answers", "{} are too sure of their answers"),
    "not sure enough": ("{} is less sure than right", "{} are less sure than right"),
    "undecided": ("the difference is within the noise for {}",) * 2,
}
"""What can be said of the mean confidence of a model, and of several, beside their accuracy."""


def section(runs: Sequence[FinishedRun]) -> str:
    """Prose, picture and table; a sentence where no run finished."""
    found = calibrations(runs)
    if not found:
        return "No model finished."
    return "\n\n".join([in_words(found), diagram(runs, found), table(runs, found)])


def in_words(found: Sequence[Calibration]) -> str:
    """Who is surer than right, or less sure; and how the expected calibration error is to be read."""
    kinds: dict[str, list[str]] = {}
    for each in found:
        kinds.setdefault(kind(each), []).append(each.judged.name)
    verdicts = "; ".join(
        phrases[len(kinds[kind]) > 1].format(_so_many(kinds[kind], len(found)))
        for kind, phrases in KINDS.items()
        if kind in kinds
    )
    shown = some_of([f"{_points(each)} for {each.judged.name}" for each in found])
    chance = "seeds and images" if have_seeds([each.judged for each in found]) else "images"
    return (
        "A model that gives its answers a probability of 99 % should be right in 99 of 100. Mean confidence less "
        f"accuracy is, in percentage points, {shown} (in brackets Student’s 95 % interval over images). The chance of "
        f"{chance} taken into account, {verdicts}. @fig-calibration parts each run’s images into "
        f"{_bins(found)} of equal mass, from the least to the most certain. The expected calibration error [@guo2017] "
        "is the mean distance of accuracy from confidence in the bins. It is biased upward, since chance moves a bin "
        "off its probability in either direction [@roelofs2022]. Therefore @tbl-calibration has beside it what the "
        "same estimate gives, in the mean, when it is drawn by lot, with exactly the stated probabilities, whether "
        "answers are right [@brocker2007]."
    )


def diagram(runs: Sequence[FinishedRun], found: Sequence[Calibration]) -> str:
    """`@fig-calibration`: the reliability diagram, with its caption."""
    caption = (
        f"Reliability diagram ({data_name(runs)}; {_bins(found)} of equal mass): how often answers are wrong beside "
        "how often they should be, by the stated probability. Both axes are logarithmic; what is below the smallest "
        f"tick stands at the edge, among it bins without an error. A large mark: {_mean(found)}; small ones: single "
        f"runs.{note_on_left_out(runs)}"
    )
    picture = markup.figure("calibration", reliability_figure(found), reliability_alt(found), caption)
    return picture + folded("calibration", bins_of_runs(found))


def table(runs: Sequence[FinishedRun], found: Sequence[Calibration]) -> str:
    """`@tbl-calibration`: the `calibration_table`, with its caption."""
    caption = (
        f"Calibration ({data_name(runs)}): {_mean(found)}. ECE: expected calibration error, from {_bins(found)} of "
        "equal mass; by chance: what this estimator would give if the probabilities were true; NLL: negative "
        f"log-likelihood, that is the mean cross-entropy.{note_on_left_out(runs)}"
    )
    return markup.table("calibration", calibration_table(found), caption)


def calibration_table(found: Sequence[Calibration]) -> pd.DataFrame:
    """One row per model."""
    return pd.DataFrame(
        {
            "model": unbroken(each.judged.name),
            "runs": each.judged.runs,
            "ECE (%)": number(mean_interval(100 * each.error, PERCENT), 3),
            "by chance (%)": rounded(100 * each.error_by_chance.mean(), 3),
            "confidence − accuracy (points)": number(mean_interval(100 * each.excess), 3),
            "NLL (nats)": number(mean_interval(each.loss, AMOUNT), 4),
        }
        for each in found
    )


def bins_of_runs(found: Sequence[Calibration]) -> pd.DataFrame:
    """A row for every bin of every run, the least certain images first."""
    return pd.DataFrame(
        {
            "model": each.judged.name,
            "seed": seed,
            "bin": number,
            "images": size,
            "mean confidence (fraction)": confidence,
            "accuracy (fraction)": accuracy,
        }
        for each in found
        for seed, confidences, accuracies in zip(
            each.judged.seeds, each.bins.confidence, each.bins.accuracy, strict=True
        )
        for number, (size, confidence, accuracy) in enumerate(
            zip(each.bins.sizes, confidences, accuracies, strict=True), start=1
        )
    )


def kind(each: Calibration) -> str:
    """Which of `KINDS`: whether the mean differs from 0 both over seeds, where there are several, and over images."""
    intervals = [mean_interval(each.excess_by_image)[1:]]
    if each.judged.runs > 1:
        intervals.append(mean_interval(each.excess)[1:])
    if all(low > 0 for low, _ in intervals):
        return "too sure"
    return "not sure enough" if all(high < 0 for _, high in intervals) else "undecided"


def _points(each: Calibration) -> str:
    return number(in_percent(mean_interval(each.excess_by_image)), 3)


def _so_many(names: Sequence[str], models: int) -> str:
    """`BN and GN`, or how many of the `models` these are."""
    if len(names) == models > 1:
        return "both models" if models == 2 else f"all {models} models"
    return join_words(list(names)) if len(names) <= MOST_NAMES else f"{len(names)} of {models} models"


def _bins(found: Sequence[Calibration]) -> str:
    return counted(len(found[0].bins.sizes), "bin")


def _mean(found: Sequence[Calibration]) -> str:
    return kind_of_mean([each.judged for each in found])
