"""Which one to use when: what was measured here, to stand beside what the literature says.

A sentence for each question, with a space before it; nothing where its study is not recorded or has another shape.
`told`: by study, its section as Markdown, which is referred to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from normstudy.report import elsewhere
from normstudy.report.estimates import intervals, ratio_intervals
from normstudy.report.estimates_in_words import percent
from normstudy.report.markup import escape
from normstudy.report.models import Model, models_of
from normstudy.report.other_statistics import errors_with
from normstudy.report.series import Series, errors, is_line, judged_alike, series_of, short_names, value_of
from normstudy.report.statistics import SHARE, Estimate
from normstudy.report.wording import MOST_NAMES, join_words, some_of
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedStudy

Records = Mapping[str, RecordedStudy]
Told = Mapping[str, str]


def where_measured(records: Records, compared: Sequence[FinishedRun]) -> str:
    """What "here" means, if it is not the network and the data of the runs that are `compared`."""
    others = elsewhere.runs_of(
        {
            name: study
            for name, study in elsewhere.of_others(records, compared).items()
            if name in ("batch_size", "statistics_batch", "controls")
        }
    )
    return f" Here: with {elsewhere.which(others)}, not with {elsewhere.which(compared)}." if others else ""


def large_batches(records: Records, told: Told) -> str:
    """The error of each model at the largest batch of the study `batch_size`."""
    return _at_batch(records, told, max)


def small_batches(records: Records, told: Told) -> str:
    """The same at the smallest; and BN's with the fewest images in its statistics, of the study `statistics_batch`."""
    return _at_batch(records, told, min) + _shared_by_few(records, told)


def one_image(records: Records, told: Told) -> str:
    """BN's error with the statistics of the images at hand instead of running averages, where these are fewest."""
    line = _line(records, "statistics_batch")
    measured = [cell for cell in line if errors_with(cell, "batch").size and errors_with(cell, "running").size]
    if not measured:
        return ""
    least = _ends(measured, "statistics_batch")[0]
    batch, running = ratio_intervals([errors_with(least, kind) for kind in ("batch", "running")])
    return (
        f" Here the mean error of networks with BN is {_in_brackets(batch)} when they are judged by the statistics of "
        f"{value_of(least.config, 'statistics_batch')} images at a time, as they were trained, and "
        f"{_in_brackets(running)} with their running averages ({_where(told, 'statistics_batch')})."
    )


def one_channel(records: Records, told: Told) -> str:
    """The error of instance normalization in classification beside those of the others, of the study `controls`."""
    study = records.get("controls")
    models = [model for model in models_of(study.runs) if len(errors(model))] if study else []
    own = [model for model in models if model.config.norm == "in"]
    if len(own) != 1 or len(models) < 2 or not judged_alike(study.runs):
        return ""
    estimates = intervals([errors(model) for model in models], SHARE)
    found = dict(zip([model.name for model in models], estimates, strict=True))
    others = [f"{_in_brackets(each)} for {escape(name)}" for name, each in found.items() if name != own[0].name]
    return (
        f" Here, where images are to be classified, the mean {own[0].config.evaluate_on} error of "
        f"{escape(own[0].name)} is {_in_brackets(found[own[0].name])}, beside {some_of(others, MOST_NAMES + 1)} "
        f"({_where(told, 'controls')})."
    )


def _at_batch(records: Records, told: Told, choose: Callable[..., int]) -> str:
    study = records.get("batch_size")
    series = series_of(study.runs) if study else []
    if len(series) < 2 or not judged_alike(study.runs) or not all(is_line(each, "batch_size") for each in series):
        return ""
    size = choose(cell.config.batch_size for each in series for cell in each.cells)
    cells = [(name, _cell_at(each, size)) for name, each in zip(short_names(series), series, strict=True)]
    finished = [(name, cell) for name, cell in cells if cell and len(errors(cell))]
    if not finished:
        return ""
    found = ratio_intervals([errors(cell) for _, cell in finished])
    means = [f"{_in_brackets(each)} for {escape(name)}" for (name, _), each in zip(finished, found, strict=True)]
    lost = [escape(name) for name, cell in cells if cell and not len(errors(cell))]
    none = f"; no run of {join_words(lost)} finished" if lost else ""
    split = series[0].config.evaluate_on
    return (
        f" Here the mean {split} error in batches of {size} is {some_of(means)}{none} ({_where(told, 'batch_size')})."
    )


def _shared_by_few(records: Records, told: Told) -> str:
    cells = [cell for cell in _line(records, "statistics_batch") if len(errors(cell))]
    if len(cells) < 2:
        return ""
    few, many = _ends(cells, "statistics_batch")
    fewest, most = ratio_intervals([errors(cell) for cell in (few, many)])
    return (
        f" In batches of {many.config.batch_size}, BN's mean error here is {_in_brackets(most)} with statistics of "
        f"{value_of(many.config, 'statistics_batch')} images, and {_in_brackets(fewest)} with those of "
        f"{value_of(few.config, 'statistics_batch')} ({_where(told, 'statistics_batch')})."
    )


def _where(told: Told, study: str) -> str:
    """`@sec-groups`: the reference to the section of `study`."""
    return "@" + re.search(r"\{#(sec-[\w-]+)\}", told[study])[1]


def _line(records: Records, key: str) -> Sequence[Model]:
    """The cells of the one model of the study `key` that goes through values of the parameter of that name."""
    study = records.get(key)
    lines = [each for each in series_of(study.runs) if len(each.cells) > 1] if study else []
    return lines[0].cells if len(lines) == 1 and is_line(lines[0], key) and judged_alike(study.runs) else ()


def _ends(cells: Sequence[Model], key: str) -> tuple[Model, Model]:
    """Those of `cells` with the smallest and with the largest value of `key`."""
    ordered = sorted(cells, key=lambda cell: value_of(cell.config, key))
    return ordered[0], ordered[-1]


def _cell_at(series: Series, size: int) -> Model | None:
    return next((cell for cell in series.cells if cell.config.batch_size == size), None)


def _in_brackets(estimate: Estimate) -> str:
    """`0.62 % (0.55 to 0.69)` of a fraction."""
    middle, brackets, limits = percent(estimate).partition(" (")
    return f"{middle} %{brackets}{limits}"
