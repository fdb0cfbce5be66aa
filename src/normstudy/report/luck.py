"""How lucky a figure is: one run, its best epoch, the best of several runs, and where public claims lie among them."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from normstudy.report import markup, run_rows
from normstudy.report.best_of import best_epochs, chance_of_best, expected_best, share_reaching
from normstudy.report.claims import Claim, claims
from normstudy.report.drawing import COLOURS, PLAIN, WIDTH
from normstudy.report.models import Model, models_of
from normstudy.report.numbers_behind import folded
from normstudy.report.over_seeds import LEAST_SEEDS
from normstudy.report.statistics import SHARE, mean_interval
from normstudy.report.wording import counted, join_words, percent_range, rounded
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedStudy

FEW = 5
"""Of so many runs the best is what a patient person reports."""

LOWEST = 99.0
"""Percent from which claims are drawn; those below are counted."""


def section(study: RecordedStudy) -> str:
    """The section, as Markdown with its heading; nothing of other images than MNIST's test images, or of few runs."""
    models = [model for model in models_of(study.runs) if len(model.finished) >= LEAST_SEEDS]
    config = study.runs[0].config
    if not models or (config.dataset, config.evaluate_on) != ("mnist", "test"):
        return ""
    found = claims()
    many = most_runs(found)
    return "\n\n".join(
        [
            f"### How lucky is {highest(found).accuracy:.2f} %? {{#sec-luck}}",
            on_choosing(models, many),
            markup.table("chosen", chosen_table(models, many), _chosen_caption(models)),
            on_claims(models, found),
            markup.figure("luck", luck_figure(models, found), luck_alt(models, found), _luck_caption(models, found))
            + folded("luck", run_rows.at_the_end(models, _best_epoch)),
            markup.folded(
                "Every claim that was looked up",
                markup.table("claims", claims_table(models, found), _claims_caption()),
            ),
        ]
    )


def highest(found: Sequence[Claim]) -> Claim:
    """The claim with the highest accuracy."""
    return max(found, key=lambda claim: claim.accuracy)


def most_runs(found: Sequence[Claim]) -> int:
    """Of how many runs the one is that was chosen from most."""
    return max(claim.runs for claim in found)


def on_choosing(models: Sequence[Model], many: int) -> str:
    """How far the choice of an epoch, or of a run, by the test images raises a figure, model by model."""
    gains = [_gain_in_words(model) for model in models]
    chosen = [_choice_in_words(model, many) for model in models if len(model.finished) >= many]
    several = (
        f" The best of {many} runs, each at its best epoch, would on average be {join_words(chosen)} than one run "
        "after its last epoch."
        if chosen
        else ""
    )
    return (
        "A figure of one run is a draw from all that its seed could have given, and it rises with every choice that is "
        "made on the test images. Reporting a run's best epoch in place of its last one adds on average "
        f"{join_words(gains)} percentage points.{several} @tbl-chosen has what else could have been reported of the "
        "very same runs. This report takes the last epoch of seeds that were fixed in advance."
    )


def on_claims(models: Sequence[Model], found: Sequence[Claim]) -> str:
    """Where the public claims lie among our runs: how many of them any run reaches, and the highest of all."""
    by_norm = {model.config.norm: model for model in models}
    judged = [claim for claim in found if claim.norm in by_norm]
    reached = [claim for claim in judged if _reached(by_norm[claim.norm], claim.accuracy) > 0]
    typical = [claim for claim in judged if 100 * by_norm[claim.norm].accuracies.mean() >= claim.accuracy]
    solutions = len({claim.repository for claim in found})
    single = len([claim for claim in found if claim.runs == 1])
    text = (
        f"We looked up {counted(len(found), 'figure')} in {solutions} public solutions of the same assignment "
        f"(@fig-luck, @tbl-claims), {single} of them of a single run. Of {len(judged)} that have a normalization of "
        f"ours, {len(typical)} are at or below the mean of our runs with that normalization, and {len(reached)} are "
        "reached by at least one of them."
    )
    top = highest(found)
    if top.norm not in by_norm:
        return text
    model = by_norm[top.norm]
    last, best = model.accuracies, best_epochs(model.finished)
    chance = (
        f" Were ours the runs of that sweep, the best of {top.runs} would have reached it with a probability of "
        f"{_percent(chance_of_best(last, top.accuracy / 100, top.runs))} after the last epoch, and of "
        f"{_percent(chance_of_best(best, top.accuracy / 100, top.runs))} at the best epoch."
        if len(last) >= top.runs > 1
        else ""
    )
    return (
        f"{text} The highest, {top.accuracy:.2f} % ({top.model}, {_kind(top)}), is reached by "
        f"{_count(last, top)} of {len(last)} runs of {model.name} after their last epoch, and by {_count(best, top)} "
        f"at their best.{chance}"
    )


def chosen_table(models: Sequence[Model], many: int) -> pd.DataFrame:
    """One row per model: what would be reported of its runs, in percent, by each way of choosing."""
    rows = []
    for model in models:
        last, best = model.accuracies, best_epochs(model.finished)
        rows.append(
            {
                "model": markup.unbroken(model.name),
                "last epoch": _figure(last, 1),
                "its range": markup.unbroken(percent_range(last.min(), last.max())),
                "best epoch": _figure(best, 1),
                f"best of {FEW} runs": _figure(last, FEW),
                f"best of {many} runs": _figure(last, many),
                f"best epoch, best of {many}": _figure(best, many),
            }
        )
    return pd.DataFrame(rows)


def claims_table(models: Sequence[Model], found: Sequence[Claim]) -> pd.DataFrame:
    """One row per claim: where it stands, what it is, and how many of our runs reach it."""
    by_norm = {model.config.norm: model for model in models}
    return pd.DataFrame(
        {
            "solution": markup.escape(claim.repository),
            "model": markup.unbroken(claim.model),
            "parameters": f"{claim.parameters:,}",
            "claimed (%)": f"{claim.accuracy:.2f}",
            "as": _kind(claim),
            "reached by": _of_ours(by_norm.get(claim.norm), claim),
        }
        for claim in found
    )


@matplotlib.style.context(PLAIN)
def luck_figure(models: Sequence[Model], found: Sequence[Claim]) -> Figure:
    """Three rows per model: last epochs, best epochs, and the claims for its normalization, over accuracy (percent)."""
    figure = Figure(figsize=(WIDTH, 0.8 + 1.15 * len(models)), layout="constrained")
    axes = figure.subplots()
    ticks = {}
    for place, model in enumerate(models):
        top = -3.4 * place
        colour = COLOURS[model.config.norm]
        _pile(axes, 100 * model.accuracies, top, color=colour, mfc=colour)
        _pile(axes, 100 * best_epochs(model.finished), top - 1, color=colour, mfc="white")
        drawn = [claim.accuracy for claim in _claimed(model, found) if claim.accuracy >= LOWEST]
        axes.plot(drawn, [top - 1.9] * len(drawn), "|", color="black", ms=10, mew=1.2)
        low = len(_claimed(model, found)) - len(drawn)
        if low:
            axes.annotate(
                f"← {low} below", (0.005, top - 1.9), xycoords=("axes fraction", "data"), va="center", fontsize=8
            )
        ticks |= {top: f"{model.name}, last epoch", top - 1: "best epoch", top - 1.9: "public claims"}
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.set_xlim(left=LOWEST - 0.12)
    axes.set_xlabel("accuracy on MNIST's test images (%)")
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    return figure


def luck_alt(models: Sequence[Model], found: Sequence[Claim]) -> str:
    """Alternative text of the `luck_figure`."""
    told = []
    for model in models:
        last, best = model.accuracies, best_epochs(model.finished)
        claimed = [claim.accuracy / 100 for claim in _claimed(model, found)]
        told.append(
            f"{model.name}: last epochs {percent_range(last.min(), last.max())} %, best epochs "
            f"{percent_range(best.min(), best.max())} %"
            + (f", claims {percent_range(min(claimed), max(claimed))} %" if claimed else "")
        )
    return f"Dot plot of the accuracies of all runs beside those that are claimed. {'; '.join(told)}."


def _pile(axes: Axes, values: np.ndarray, base: float, **style: str) -> None:
    """`values` (percent of 10,000 images) as dots over `base`, equal ones on each other."""
    ranked = np.sort(np.round(values, 2))
    below = np.arange(len(ranked)) - np.searchsorted(ranked, ranked)  # equal ones
    axes.plot(ranked, base + below * min(0.12, 0.75 / (below.max() + 1)), "o", ms=3.6, mew=0.8, **style)


def _best_epoch(run: FinishedRun) -> dict[str, float]:
    """The accuracy of the epoch that the images of evaluation like best, as a column of numbers behind a figure."""
    return {} if run.diverged else {"accuracy of the best epoch (fraction)": float(best_epochs([run])[0])}


def _claimed(model: Model, found: Sequence[Claim]) -> list[Claim]:
    return [claim for claim in found if claim.norm == model.config.norm]


def _kind(claim: Claim) -> str:
    return claim.kind if claim.runs == 1 else f"best of {claim.runs} runs"


def _figure(values: np.ndarray, count: int) -> str:
    return rounded(100 * expected_best(values, count), 2) if len(values) >= count else "–"


def _reached(model: Model, accuracy: float) -> float:
    return share_reaching(model.accuracies, accuracy / 100)


def _count(values: np.ndarray, claim: Claim) -> int:
    return round(len(values) * share_reaching(values, claim.accuracy / 100))


def _of_ours(model: Model | None, claim: Claim) -> str:
    """`3 of 40` of our runs: at the best epoch where that is what was claimed, else after the last one."""
    if model is None:
        return "–"
    values = best_epochs(model.finished) if claim.kind == "best epoch" else model.accuracies
    return markup.unbroken(f"{_count(values, claim)} of {len(values)}")


def _gain_in_words(model: Model) -> str:
    """`0.021 (95 % interval 0.017 to 0.025) for GN`."""
    mean, low, high = mean_interval(best_epochs(model.finished) - model.accuracies, SHARE)
    limits = f" (95 % interval {percent_range(low, high, 3)})" if np.isfinite(low) else ""
    return f"{rounded(100 * mean, 3)}{limits} for {model.name}"


def _choice_in_words(model: Model, many: int) -> str:
    more = expected_best(best_epochs(model.finished), many) - model.accuracies.mean()
    return f"{rounded(100 * more, 2)} points higher for {model.name}"


def _percent(share: float) -> str:
    """Never certain, of a sample: `> 99 %`."""
    return "> 99 %" if share > 0.99 else "< 1 %" if share < 0.01 else f"{100 * share:.0f} %"


def _chosen_caption(models: Sequence[Model]) -> str:
    return (
        f"What could be reported of the same {len(models[0].finished)} runs per model, in percent: the mean after the "
        "last epoch, and its range; the mean of each run’s best epoch; and what the best of several runs is on "
        "average, over all choices of so many of ours [@tang2020]. All but the first are chosen by the test images."
    )


def _luck_caption(models: Sequence[Model], found: Sequence[Claim]) -> str:
    return (
        "Every run of every model (dots; equal ones are piled up) after its last epoch and, open, at the epoch that "
        "the test images like best; below, as ticks, what public solutions claim with that normalization, whatever "
        "their network and penalty."
    )


def _claims_caption() -> str:
    return (
        "What public solutions of the assignment claim, as we read it in their repositories, and how many of our runs "
        "with the same normalization are as good: at their best epoch where that is what was claimed, else after the "
        "last. Their networks, penalties and augmentations differ from ours and from each other. What was run twice "
        "with one code and seed stands twice."
    )
