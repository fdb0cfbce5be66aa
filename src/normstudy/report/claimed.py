"""Claimed, and what we found: the public solution that this project answers, claim by claim."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from normstudy.report import markup
from normstudy.report.best_of import share_reaching
from normstudy.report.claims import answered
from normstudy.report.judges import FAILS, HOLDS, IN_PART, JUDGES, OPEN, UNMEASURED, Records, Verdict
from normstudy.report.markup import escape
from normstudy.report.models import models_of
from normstudy.report.over_seeds import final_accuracies
from normstudy.report.wording import counted, join_words
from normstudy.runs.folder import FinishedRun

_FILE = Path(__file__).parent / "data" / "worded_claims.csv"


_PHRASES = {
    HOLDS: ("holds", "hold"),
    IN_PART: ("holds in part", "hold in part"),
    FAILS: ("does not hold", "do not hold"),
    OPEN: ("is open, within the noise", "are open, within the noise"),
    UNMEASURED: ("is not measured yet", "are not measured yet"),
}
"""By verdict, what one claim does and what several do."""


@dataclass(frozen=True)
class Worded:
    """A claim in words, where it stands, and the name of who decides on it (`JUDGES`)."""

    judge: str
    where: str
    quote: str


@cache
def worded_claims() -> tuple[Worded, ...]:
    """All of them, those that were measured first."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return tuple(Worded(**row) for row in csv.DictReader(line for line in lines if not line.startswith("#")))


def section(records: Records, told: Mapping[str, str], compared: Sequence[FinishedRun]) -> str:
    """The section, as Markdown with its heading; nothing where no study is recorded that could decide on anything.

    `told`: by study, its section, which is referred to. For the study `main` that is the part on the runs that are
    `compared`, where these are its runs.
    """
    judged = judgements(records)
    if not any(verdict.study for _, verdict in judged):
        return ""
    main = {run.name for run in records["main"].runs} if "main" in records else {""}
    where = {**told, "main": "{#sec-differences}" if main <= {run.name for run in compared} else ""}
    return "\n\n".join(
        [
            "### Claimed, and what we found {#sec-claimed}",
            f"{in_words(judged)} {on_figures(records)}".rstrip() + " @tbl-claimed takes the claims one by one.",
            markup.table("claimed", claimed_table(judged, where), _caption()),
        ]
    )


def for_readme(records: Records) -> str:
    """Prose and table without references to other parts; nothing as `section`."""
    judged = judgements(records)
    if not any(verdict.study for _, verdict in judged):
        return ""
    table = claimed_table(judged).to_markdown(index=False, tablefmt="pipe", disable_numparse=True)
    return f"{in_words(judged)} {on_figures(records)}".rstrip() + f"\n\n{table}\n"


def judgements(records: Records) -> list[tuple[Worded, Verdict]]:
    """Every claim with the verdict on it."""
    return [(claim, JUDGES[claim.judge](records)) for claim in worded_claims()]


def in_words(judged: Sequence[tuple[Worded, Verdict]]) -> str:
    """How many claims there are, and how many of each verdict."""
    counts = Counter(verdict.word for _, verdict in judged)
    parts = [f"{counts[word]} {phrases[counts[word] > 1]}" for word, phrases in _PHRASES.items() if counts[word]]
    claim = answered()[0]
    return (
        f"The public solution that this project answers ({escape(claim.repository)}, {escape(claim.folder)}) makes "
        f"{counted(len(judged), 'claim')} on normalizations in words. By what was measured here, or by definition, "
        f"{join_words(parts)}."
    )


def on_figures(records: Records) -> str:
    """How many of our runs reach each of its accuracies; nothing where `main` is not of MNIST's test images."""
    main = records.get("main")
    if not main or (main.runs[0].config.dataset, main.runs[0].config.evaluate_on) != ("mnist", "test"):
        return ""
    by_norm = {model.config.norm: model for model in models_of(main.runs) if model.finished}
    own = [claim for claim in answered() if claim.norm in by_norm]
    told = []
    for claim in own:
        model = by_norm[claim.norm]
        values = final_accuracies(model, [run.config.seed for run in model.finished])
        reached = round(len(values) * share_reaching(values, claim.accuracy / 100))
        told.append(f"{claim.accuracy:.2f} % ({claim.norm.upper()}) by {reached} of {len(values)} runs of {model.name}")
    if not told:
        return ""
    apart = round(100 * (max(claim.accuracy for claim in own) - min(claim.accuracy for claim in own)))
    return (
        f"Its accuracies, each of one run, lie within {counted(apart, 'image')} of 10,000; here they are reached: "
        f"{join_words(told)}."
    )


def claimed_table(judged: Sequence[tuple[Worded, Verdict]], told: Mapping[str, str] | None = None) -> pd.DataFrame:
    """One row per claim; with `told`, a reference behind what was found."""
    return pd.DataFrame(
        {
            "claimed": f"“{escape(claim.quote)}” ({escape(claim.where)})",
            "verdict": verdict.word if verdict.word == UNMEASURED else f"**{verdict.word}**",
            "found": " ".join(filter(None, [verdict.evidence, _where(verdict, told)])) or "–",
        }
        for claim, verdict in judged
    )


def _where(verdict: Verdict, told: Mapping[str, str] | None) -> str:
    if told is None:
        return ""
    heading = re.search(r"\{#(sec-[\w-]+)\}", told.get(verdict.study, ""))
    section = verdict.section or (heading[1] if heading else "")
    return f"(@{section})" if section else ""


def _caption() -> str:
    return (
        "What the public solution says of normalizations, with the part of its text, and what was found here. Ratios "
        "and differences have 95 % intervals; a claim on errors *holds* or *does not hold* where these leave out that "
        "there is no difference."
    )
