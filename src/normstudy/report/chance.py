"""Where the spread between runs comes from: weights, order or augmentation, one at a time and all together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from normstudy.report import markup, run_rows, sweep
from normstudy.report.dot_rows import Row, rows_figure
from normstudy.report.drawing import COLOURS
from normstudy.report.models import Model
from normstudy.report.numbers_behind import folded
from normstudy.report.series import judged_alike, note_on_diverged
from normstudy.report.shares import Share, share_of_source, sum_of_shares
from normstudy.report.wording import counted, join_words, rounded
from normstudy.runs.record import RecordedRun, RecordedStudy
from normstudy.runs.reproduction import kind_of_model

SOURCES = {
    "seed_weights": "first weights",
    "seed_order": "order of the images",
    "seed_augmentation": "augmentation",
}
"""By the parameter that varies it, and how it is called."""

FEWEST = 5
"""Runs in which everything varies, from which there is a variance to compare with."""


@dataclass(frozen=True)
class Source:
    """A source of chance: by seed, which fixes the others, the (n,) accuracies of the runs that differ in it."""

    name: str
    groups: dict[int, np.ndarray]
    share: Share

    @property
    def deviations(self) -> np.ndarray:
        """(runs,) of all, from the means of their groups (fractions)."""
        return np.concatenate([group - group.mean() for group in self.groups.values()])


def section(study: RecordedStudy, main: RecordedStudy | None = None) -> str:
    """The section, as Markdown with its heading; `main`: where everything varies. The general one without that."""
    everything = runs_like(study, main) if main else []
    if len(everything) < FEWEST or not judged_alike(study.runs):
        return sweep.section(study)
    whole = np.array([run.final("test_accuracy") for run in everything])
    sources = sources_of(study.runs, whole)
    if len(sources) < 2 or not whole.var():
        return sweep.section(study)
    together = sum_of_shares([source.share for source in sources], whole)
    models = [Model(source.name, tuple(_runs_of(study.runs, key))) for key, source in _keyed(sources)]
    return "\n\n".join(
        [
            "### Where chance comes from {#sec-chance}",
            in_words(sources, together, whole),
            markup.figure("chance", _figure(sources, whole), _alt(sources, whole), _caption(study, sources))
            + folded("chance", run_rows.at_the_end([*models, Model("everything", tuple(everything))])),
            markup.table("chance", chance_table(sources, together, whole), _table_caption()),
        ]
    )


def runs_like(study: RecordedStudy, main: RecordedStudy) -> list[RecordedRun]:
    """Those of `main` of the same model as `study`'s and judged by the same images, which finished."""
    kinds = {kind_of_model(run.config) for run in study.runs}
    if len(kinds) > 1:
        return []
    return [run for run in main.runs if kind_of_model(run.config) in kinds and not run.diverged]


def sources_of(runs: Sequence[RecordedRun], whole: np.ndarray) -> list[Source]:
    """The sources of which runs differ in nothing else, two or more with one seed."""
    found = []
    for key, name in SOURCES.items():
        groups: dict[int, list[float]] = {}
        for run in _runs_of(runs, key):
            if not run.diverged:
                groups.setdefault(run.config.seed, []).append(run.final("test_accuracy"))
        several = {seed: np.array(values) for seed, values in groups.items() if len(values) > 1}
        if several:
            found.append(Source(name, several, share_of_source(list(several.values()), whole)))
    return found


def in_words(sources: Sequence[Source], together: Share, whole: np.ndarray) -> str:
    """What was varied, what each source makes of the whole, and whether these parts add up."""
    runs = sum(len(source.deviations) for source in sources)
    each_told = join_words([f"{_of(source.share)} with the {source.name} alone" for source in sources])
    alone = [f"the {source.name}" for source in sources if source.share.low <= 1 <= source.share.high]
    enough = (
        f" So far as these runs can tell, {' or '.join(alone)} alone could make as much as everything together."
        if alone
        else ""
    )
    return (
        "Runs of one model differ because three seeds do: that of the first weights, of the order of the images, and "
        f"of the augmentation [@bouthillier2021]. Here they are varied one at a time, {counted(runs, 'run')}, the "
        f"other two fixed; in the main comparison all three vary at once ({counted(len(whole), 'run')}, with a "
        f"standard deviation of {_points(whole.var(ddof=1))} points). The variance is, as a share of that, {each_told} "
        f"(@fig-chance, @tbl-chance).{enough} {_on_sum(together)}"
    )


def chance_table(sources: Sequence[Source], together: Share, whole: np.ndarray) -> pd.DataFrame:
    """One row per source, their sum, and everything at once."""
    rows = [
        {
            "what varies": source.name,
            "runs": str(len(source.deviations)),
            "standard deviation (points)": _points(source.share.variance),
            "share of the variance": _of(source.share),
        }
        for source in sources
    ]
    rows.append({"what varies": "sum of these", "runs": "–", "standard deviation (points)": _points(together.variance)})
    rows[-1]["share of the variance"] = _of(together)
    rows.append({"what varies": "everything", "runs": str(len(whole))})
    rows[-1] |= {"standard deviation (points)": _points(whole.var(ddof=1)), "share of the variance": "1"}
    return pd.DataFrame(rows)


def _on_sum(together: Share) -> str:
    told = f"Together the shares are {_of(together)}"
    if together.low > 1:
        return (
            f"{told}: they do not add up to 1, because the sources interact. What one of them does depends on the "
            "others, and that counts for each that takes part [@efron1981]: a run is a chaotic thing, in which any "
            "change leads elsewhere."
        )
    if together.high < 1:
        return (
            f"{told}, which is less than any true shares can be [@efron1981]: something else varies, or chance misled."
        )
    return (
        f"{told}, which leaves room for a sum of 1, as there is where sources act independently of each other "
        "[@efron1981]."
    )


def _figure(sources: Sequence[Source], whole: np.ndarray) -> Figure:
    """A row per source and one of everything, as deviations from the mean."""
    colour = COLOURS["bn"]
    parts = [(source.name, source.deviations, source.share.variance) for source in sources]
    parts.append(("everything", whole - whole.mean(), float(whole.var(ddof=1))))
    rows = []
    for name, deviations, variance in parts:
        sd = 100 * float(np.sqrt(variance))
        rows.append(Row(name, colour, 100 * deviations, (-sd, sd), f"±{rounded(sd, 3)}"))
    return rows_figure(rows, "accuracy, from the mean of runs that differ in nothing else (percentage points)")


def _alt(sources: Sequence[Source], whole: np.ndarray) -> str:
    told = [f"{source.name} {_points(source.share.variance)}" for source in sources]
    return (
        "Dot plot of the deviations of accuracies from their mean, with standard deviations in points: "
        f"{', '.join(told)}, everything {_points(whole.var(ddof=1))}."
    )


def _caption(study: RecordedStudy, sources: Sequence[Source]) -> str:
    fixed = max(len(source.groups) for source in sources)
    return (
        f"Every run, as the difference to the mean of those that have the other two seeds in common ({fixed} such "
        f"groups of each source), and the standard deviation as a bar.{note_on_diverged(study.runs)}"
    )


def _table_caption() -> str:
    return (
        "The spread of runs in which one source of chance varies and the others are fixed, mean over what they are "
        "fixed at, beside runs in which everything varies; shares of the variance with 95 % intervals (Fisher's F; of "
        "the sum, with Satterthwaite's degrees of freedom)."
    )


def _keyed(sources: Sequence[Source]) -> list[tuple[str, Source]]:
    keys = {name: key for key, name in SOURCES.items()}
    return [(keys[source.name], source) for source in sources]


def _runs_of(runs: Sequence[RecordedRun], key: str) -> list[RecordedRun]:
    """Those in which the source `key` has a seed of its own, and no other has."""
    others = [other for other in SOURCES if other != key]
    return [
        run
        for run in runs
        if getattr(run.config, key) is not None and all(getattr(run.config, other) is None for other in others)
    ]


def _of(share: Share) -> str:
    """`0.92 (0.45 to 1.80)`."""
    return f"{rounded(share.share, 2)} ({rounded(share.low, 2)} to {rounded(share.high, 2)})"


def _points(variance: float) -> str:
    return rounded(100 * float(np.sqrt(variance)), 3)
