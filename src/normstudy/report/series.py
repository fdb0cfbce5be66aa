"""The runs of a sweep: what the study calls a model, and its cells, one for each configuration apart from seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from normstudy.config import Config
from normstudy.report.labels import are_numbered, labels, markdown_title
from normstudy.report.models import Model, models_of
from normstudy.report.wording import MOST_NAMES, counted, join_words, seeds_text, some_of
from normstudy.runs.record import RecordedRun


@dataclass(frozen=True)
class Series:
    """All cells of one model of a study; `name` is what the study's file calls it, or as `called_as_elsewhere`."""

    name: str
    cells: tuple[Model, ...]

    @property
    def config(self) -> Config:
        """That of its first cell."""
        return self.cells[0].config


def series_of(runs: Sequence[RecordedRun]) -> list[Series]:
    """`runs` by model and cell, in the order in which these first appear."""
    called: dict[str, list[RecordedRun]] = {}
    for run in runs:
        called.setdefault(run.model, []).append(run)
    return [Series(name, tuple(models_of(group))) for name, group in called.items()]


def short_names(series: Sequence[Series]) -> list[str]:
    """`BN + L1`, `GN`, …: the `labels` of the first cells."""
    return labels([each.config for each in series])


def called_as_elsewhere(series: Sequence[Series]) -> list[Series]:
    """`series`, called as models are on the rest of the page (`GN`, `small resnet GN`), not as the study's file does.

    As that does where this would not tell them apart, or say something that does not hold of all cells of one.
    """
    neutral = []
    for each in series:
        values = [cell.config.model_dump() for cell in each.cells]
        varied = [key for key in values[0] if len({str(own[key]) for own in values}) > 1]
        if {"norm", "model"} & set(varied):
            return list(series)
        neutral.append(each.config.model_copy(update={key: getattr(Config(), key) for key in varied}))
    names = labels(neutral)
    return (
        list(series) if are_numbered(names) else [Series(n, each.cells) for n, each in zip(names, series, strict=True)]
    )


def errors(cell: Model) -> np.ndarray:
    """(n,) the share of the evaluated images that each run of `cell` gets wrong in the end, of those that finished."""
    return 1 - cell.accuracies


def losses(cell: Model) -> np.ndarray:
    """(n,) the loss on the evaluated images (nats) of each run of `cell` in the end, of those that finished."""
    found = cell.final("test_loss")
    return found[~np.isnan(found)]


def protocol(runs: Sequence[RecordedRun]) -> str:
    """`15 runs of 5 epochs on MNIST, judged by the test images, with seeds 0 to 4`."""
    epochs = sorted({run.config.epochs for run in runs})
    lasted = counted(epochs[0], "epoch") if len(epochs) == 1 else f"{epochs[0]} to {epochs[-1]} epochs"
    data = join_words(list(dict.fromkeys(markdown_title(run.config) for run in runs)))
    splits = join_words(sorted({run.config.evaluate_on for run in runs}))
    seeds = span_of(sorted({run.config.seed for run in runs}))
    return f"{counted(len(runs), 'run')} of {lasted} on {data}, judged by the {splits} images, with {seeds}"


def span_of(seeds: Sequence[int]) -> str:
    """`seeds 0 to 39`; `seeds 1, 3 and 4` where one is left out."""
    if len(seeds) > 2 and seeds[-1] - seeds[0] == len(seeds) - 1:
        return f"seeds {seeds[0]} to {seeds[-1]}"
    if len(seeds) > MOST_NAMES:
        return "seeds " + some_of([str(seed) for seed in seeds])
    return seeds_text(list(seeds))


def note_on_diverged(runs: Sequence[RecordedRun]) -> str:
    """A further sentence, with a space before it, where some of `runs` diverged; else nothing."""
    lost = sum(run.diverged for run in runs)
    if not lost:
        return ""
    return f" {lost} of {counted(len(runs), 'run')} diverged (✕) and {'is' if lost == 1 else 'are'} in no mean."


def is_line(series: Series, key: str) -> bool:
    """Whether the cells of `series` each have another number as the parameter `key`."""
    values = [value_of(cell.config, key) for cell in series.cells]
    return None not in values and len(set(values)) == len(values)


def value_of(config: Config, key: str) -> Any:
    """The parameter `key`; BN's statistics are of the whole batch where it is not said of how many images."""
    value = getattr(config, key)
    if key == "statistics_batch" and value is None and config.norm == "bn":
        return config.batch_size
    return value


def judged_alike(runs: Sequence[RecordedRun]) -> bool:
    """Whether all of `runs` were judged by the same images."""
    return len({(run.config.dataset, run.config.evaluate_on) for run in runs}) == 1
