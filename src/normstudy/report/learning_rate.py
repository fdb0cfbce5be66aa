"""The section on learning rates: which are borne, what becomes of gradients, and whether training gets easier."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from normstudy.report import markup, run_rows
from normstudy.report.gradient_claims import avoids_explosion, gradients
from normstudy.report.labels import markdown_title
from normstudy.report.markup import escape
from normstudy.report.models import Model
from normstudy.report.numbers_behind import folded
from normstudy.report.rate_claims import bears_higher_rates, easier_and_faster
from normstudy.report.rate_lines import SOUND, Line, lines_of
from normstudy.report.rate_pictures import errors_figure, setting_title
from normstudy.report.spans import in_words
from normstudy.report.wording import counted, seeds_text, short
from normstudy.runs.record import RecordedStudy


def section(study: RecordedStudy) -> str:
    """The section, as Markdown with its heading."""
    lines = lines_of(study.runs)
    parts = [
        f"### {escape(study.title)} {{#sec-learning-rate}}",
        protocol(study),
        errors(lines),
        bears_higher_rates(lines),
        bounds(lines),
        easier_and_faster(lines),
        avoids_explosion(lines),
        gradients(lines),
    ]
    return "\n\n".join(part for part in parts if part)


def protocol(study: RecordedStudy) -> str:
    """What was tried, and by which rule a model trains."""
    runs = study.runs
    config = runs[0].config
    rates = sorted({run.config.max_lr for run in runs})
    span = f"from {short(rates[0])} to {short(rates[-1])}" if len(rates) > 1 else f"of {short(rates[0])}"
    seeds = sorted({run.config.seed for run in runs})
    optimizers = sorted({run.config.optimizer for run in runs})
    plain = (
        " The optimizer is gradient descent with momentum, in which the size of a gradient is the size of a step. "
        "Muon gives every step the same size, whatever the gradient."
        if optimizers == ["sgd"]
        else ""
    )
    diverged = sum(run.diverged for run in runs)
    return (
        "Normalization is said to let networks train at higher rates, to keep gradients from exploding, and to make "
        f"training easier and faster [@ioffe2015]. To test that, {counted(len(runs), 'run')} with "
        f"{counted(len(rates), 'peak rate')} {span}, {counted(config.epochs, 'epoch')} each, {seeds_text(seeds)}, "
        f"were evaluated on the {config.evaluate_on} images of {markdown_title(config)} (@fig-learning-rate)."
        f"{plain} A model *trains* at a rate if its runs with all seeds end with an accuracy of at least "
        f"{100 * SOUND:g} %. {diverged} of the {counted(len(runs), 'run')} diverged: a loss was no longer finite."
    )


def errors(lines: Sequence[Line]) -> str:
    """`@fig-learning-rate`."""
    config = lines[0].config
    split = config.evaluate_on
    told = []
    for line in lines:
        missing = sum(run.diverged for run in line.every_run)
        told.append(
            f"{line.name}, {setting_title(line.setting)}: {_range_text(line)}, {missing} of {len(line.every_run)} "
            "runs diverged"
        )
    alt = f"Points and lines of the {split} error against the peak learning rate, both logarithmic. " + "; ".join(told)
    caption = (
        f"{split.capitalize()} error after {counted(config.epochs, 'epoch')} against the peak learning rate, both on "
        "logarithmic axes. Every run is a point, or a cross above the panel if it diverged; lines join the means of "
        "rates at which none did. Models are moved apart a little. Below the dashed line a run has trained."
    )
    models = [Model(line.name, tuple(line.every_run)) for line in lines]
    picture = markup.figure("learning-rate", errors_figure(lines), alt + ".", caption)
    return picture + folded("learning-rate", run_rows.at_the_end(models))


def bounds(lines: Sequence[Line]) -> str:
    """`@tbl-learning-rate`: for each model in each setting, at which rates it trains, and how it does at its best."""
    rows = []
    for line in lines:
        runs = line.every_run
        rows.append(
            {
                "convolutions": str(line.setting.convolutions),
                "warm-up": f"{100 * line.setting.warmup:g} %" if line.setting.warmup else "none",
                "model": escape(line.name),
                "trains at rates": _range_text(line),
                "factor": f"{line.width:.3g}" if line.borne else "–",
                "diverged": f"{sum(run.diverged for run in runs)} of {len(runs)}",
                "best rate": short(line.best) if line.best else "–",
                "after epoch 1 (%)": _mean_percent(line, 0),
                "at the end (%)": _mean_percent(line, -1),
            }
        )
    caption = (
        f"At which peak rates each model trains (all seeds end at {100 * SOUND:g} % or above): ranges of tried rates "
        "that follow each other, and of the widest its largest divided by its smallest; “or” marks an end of what was "
        "tried. At the best rate, with the highest mean of the final accuracies, the mean accuracy after the first and "
        "the last epoch."
    )
    return markup.table("learning-rate", pd.DataFrame(rows), caption)


def _range_text(line: Line) -> str:
    """`0.01 or less to 0.0464, 0.215`; `none`."""
    return in_words(line.ranges, list(line.runs))


def _mean_percent(line: Line, epoch: int) -> str:
    runs = line.at_best
    return f"{100 * np.mean([run.history[epoch]['test_accuracy'] for run in runs]):.2f}" if runs else "–"
