"""The models after their last epoch: who errs how often, whether it is more than noise, and the table of the models."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from normstudy.report import accuracies, markup, over_seeds
from normstudy.report.labels import data_name, model_names
from normstudy.report.markup import unbroken
from normstudy.report.models import has_several_seeds, models_of, of_first_seed, seeds_each
from normstudy.report.outcomes import diverged_count, error_count, finished, named, seconds_per_epoch
from normstudy.report.settings import note_on_numbers
from normstudy.report.statistics import proportion_interval
from normstudy.report.verdict import caveat, verdict
from normstudy.report.wording import MOST_NAMES, capitalized, join_words
from normstudy.runs.folder import FinishedRun


def paragraph(runs: Sequence[FinishedRun]) -> str:
    """Who made how many errors, who diverged, and whether the differences are more than noise.

    Over seeds where there are several, else on the images of the one run of each model.
    """
    found = models_of(runs)
    if has_several_seeds(found):
        several = sum(bool(model.finished) for model in found) > 1
        return f"{accuracies.in_words(found)} {over_seeds.verdict(found) if several else ''}".rstrip()
    judged = finished(runs)
    sentences = [_accuracies(runs)] if judged else []
    sentences += [diverged_count(runs), where_diverged(runs)] if len(judged) < len(runs) else []
    if len(judged) > 1:
        sentences += [verdict(runs), caveat(judged)]
    return " ".join(filter(None, sentences))


def where_diverged(runs: Sequence[FinishedRun]) -> str:
    """In which epoch, at which step and rate, each of `runs` that diverged did; nothing where these are too many."""
    diverged = [(name, run) for name, run in named(runs) if run.diverged]
    if len(diverged) > MOST_NAMES or has_several_seeds(models_of(runs)):
        return ""
    return " ".join(
        f"{capitalized(name)} diverged in epoch {run.metrics['epoch']}, at step {run.metrics['step']} and a learning "
        f"rate of {run.metrics['lr']:.3g}; it has no final accuracy."
        for name, run in diverged
    )


def models(runs: Sequence[FinishedRun]) -> str:
    """`@tbl-models`: the `models_table` with its caption."""
    found = models_of(runs)
    of_images = (
        f"The models after their last epoch ({data_name(runs)}). The interval is Wilson's for a proportion "
        "[@wilson1927], at 95 %: how far the accuracy could be off because the images are a sample."
    )
    of_seeds = (
        f"The models after their last epoch ({data_name(runs)}): means over {seeds_each(found)}. The interval is "
        "Student's [@student1908], at 95 %: how far the mean could be off because the seeds are a sample. Beside it, "
        f"the accuracies of the lowest and of the highest run.{accuracies.note_on_ends(found)}"
    )
    caption = of_seeds if has_several_seeds(found) else of_images
    return markup.table("models", models_table(runs), caption + note_on_numbers(of_first_seed(runs)))


def models_table(runs: Sequence[FinishedRun]) -> pd.DataFrame:
    """A row per model: parameters, accuracy with its interval, loss, errors, seconds; of several seeds, means."""
    found = models_of(runs)
    if has_several_seeds(found):
        return accuracies.table(found)
    split = runs[0].config.evaluate_on
    rows = []
    for name, run in zip(model_names(runs), runs, strict=True):
        row = {"model": unbroken(name), "parameters": f"{run.metrics['model']['parameters']:,}"}
        if run.diverged:
            row |= {f"{split} accuracy (%)": f"diverged in epoch {run.metrics['epoch']}"}
        else:
            errors, total = error_count(run)
            low, high = proportion_interval(total - errors, total)
            row |= {
                f"{split} accuracy (%)": f"{100 * run.history[-1]['test_accuracy']:.2f}",
                "95 % interval": unbroken(f"{100 * low:.2f} to {100 * high:.2f}"),
                f"{split} loss (nats)": f"{run.history[-1]['test_loss']:.4f}",
                "errors": unbroken(f"{errors} of {total:,}"),
                "s per epoch": f"{seconds_per_epoch(run):.1f}",
            }
        rows.append(row)
    return pd.DataFrame(rows).fillna("–")


def _accuracies(runs: Sequence[FinishedRun]) -> str:
    """Who misclassifies how many; of more models than can be listed: the best, the worst, and half of them."""
    judged = [(name, run) for name, run in named(runs) if not run.diverged]
    judged.sort(key=lambda pair: error_count(pair[1]))
    images = f"{len(judged[0][1].predictions['label']):,} {judged[0][1].config.evaluate_on} images"
    if len(judged) <= MOST_NAMES:
        return f"Of {images}, {join_words([_accuracy(*each) for each in judged])}."
    half, _ = error_count(judged[(len(judged) - 1) // 2][1])
    return (
        f"{len(judged)} models judged the same {images}: {_accuracy(*judged[0])}, the fewest; "
        f"{_accuracy(*judged[-1])}, the most. Half of the models misclassify at most {half}."
    )


def _accuracy(name: str, run: FinishedRun) -> str:
    errors, _ = error_count(run)
    return f"{name} misclassifies {errors} ({100 * run.history[-1]['test_accuracy']:.2f} % right)"
