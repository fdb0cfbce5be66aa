"""What this does not tell: what the number of runs and images allows to be said."""

from __future__ import annotations

from collections.abc import Sequence

from normstudy.report.labels import markdown_title
from normstudy.report.models import has_several_seeds, models_of, of_first_seed, seeds_each
from normstudy.report.outcomes import error_count, finished
from normstudy.report.over_seeds import LEAST_SEEDS, crossed_accuracy
from normstudy.report.statistics import proportion_interval
from normstudy.report.verdict import caveat
from normstudy.report.wording import capitalized, counted, percent_range, rounded
from normstudy.runs.folder import FinishedRun


def in_words(runs: Sequence[FinishedRun]) -> str:
    """What the seeds leave open, and what the images do."""
    models = [model for model in models_of(runs) if model.finished]
    if not models or not has_several_seeds(models):
        return _of_one_run_each(runs)
    model = min(models, key=lambda each: len(each.finished))
    text = (
        f"The intervals over {seeds_each(models)} allow for other initial weights, batches and augmentations, and not "
        "for other images."
    )
    if len(model.finished) < LEAST_SEEDS:
        errors, total = error_count(max(finished(of_first_seed(runs)) or model.finished, key=error_count))
        return f"{text} {_chance(errors, total)}"
    widest, (mean, low, high) = max(
        ((each, crossed_accuracy(each)) for each in models), key=lambda each: each[1][2] - each[1][1]
    )
    return (
        f"{text} For new seeds and new images at once the mean accuracy of {widest.name}, {rounded(100 * mean, 2)} %, "
        f"could be anything from {percent_range(low, high)} % (a bootstrap crossed over both [@owen2007])."
    )


def of_the_network(runs: Sequence[FinishedRun]) -> str:
    """What need not hold elsewhere."""
    is_own, title = any(run.config.model for run in runs), markdown_title(runs[0].config)
    images = f"the images are those of {title} alone" if runs[0].config.images else "the images are easy"
    which = capitalized(images) if is_own else f"The network is tiny and {images}"
    return (
        f"{which}. What holds here need not hold for large networks, where memory forces small batches, the case that "
        "Group Normalization was made for [@wu2018]."
    )


def _of_one_run_each(runs: Sequence[FinishedRun]) -> str:
    """What the seeds leave open, and the interval for the errors of the model that makes most."""
    judged = finished(runs)
    if not judged:
        return "No model finished, so nothing can be said."
    return f"{caveat(runs)} {_chance(*error_count(max(judged, key=error_count)))}"


def _chance(errors: int, total: int) -> str:
    """How many errors there could have been instead, on other images."""
    low, high = proportion_interval(errors, total)
    mean = "means" if errors == 1 else "mean"
    return (
        f"And {counted(errors, 'error')} of {total:,} {mean}, by chance alone, anything between {low * total:.0f} and "
        f"{high * total:.0f}."
    )
