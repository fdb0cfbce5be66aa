"""The table of the models, and every two of them compared: over seeds, or single runs image by image."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from normstudy.config import Config
from normstudy.report.core import markup, pairs, plots
from normstudy.report.core.literal import escape, unbroken
from normstudy.report.core.models import Model, has_several_seeds, images_of, shared_seeds
from normstudy.report.core.names import data_name
from normstudy.report.core.style import WIDTH, colour
from normstudy.report.core.text import interval, number, percent, points

MOST_PAIRS = 10
"""Pairs that the table and the figure show; of more, those with the smallest p."""

ACCURACY, NEW_IMAGES = "accuracy (%)", "new images"
"""Columns of the tables."""

ESTIMATE, LIMITS = ("value", "low", "high"), ("new_low", "new_high")

TALLEST = 9.5
"""Inches of a picture that fits on a page."""


def models_table(models: Sequence[Model]) -> str:
    """`@tbl-models`: accuracy with its interval, loss, errors and seconds of each model."""
    several, data = has_several_seeds(models), data_name(models[0].config)
    frame = pd.DataFrame(_row_of_seeds(model) if several else _row_of_run(model) for model in models)
    accuracies, places = pairs.accuracies(models), 3 if several else 2
    frame.insert(2, ACCURACY, [_estimate(accuracies, model.name, ESTIMATE, places) for model in models])
    limits = [_estimate(accuracies, model.name, LIMITS, places) for model in models]
    if any(text != "–" for text in limits):
        frame.insert(3, NEW_IMAGES, limits)
    frame = frame.fillna("–").replace("", "–")
    if not several:
        caption = "The interval is Wilson’s at 95 %, for new images [@wilson1927]."
    else:
        caption = "Means over seeds with Student’s 95 % intervals for new seeds"
        caption += f"; *{NEW_IMAGES}*: for new images, too (pigeonhole bootstrap [@owen2007])" * (NEW_IMAGES in frame)
        caption += "."
    return markup.table("models", frame, f"The models after their last epoch ({data}). {caption}")


def _row_of_seeds(model: Model) -> dict[str, str]:
    row = {"model": _name(model.name), "runs": _runs(model)}
    if model.finished:
        values = 100 * model.final("test_accuracy")
        row["lowest to highest run"] = _whole(f"{number(values.min())} to {number(values.max())}")
        row["loss (nats)"] = number(np.mean(model.final("test_loss")), 4)
        row["s per epoch"] = _seconds(model)
    return row


def _row_of_run(model: Model) -> dict[str, str]:
    row = {"model": _name(model.name), "parameters": number(model.parameters, 0)}
    if model.finished:
        accuracy = model.final("test_accuracy")[0]
        row["errors"] = number((1 - accuracy) * images_of([model]), 0)
        row["loss (nats)"] = number(model.final("test_loss")[0], 4)
        row["s per epoch"] = _seconds(model)
    return row


def _estimate(accuracies: pd.DataFrame, name: str, columns: Sequence[str], places: int) -> str:
    """The accuracy of a model, or an interval of it, in percent."""
    if name not in accuracies.index:
        return "diverged" if columns is ESTIMATE else "–"
    if not set(columns) <= set(accuracies):
        return "–"
    values = accuracies.loc[name, list(columns)]
    return _whole(interval(values, places, 100)) if columns is ESTIMATE else _limits(*values)


def method(models: Sequence[Model], found: pd.DataFrame) -> str:
    """How pairs were compared; `found` as of `pairs.compare`."""
    if found.empty:
        seed = " of a common seed" if has_several_seeds(models) else ""
        return f"There are no two models with finished runs{seed} to compare."
    several = len(found) > 1
    holm = " Its p-values are adjusted for all pairs by Holm’s method [@holm1979]." if several else ""
    if not has_several_seeds(models):
        return (
            "All models are evaluated on the same images, so two of them are compared image by image: McNemar’s exact "
            f"test [@mcnemar1947] counts the images that only one of them misclassifies (@tbl-differences).{holm} "
            "The test is about these runs and new images. It says nothing about other seeds."
        )
    within = f"{100 * pairs.margin(images_of(models)):.3g} points"
    tables = "@tbl-differences" + ", @fig-differences" * bool((found["n"] > 1).any())
    alone = (
        " The p-values are adjusted for all pairs by Holm’s method [@holm1979]; each interval is for its pair alone."
    )
    return (
        "Runs of one seed start from the same convolution weights and see the same batches, so models are compared "
        f"seed by seed ({tables}). *Better*: a paired t test finds a difference. "
        f"*Equivalent*: two one-sided tests [@schuirmann1987] find that the means differ by less than {within}. "
        f"*Undecided*: neither.{alone if several else ''}"
    )


def table(models: Sequence[Model], found: pd.DataFrame) -> str:
    """`@tbl-differences`: each pair with its difference, tests and finding; nothing where there is no pair."""
    if found.empty:
        return ""
    shown = _shown(found)
    frame = pd.DataFrame({"model": shown["first"].map(_name), "minus": shown["second"].map(_name)})
    if has_several_seeds(models):
        if shown["n"].nunique() > 1:
            frame["seeds"] = shown["n"].map("{:.0f}".format)
        frame["points"] = [_whole(interval(row, 3, 100, plus=True)) for _, row in shown.iterrows()]
        frame[NEW_IMAGES] = [_limits(*each, plus=True) for each in shown[list(LIMITS)].to_numpy()]
        frame["p"], frame["p, equivalent"] = shown["p"].map(_p), shown["p_equivalence"].map(_p)
        frame = frame.loc[:, (frame != "–").any()]
    else:
        frame["points"] = [str(points(value, 2)) for value in shown["value"]]
        frame["only first wrong"] = shown["only_first"].map("{:.0f}".format)
        frame["only second wrong"] = shown["only_second"].map("{:.0f}".format)
        frame["p"] = shown["p"].map(_p)
    frame["detectable"] = [str(percent(each)) if np.isfinite(each) else "–" for each in shown["smallest"]]
    frame["finding"] = shown["finding"]
    caption = "The more accurate model minus the other, in percentage points"
    seeds = f"{shown['n'].iloc[0]:.0f} " if shown["n"].nunique() == 1 else ""
    caption += f", over {seeds}common seeds, with 95 % intervals." if np.isfinite(found["low"]).any() else "."
    caption += " *Detectable*: the true difference that would be found in 80 % of cases."
    if len(shown) < len(found):
        caption += f" Of {len(found):,} pairs, the {len(shown)} with the smallest p."
    return markup.table("differences", frame, caption)


def figure(models: Sequence[Model], found: pd.DataFrame) -> str:
    """`@fig-differences`: the difference of every two runs of one seed; nothing where no pair has several seeds."""
    if found.empty or not has_several_seeds(models) or not (found["n"] > 1).any():
        return ""
    shown, within = _shown(found), 100 * pairs.margin(images_of(models))
    names = [f"{row['first']} minus {row['second']}" for _, row in shown.iterrows()]
    texts = [f"{name} {interval(row, 3, 100)}" for name, (_, row) in zip(names, shown.iterrows(), strict=True)]
    alt = f"Dot plot of paired differences in percentage points, a row per pair: {'; '.join(texts)}."
    caption = (
        "Differences of the accuracies, seed by seed. The diamond is the mean, the bar its 95 % interval over seeds. "
        f"Shaded: within ±{within:.3g} points, where two models are equivalent."
    )
    return markup.figure("differences", lambda: _draw(models, shown, within), alt, caption)


def per_run(models: Sequence[Model]) -> pd.DataFrame:
    """Every run after its last epoch: one row per run."""
    return pd.DataFrame(
        {
            "model": model.name,
            "seed": run.config.seed,
            "accuracy (fraction)": np.nan if run.diverged else run.history[-1]["test_accuracy"],
            "loss (nats)": np.nan if run.diverged else run.history[-1]["test_loss"],
        }
        for model in models
        for run in model.runs
    )


def on_images(config: Config) -> str:
    """What intervals for new images take for granted."""
    text = "Intervals and tests for new images treat the images as independent."
    if (config.dataset, config.evaluate_on) != ("mnist", "test"):
        return f"{text} Where several images come from one source, such as one writer, intervals are too narrow."
    return (
        f"{text} MNIST’s test images come from 297 writers. With writers as clusters the variance of one model’s "
        "accuracy is 1.3 to 1.8 times as large, and that of paired differences about the same."
    )


def _draw(models: Sequence[Model], shown: pd.DataFrame, within: float) -> Figure:
    by_name = {model.name: model for model in models}
    picture = Figure(figsize=(WIDTH, min(TALLEST, 0.8 + 0.75 * len(shown))))
    axes, values = picture.subplots(), {}
    for _, row in shown.iterrows():
        first, second = by_name[row["first"]], by_name[row["second"]]
        seeds = shared_seeds(first, second)
        accuracies = (model.after("test_accuracy", seeds) for model in (first, second))
        values[f"{first.name} minus\n{second.name}"] = 100 * np.subtract(*accuracies)
    estimates = (100 * shown[["value", "low", "high"]]).set_axis(list(values), axis="index")
    ink = [colour("note")] * len(shown)
    plots.dot_rows(axes, values, estimates, ink, lambda row: str(interval(row, 3)).replace("\u00a0(", "\n("), within)
    axes.set_xlabel("difference of the accuracies (percentage points)")
    return picture


def _shown(found: pd.DataFrame) -> pd.DataFrame:
    return found if len(found) <= MOST_PAIRS else found.sort_values("p", kind="stable")[:MOST_PAIRS]


def _limits(low: float, high: float, plus: bool = False) -> str:
    if not (np.isfinite(low) and np.isfinite(high)):
        return "–"
    return _whole(f"{number(100 * low, 3, plus)} to {number(100 * high, 3, plus)}")


def _whole(text: str) -> str:
    """`text` in which no line breaks."""
    return text.replace(" ", "\u00a0")


def _name(name: str) -> str:
    return unbroken(escape(name))


def _p(value: float) -> str:
    return "<\u00a00.001" if value < 0.001 else f"{value:.3f}"


def _runs(model: Model) -> str:
    return f"{len(model.runs)}" if not model.diverged else f"{len(model.finished)} of\u00a0{len(model.runs)} finished"


def _seconds(model: Model) -> str:
    """The median over all epochs, evaluation included."""
    return number(median(entry["seconds"] for run in model.finished for entry in run.history), 1)
