"""Are the differences real? Each pair of models, compared image by image."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from normstudy.report import markup
from normstudy.report.labels import data_name, model_names
from normstudy.report.markup import unbroken
from normstudy.report.models import has_several_seeds, models_of, of_first_seed
from normstudy.report.outcomes import finished, note_on_diverged
from normstudy.report.statistics import Paired
from normstudy.report.verdict import compare_pairs, is_clear, verdict
from normstudy.report.wording import counted, p_text
from normstudy.runs.folder import FinishedRun

MOST_PAIRS = 10
"""Pairs that a table shows; of more, the most telling ones."""


def in_words(runs: Sequence[FinishedRun]) -> str:
    """The verdict on all pairs of single runs; with several seeds, an illustration."""
    shown = of_first_seed(runs)
    judged = finished(shown)
    if len(judged) < 2:
        return "With fewer than two finished models there is nothing to compare."
    if not has_several_seeds(models_of(runs)):
        return verdict(shown)
    return (
        f"Here that is an illustration, {_of_first(judged)}. {verdict(shown)} The test allows for the choice of images "
        "and not for the seed; the findings are those over seeds."
    )


def pairs(runs: Sequence[FinishedRun]) -> str:
    """`@tbl-pairs`: the `pairs_table` of the first run of each model, with its caption."""
    shown = of_first_seed(runs)
    seed = f", {_of_first(shown)}" if has_several_seeds(models_of(runs)) else ""
    caption = (
        f"{pairs_shown(shown)}, on the same images ({data_name(shown)}){seed}: how many only the first, and only the "
        f"second, got wrong.{note_on_diverged(shown)}"
    )
    return markup.table("pairs", pairs_table(shown), caption)


def _of_first(runs: Sequence[FinishedRun]) -> str:
    """`with seed 0 alone`: of which runs a test of single runs speaks."""
    seeds = {run.config.seed for run in runs}
    return f"with seed {seeds.pop()} alone" if len(seeds) == 1 else "with the first run of each model"


def pairs_table(runs: Sequence[FinishedRun]) -> pd.DataFrame:
    """One row per pair of `telling_pairs`: images only one got wrong, and McNemar's test, plain and adjusted."""
    called = [unbroken(name) for name in model_names(runs)]
    rows = [
        {
            "models": f"{called[i]} / {called[j]}",
            "only first wrong": pair.only_first,
            "only second wrong": pair.only_second,
            "p": unbroken(p_text(pair.p_value)),
            "p, adjusted": unbroken(p_text(adjusted)),
        }
        for i, j, pair, adjusted in telling_pairs(runs)
    ]
    return pd.DataFrame(rows, columns=["models", "only first wrong", "only second wrong", "p", "p, adjusted"])


def telling_pairs(runs: Sequence[FinishedRun]) -> list[tuple[int, int, Paired, float]]:
    """What `compare_pairs` has, if that is no more than a table can show; else the `MOST_PAIRS` with the lowest p."""
    compared = compare_pairs(runs)
    if len(compared) <= MOST_PAIRS:
        return compared
    return sorted(compared, key=lambda each: each[2].p_value)[:MOST_PAIRS]


def pairs_shown(runs: Sequence[FinishedRun]) -> str:
    """How the caption begins: `Each pair of models`, or which of them."""
    adjusted = sorted(p for *_, p in compare_pairs(runs))
    shown = len(telling_pairs(runs))
    if shown == len(adjusted):
        return "Each pair of models" if shown > 1 else "The two models"
    left = adjusted[shown:]
    clear = sum(map(is_clear, left))
    return (
        f"The {shown} of {len(adjusted):,} pairs of models with the smallest p; of the {counted(len(left), 'other')}, "
        f"{clear or 'none'} {'differs' if clear == 1 else 'differ'} by more than noise. Each pair is compared"
    )
