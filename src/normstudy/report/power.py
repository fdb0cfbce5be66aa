"""How many runs and images a comparison needs, from the measured spread of the main runs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from normstudy.report import markup
from normstudy.report.models import Model, by_seed, models_of, shared_seeds
from normstudy.report.needed import sd_of_differences
from normstudy.report.over_seeds import LEAST_SEEDS
from normstudy.report.paired_seeds import POWER, seeds_needed
from normstudy.report.series import judged_alike
from normstudy.report.variances import Parts, images_needed, mean_parts, parts_of_difference, seeds_at_least
from normstudy.report.wording import counted, join_words, rounded
from normstudy.runs.folder import wrong
from normstudy.runs.record import RecordedStudy

DIFFERENCES = (0.0002, 0.0005, 0.001, 0.002)
"""Of accuracies, as fractions."""

SEEDS = (1, 10, 40)
"""With so many of each model, how many new images are needed."""


def section(study: RecordedStudy) -> str:
    """The section, as Markdown with its heading; nothing of models that do not share `LEAST_SEEDS` seeds."""
    models = [model for model in models_of(study.runs) if len(model.finished) >= LEAST_SEEDS]
    sd = sd_of_differences(models)
    parts = parts_of_pairs(models)
    if sd is None or parts is None or not judged_alike(study.runs):
        return ""
    images = len(models[0].finished[0].predictions["label"])
    split = models[0].config.evaluate_on
    return "\n\n".join(
        [
            "### How many runs a comparison needs {#sec-power}",
            in_words(sd, parts, images, split),
            markup.table("power", power_table(sd, parts, split), _caption(models, images, split)),
        ]
    )


def parts_of_pairs(models: Sequence[Model]) -> Parts | None:
    """What the differences of `models` vary by, the mean over pairs; None where there is none with predictions."""
    found = []
    for pair in itertools.combinations(models, 2):
        seeds = shared_seeds(pair)
        runs = [by_seed(model, seeds) for model in pair]
        if len(seeds) >= LEAST_SEEDS and all(run.has_predictions for own in runs for run in own):
            found.append(parts_of_difference(*(np.array([wrong(run) for run in own]) for own in runs)))
    return mean_parts(found) if found else None


def in_words(sd: float, parts: Parts, images: int, split: str) -> str:
    """What it takes on the same images, and how much more on new ones."""
    whole = parts.variance(1, images)
    by_chance, by_image = (100 * part / images / whole for part in (parts.rest, parts.images))
    smallest = DIFFERENCES[0]
    least = math.ceil(seeds_at_least(parts, smallest))
    told = [f"{_points(each)} points take {counted(seeds_needed(sd, each), 'seed')}" for each in DIFFERENCES]
    limit = f" With fewer than {least} seeds, no number of images is enough for {_points(smallest)} points."
    return (
        f"The accuracies of two models differ, from seed to seed, with a standard deviation of {_points(sd, 3)} "
        f"points. So on these {images:,} {split} images {join_words(told)} of each model, for a paired t test at 5 % "
        f"with a power of {100 * POWER:.0f} %. What holds of these images need not hold of others. For one run each, "
        f"on as many new ones, {by_chance:.0f} % of the variance of the difference is chance that decides anew on each "
        f"image and in each run, which images and seeds both average out; {by_image:.0f} % are images that suit one "
        "model better than the other, which only more images do; the rest are runs that are better or worse as a "
        f"whole. @tbl-power has how many new images it takes.{limit if least > 1 else ''}"
    )


def power_table(sd: float, parts: Parts, split: str) -> pd.DataFrame:
    """One row per difference: seeds on the same images, and new images for so many `SEEDS`."""
    return pd.DataFrame(
        {
            "true difference (points)": _points(each),
            f"seeds, same {split} images": f"{seeds_needed(sd, each):,}",
        }
        | {f"new images, {counted(seeds, 'seed')}": _count(images_needed(parts, each, seeds)) for seeds in SEEDS}
        for each in DIFFERENCES
    )


def _caption(models: Sequence[Model], images: int, split: str) -> str:
    return (
        f"What it takes to find a true difference with a probability of {100 * POWER:.0f} %, at the spread of these "
        f"models (mean over their pairs, {counted(max(len(model.finished) for model in models), 'seed')} of each): how "
        f"many seeds of each, on the same {images:,} {split} images, by a paired t test; and how many new images, "
        "where what is found has to hold for other images as well as for other seeds. Two significant digits; ∞: "
        "seeds alone leave it undecided."
    )


def _count(images: float) -> str:
    """`78,000`, rounded up to two digits."""
    if not math.isfinite(images):
        return "∞"
    unit = 10 ** max(0, math.floor(math.log10(images)) - 1)
    return f"{math.ceil(images / unit) * unit:,}"


def _points(fraction: float, places: int = 2) -> str:
    return rounded(100 * fraction, places)
