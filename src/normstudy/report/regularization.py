"""The section that parts normalization and penalty: what each does to accuracy, and penalties to weights and rates."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from normstudy.report import markup, run_rows, sweep
from normstudy.report.estimates import intervals
from normstudy.report.estimates_in_words import nats, on_spread, percent
from normstudy.report.markup import escape
from normstudy.report.numbers_behind import folded
from normstudy.report.penalties import Normalization, normalizations_of, penalty_with_strength
from normstudy.report.penalty_effects import Effects, effects_of, effects_table, in_words, listed, parted
from normstudy.report.regularization_pictures import effects_figure
from normstudy.report.series import errors, judged_alike, losses, note_on_diverged, protocol
from normstudy.report.shrinkage import mean_text, spreads, tiny
from normstudy.report.shrunk_weights import effective_rates, rates_picture, shrinkage, shrinkage_picture
from normstudy.report.statistics import AMOUNT, SHARE
from normstudy.runs.record import RecordedStudy


def section(study: RecordedStudy) -> str:
    """The section, as Markdown with its heading; the general one where no normalization has several penalties."""
    found = normalizations_of(study.runs)
    if not any(each.effects for each in found) or not judged_alike(study.runs):
        return sweep.section(study)
    effects = effects_of(found)
    parts = [
        f"### {escape(study.title)} {{#sec-regularization}}",
        "A batch-normalized network with an L1 penalty, put beside others with none, differs from them in two things. "
        f"@fig-regularization and @tbl-regularization part them: {protocol(study.runs)}. {in_words(effects)} "
        f"{parted(found)}",
        _effects_picture(found, effects, study),
        cells(found),
        _effects_table(effects),
        shrinkage(found),
        shrinkage_picture(found),
        effective_rates(found),
        rates_picture(found),
    ]
    return "\n\n".join(part.strip() for part in parts if part.strip())


def cells(normalizations: Sequence[Normalization]) -> str:
    """`@tbl-regularization`: every normalization with every penalty."""
    every = [(each.name, model) for each in normalizations for model in each.by_penalty.values()]
    error, loss = (
        intervals([numbers(model) for _, model in every], bounds)
        for numbers, bounds in ((errors, SHARE), (losses, AMOUNT))
    )
    split = normalizations[0].config.evaluate_on
    frame = pd.DataFrame(
        {
            "model": escape(name),
            "penalty": escape(penalty_with_strength(model.config)),
            "runs": str(len(model.finished)),
            f"{split} error (%)": percent(own_error),
            "loss (nats)": nats(own_loss),
            "spread": mean_text(spreads(model.runs), ".3f"),
            "< 0.1 (%)": mean_text(100 * tiny(model.runs, "0.1"), ".1f"),
            "< 0.01 (%)": mean_text(100 * tiny(model.runs, "0.01"), ".2f"),
        }
        for (name, model), own_error, own_loss in zip(every, error, loss, strict=True)
    )
    caption = (
        "Error and loss at the end, means over the seeds with 95 % intervals, and how far the weights of the "
        "convolutions are shrunk: “spread” is ‖w‖₁/(‖w‖₂ √n), then the shares of weights below so much of their "
        "layer’s root mean square; means over convolutions and seeds."
    )
    return markup.table("regularization", frame, caption)


def _effects_picture(found: Sequence[Normalization], effects: Effects, study: RecordedStudy) -> str:
    every = [(each.name, penalty, model) for each in found for penalty, model in each.by_penalty.items()]
    estimates = intervals([errors(model) for *_, model in every], SHARE)
    told = [f"{name}, {penalty}: {percent(own)} %" for (name, penalty, _), own in zip(every, estimates, strict=True)]
    alt = (
        f"Left, points of the {found[0].config.evaluate_on} errors: {'; '.join(told)}. Right, differences of accuracy "
        f"to no penalty: {listed(effects.of_penalties)}."
    )
    caption = (
        "Left: the error of each run (small) with each penalty, the mean over the seeds and its 95 % interval. "
        f"{on_spread([errors(model) for *_, model in every])} Right: how much more accurate a penalty makes a model "
        f"than none does, seed by seed (small), with the mean and its 95 % interval.{note_on_diverged(study.runs)}"
    )
    picture = markup.figure("regularization", effects_figure(found, effects), alt, caption)
    models = [model for *_, model in every]
    return picture + folded("regularization", run_rows.at_the_end(models))


def _effects_table(effects: Effects) -> str:
    if not effects.all:
        return ""
    caption = (
        "Differences of the final accuracy, seed by seed: of penalties within a normalization, and of normalizations "
        "with the same penalty. Intervals are Student’s at 95 %, each by itself; p-values of paired t tests, adjusted "
        "by Holm’s method over all rows."
    )
    return markup.table("regularization-effects", effects_table(effects), caption)
