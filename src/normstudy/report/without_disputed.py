"""Disputed labels: what the runs say of images whose labels people dispute, and the accuracy without them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from normstudy.report import markup
from normstudy.report.disputed import MARK, Dispute, disputes
from normstudy.report.estimates_in_words import number
from normstudy.report.judgements import Judgements, judgements, kind_of_mean, note_on_left_out
from normstudy.report.labels import class_names, data_name
from normstudy.report.markup import unbroken
from normstudy.report.statistics import PERCENT, mean_interval
from normstudy.report.wording import counted
from normstudy.runs.folder import FinishedRun

PEOPLE = 5
"""Asked of each image."""


def section(runs: Sequence[FinishedRun]) -> str:
    """Heading, prose and tables; nothing for data of which no labels are known to be disputed."""
    judged = judgements(runs)
    if not judged or not disputed_positions(judged[0]).size:
        return ""
    return "\n\n".join(
        ["### Disputed labels {#sec-disputed}", in_words(judged), accuracy(runs, judged), images(runs, judged)]
    )


def disputed_positions(judged: Judgements) -> np.ndarray:
    """Positions (m,) of the disputed among the images."""
    return np.flatnonzero(np.isin(judged.index, list(disputes(judged.config))))


def accuracies(judged: Judgements) -> tuple[np.ndarray, np.ndarray]:
    """(runs,) and (runs,): the fraction of images that each run gets right, of all and of those without dispute."""
    right = ~judged.wrong
    return right.mean(axis=1), np.delete(right, disputed_positions(judged), axis=1).mean(axis=1)


def in_words(judged: Sequence[Judgements]) -> str:
    """What is disputed, how the runs judge it, and what that makes of the accuracy."""
    places = disputed_positions(judged[0])
    wrong = np.concatenate([each.wrong[:, places] for each in judged])
    most, every = int((2 * wrong.sum(axis=0) > len(wrong)).sum()), int(wrong.all(axis=0).sum())
    gains = [100 * float(np.mean(without - of_all)) for of_all, without in map(accuracies, judged)]
    low, high = (f"{gain:+.2f}".replace("-", "−") for gain in (min(gains), max(gains)))
    several = f"more than half of the {len(wrong):,} runs, {every} by every one"
    by_whom = {1: "the one run", 2: "both runs"}.get(len(wrong), several)
    return (
        f"Not every label is right. Test images whose labels an algorithm had doubted were shown to {PEOPLE} people "
        f"each [@northcutt2021]. With the labels of {len(places)} images fewer than three of them agreed; "
        f"these are marked with {MARK} wherever this page shows them. {most} {'is' if most == 1 else 'are'} "
        f"misclassified by {by_whom} (@tbl-disputed). Without the {len(places)} the accuracy changes by "
        f"{low if low == high else f'{low} to {high}'} points (@tbl-without-disputed). Everywhere else on this page "
        "the labels count as they are."
    )


def accuracy(runs: Sequence[FinishedRun], judged: Sequence[Judgements]) -> str:
    """`@tbl-without-disputed`: per model, the accuracy with all labels and without disputed ones."""
    rows = []
    for each in judged:
        of_all, without = (100 * values for values in accuracies(each))
        rows.append(
            {
                "model": unbroken(each.name),
                "runs": each.runs,
                "accuracy (%)": number(mean_interval(of_all, PERCENT), 3),
                "without disputed (%)": number(mean_interval(without, PERCENT), 3),
                "difference (points)": number(mean_interval(without - of_all), 3),
            }
        )
    caption = (
        f"Accuracy of the last epoch with all labels and without the {len(disputed_positions(judged[0]))} disputed "
        f"ones ({data_name(runs)}): {kind_of_mean(judged)}.{note_on_left_out(runs)}"
    )
    return markup.table("without-disputed", pd.DataFrame(rows), caption)


def images(runs: Sequence[FinishedRun], judged: Sequence[Judgements]) -> str:
    """`@tbl-disputed`: each disputed image with the votes of people and of runs."""
    known = disputes(judged[0].config)
    rows = [_votes(known[int(judged[0].index[place])], place, judged) for place in disputed_positions(judged[0])]
    caption = (
        f"Images with disputed labels, by their number in the data set: what {PEOPLE} people chose (the label, the "
        f"other class that was offered, both or neither) [@northcutt2021], and what share of the "
        f"{counted(sum(each.runs for each in judged), 'run')} of all models says."
    )
    return markup.table("disputed", pd.DataFrame(rows), caption)


def _votes(dispute: Dispute, place: int, judged: Sequence[Judgements]) -> dict[str, object]:
    names = class_names(judged[0].config)
    said = np.concatenate([each.predicted[:, place] for each in judged])
    label, other = np.mean(said == dispute.label), np.mean(said == dispute.other)
    return {
        "no.": dispute.index,
        "label": names[dispute.label],
        "other": names[dispute.other],
        "people: label": dispute.for_label,
        "people: other": dispute.for_other,
        "people: else": dispute.for_neither,
        "runs: label (%)": f"{100 * label:.0f}",
        "runs: other (%)": f"{100 * other:.0f}",
        "runs: else (%)": f"{100 * np.mean((said != dispute.label) & (said != dispute.other)):.0f}",
    }
