"""The section on how strong an L1 penalty may be: errors, losses and shrinkage against λ."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from normstudy.report import markup, run_rows, sweep
from normstudy.report.drawing import COLOURS, MARKERS, PLAIN, WIDTH
from normstudy.report.estimates import intervals
from normstudy.report.estimates_in_words import flat, nats, on_spread, percent
from normstudy.report.markup import escape
from normstudy.report.models import Model, by_seed, shared_seeds
from normstudy.report.numbers_behind import folded
from normstudy.report.paired_seeds import paired_p
from normstudy.report.points import Look, draw_diverged, draw_points, scale_measure
from normstudy.report.series import (
    errors,
    is_line,
    judged_alike,
    losses,
    note_on_diverged,
    protocol,
    series_of,
    short_names,
)
from normstudy.report.shrinkage import GAUSSIAN_SPREAD, gaussian_tiny, mean_text, of_convolutions, spreads, tiny
from normstudy.report.statistics import AMOUNT, CONFIDENCE, PERCENT, SHARE, adjust_for_many, paired_interval
from normstudy.report.wording import join_words, short
from normstudy.runs.record import RecordedRun, RecordedStudy

MEASURED = ((errors, SHARE), (losses, AMOUNT))
"""What is measured of the runs of a cell, and within which bounds it lies."""


def section(study: RecordedStudy) -> str:
    """The section, as Markdown with its heading; the general one where a study varies something else."""
    line = series_of(study.runs)
    if len(line) > 1 or not is_line(line[0], "l1") or not judged_alike(study.runs):
        return sweep.section(study)
    cells = sorted(line[0].cells, key=lambda cell: cell.config.l1)
    (name,) = short_names(line)
    parts = [
        f"### {escape(study.title)} {{#sec-penalty}}",
        f"@fig-penalty and @tbl-penalty show what becomes of {name.removesuffix(' + L1')} as λ of the penalty λ Σ|w| "
        f"grows: {protocol(study.runs)}. {borne(cells)} {shrinkage(cells)}",
        _picture(cells, study),
        markup.table("penalty", table(cells), "The strength of the L1 penalty; intervals as in @fig-penalty."),
    ]
    return "\n\n".join(part.strip() for part in parts)


def borne(cells: Sequence[Model]) -> str:
    """Which penalties change the loss beyond the noise, and which is the strongest that does no harm."""
    plain = next((cell for cell in cells if not cell.config.l1), None)
    compared = []
    for cell in cells:
        seeds = shared_seeds([cell, plain]) if plain and cell is not plain else []
        if seeds:
            own, base = (
                np.array([run.history[-1]["test_loss"] for run in by_seed(each, seeds)]) for each in (cell, plain)
            )
            compared.append((cell, own, base))
    if not compared:
        return "There is nothing to compare with and without a penalty."
    adjusted = adjust_for_many([paired_p(own, base) for _, own, base in compared])
    worse, better = [], []
    for (cell, own, base), p_value in zip(compared, adjusted, strict=True):
        if p_value < 1 - CONFIDENCE:
            told = f"{short(cell.config.l1)} ({flat(nats(paired_interval(own, base)))} nats)"
            (worse if own.mean() > base.mean() else better).append((cell, told))
    sentences = [
        f"The loss is {'higher' if those is worse else 'lower'} than without a penalty, beyond the noise, with λ = "
        f"{join_words([told for _, told in those])}."
        for those in (worse, better)
        if those
    ]
    if not sentences:
        sentences = ["No λ changes the loss beyond the noise."]
    harmful = {id(cell) for cell, _ in worse}
    harmless = [cell for cell, *_ in compared if id(cell) not in harmful]
    if harmless and worse:
        sentences.append(f"The strongest that was not found to do harm is {short(harmless[-1].config.l1)}.")
    sentences.append(
        f"These are paired t tests over the seeds at {100 * (1 - CONFIDENCE):.0f} %, adjusted by Holm’s method over "
        f"the {len(compared)}."
        if len(compared) > 1
        else "This is a paired t test over the seeds."
    )
    return " ".join(sentences)


def shrinkage(cells: Sequence[Model]) -> str:
    """How far the weakest and the strongest penalty shrink weights beside each other."""
    known = [cell for cell in cells if spreads(cell.runs).size]
    if len(known) < 2:
        return "How far weights are shrunk was not measured for several λ."
    told = [
        f"from {mean_text(numbers(known[0]), places)} at λ = {short(known[0].config.l1)} to "
        f"{mean_text(numbers(known[-1]), places)} at λ = {short(known[-1].config.l1)}"
        for numbers, places in ((_spread, ".3f"), (_tiny, ".1f"))
    ]
    return (
        f"‖w‖₁/(‖w‖₂ √n) of the convolutions, which does not depend on their scale, goes {told[0]} "
        f"({GAUSSIAN_SPREAD:.3f} for a normal distribution); the share of weights below a tenth of their layer’s root "
        f"mean square, in percent, {told[1]} ({100 * gaussian_tiny(0.1):.1f})."
    )


def table(cells: Sequence[Model]) -> pd.DataFrame:
    """One row per λ."""
    error, loss = (intervals([numbers(cell) for cell in cells], bounds) for numbers, bounds in MEASURED)
    return pd.DataFrame(
        {
            "λ": short(cell.config.l1),
            "runs": str(len(cell.finished)),
            f"{cell.config.evaluate_on} error (%)": percent(own_error),
            "loss (nats)": nats(own_loss),
            "‖w‖₁ / (‖w‖₂ √n)": mean_text(_spread(cell), ".3f"),
            "weights < 0.1 r.m.s. (%)": mean_text(_tiny(cell), ".1f"),
        }
        for cell, own_error, own_loss in zip(cells, error, loss, strict=True)
    )


@matplotlib.style.context(PLAIN)
def penalty_figure(cells: Sequence[Model]) -> Figure:
    """Error, loss, norm ratio and share of tiny weights against λ, whose values stand at equal distances."""
    figure = Figure(figsize=(WIDTH, 5.4), layout="constrained")
    panels = figure.subplots(2, 2, sharex=True)
    split, norm = cells[0].config.evaluate_on, cells[0].config.norm
    look = Look(COLOURS[norm], MARKERS[norm])
    places = list(range(len(cells)))
    measures = [
        (f"{split} error (%)", [100 * errors(cell) for cell in cells], PERCENT, None),
        (f"{split} loss (nats)", [losses(cell) for cell in cells], AMOUNT, None),
        ("‖w‖₁ / (‖w‖₂ √n)", [of_convolutions(_spread(cell)) for cell in cells], SHARE, GAUSSIAN_SPREAD),
        ("|w| < 0.1 r.m.s. (%)", [of_convolutions(_tiny(cell)) for cell in cells], PERCENT, 100 * gaussian_tiny(0.1)),
    ]
    for axes, (title, groups, bounds, usual) in zip(panels.flat, measures, strict=True):
        draw_points(axes, places, groups, intervals(groups, bounds), look)
        if usual is not None:
            axes.axhline(usual, color="#999999", linewidth=0.8, linestyle=(0, (4, 3)))
        scale_measure(axes, groups)
        axes.set_ylabel(title)
        axes.set_xlim(-0.5, len(cells) - 0.5)
    for axes in panels[0]:
        draw_diverged(axes, places, [cell.diverged for cell in cells], look)
    for axes in panels[1]:
        axes.set_xticks(places, [short(cell.config.l1).removeprefix("1.0\u00a0×\u00a0") for cell in cells])
        axes.set_xlabel("λ of the L1 penalty")
    return figure


def _picture(cells: Sequence[Model], study: RecordedStudy) -> str:
    told = [
        f"λ = {short(cell.config.l1)}: {percent(error)} %, {nats(loss)} nats"
        for cell, error, loss in zip(
            cells, *(intervals([numbers(cell) for cell in cells], bounds) for numbers, bounds in MEASURED), strict=True
        )
    ]
    alt = f"Four panels against λ. {cells[0].config.evaluate_on.capitalize()} error and loss: {'; '.join(told)}."
    caption = (
        "Error, loss, and how far the weights of the convolutions are shrunk, against λ, whose values stand at equal "
        f"distances. Runs (small), means and 95 % intervals. {on_spread([errors(cell) for cell in cells])} Dashed: "
        f"weights with a normal distribution.{note_on_diverged(study.runs)}"
    )
    picture = markup.figure("penalty", penalty_figure(cells), alt, caption)
    return picture + folded("penalty", run_rows.at_the_end(cells, _shrunk))


def _shrunk(run: RecordedRun) -> dict[str, float | None]:
    """Of one run, what the lower panels show."""
    spread, small = (of_convolutions(found) for found in (spreads([run]), tiny([run], "0.1")))
    return {
        "‖w‖₁ / (‖w‖₂ √n)": spread[0] if spread.size else None,
        "weights below 0.1 r.m.s. (fraction)": small[0] if small.size else None,
    }


def _spread(cell: Model) -> np.ndarray:
    return spreads(cell.runs)


def _tiny(cell: Model) -> np.ndarray:
    return 100 * tiny(cell.runs, "0.1")
