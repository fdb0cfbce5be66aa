"""The section on what normalization does inside one network of each kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from normstudy.report import markup
from normstudy.report.drawing import styles
from normstudy.report.inside_pictures import TIMES, Numbers, activations_figure, parameters_figure, running_figure
from normstudy.report.labels import labels, markdown_title
from normstudy.report.markup import escape
from normstudy.report.models import of_first_seed
from normstudy.report.numbers_behind import folded
from normstudy.report.study_rows import of_activations, of_parameters, of_running
from normstudy.report.wording import counted, rounded
from normstudy.runs.record import RecordedRun, RecordedStudy

SILENT = 0.1
"""A γ below that in size all but switches its channel off."""

Measured = Mapping[str, Numbers]


def section(study: RecordedStudy) -> str:
    """The section, as Markdown with its heading."""
    heading = f"### {escape(study.title)} {{#sec-inside}}"
    runs = [run for run in of_first_seed(study.runs) if run.afterwards.get("inside")]
    if not runs:
        return f"{heading}\n\nNone of the networks could be looked into: no run finished."
    names = labels([run.config for run in runs])
    colours = {name: colour for name, (colour, *_) in zip(names, styles([run.config for run in runs]), strict=True)}
    measured = {name: run.afterwards["inside"] for name, run in zip(names, runs, strict=True)}
    parts = [heading, activations(measured, runs), _activations_picture(measured, colours, runs), table(measured)]
    parts += [parameters(measured), _parameters_picture(measured, colours)]
    with_running = {name: own for name, own in measured.items() if own.get("running_mean")}
    for at, (name, own) in enumerate(with_running.items()):
        parts += [running(name, own, at), _running_picture(name, own, colours[name], at)]
    return "\n\n".join(part for part in parts if part)


def activations(measured: Measured, runs: Sequence[RecordedRun]) -> str:
    """How activations change before and after the normalizations, and whether they move less after them."""
    sentences = [
        f"@fig-inside-activations looks into {'one network' if len(runs) == 1 else 'one network of each kind'} "
        f"(seed {runs[0].config.seed}): what goes into its normalizations and what comes out of them, before the ReLU, "
        f"of the same {_images(runs)}, at the start, after the first epoch and at the end. @tbl-inside has the "
        "standard deviations."
    ]
    for name, own in measured.items():
        before, after = (_changes(own, side) for side in ("before", "after"))
        if not before or not after:
            sentences.append(f"With {name}, not all of the numbers are finite.")
            continue
        at, (first, last) = max(enumerate(before), key=lambda each: abs(np.log(each[1][1] / each[1][0])))
        most = max(abs(np.log(end / start)) for start, end in after)
        sentences.append(
            f"With {name}, the standard deviation changes most before normalization {at + 1}: from {first:.2g} to "
            f"{last:.2g}; after the normalizations it changes at most {np.exp(most):.2g}-fold."
        )
    sentences.append(
        "A normalization undoes whatever scales all weights of the convolution before it, so that these may grow or "
        "shrink without any effect on the function (@sec-by-hand-invariance)."
    )
    if told := [text for name, own in measured.items() if (text := _movement(name, own))]:
        sentences.append(
            "Normalization was proposed to keep the distributions that layers see from moving in training "
            "[@ioffe2015]. Between the first epoch and the last, the means of channels move, in standard deviations "
            f"after that epoch (root mean square over channels, mean over layers): {'; '.join(told)}. That this is why "
            "normalization helps is disputed (@sec-by-hand-why)."
        )
    return " ".join(sentences)


def table(measured: Measured) -> str:
    """`@tbl-inside`: by model and normalization, standard deviations before and after at each time; γ and β."""
    rows = []
    for name, own in measured.items():
        for layer in range(len(own["end"])):
            rows.append(
                {
                    "model": markup.unbroken(escape(name)),
                    "normalization": str(layer + 1),
                    **{f"sd {side}": _over_time(own, layer, side) for side in ("before", "after")},
                    "γ": _span(own["gamma"], layer),
                    "β": _span(own["beta"], layer),
                }
            )
    caption = (
        "Standard deviation of all activations before and after each normalization: at the start, after the first "
        "epoch, and at the end. γ and β at the end: smallest and largest of the channels; they start at 1 and 0."
    )
    return markup.table("inside", pd.DataFrame(rows), caption)


def parameters(measured: Measured) -> str:
    """What γ and β became."""
    sentences = ["What became of γ and β is in @fig-inside-parameters."]
    for name, own in measured.items():
        gammas, betas = (_known(own[key]) for key in ("gamma", "beta"))
        if not len(gammas) or not len(betas):
            sentences.append(f"{name} has none.")
            continue
        silent = int(np.sum(np.abs(gammas) < SILENT))
        means = [float(np.mean(np.abs(_known([own_layer])))) for own_layer in own["gamma"]]
        where = f", largest on average in normalization {1 + int(np.argmax(means))}" if len(means) > 1 else ""
        sentences.append(
            f"With {name}, γ ends between {rounded(gammas.min(), 2)} and {rounded(gammas.max(), 2)}{where}; "
            f"{silent or 'none'} of {counted(len(gammas), 'channel')} {'is' if silent < 2 else 'are'} all but switched "
            f"off (|γ| below {SILENT:g}), and β is negative in {100 * np.mean(betas < 0):.0f} % of them."
        )
    sentences.append("A negative β moves a channel towards the side that the ReLU cuts off.")
    return " ".join(sentences)


def running(name: str, own: Numbers, at: int) -> str:
    """How far BN's running statistics are from those of the images at hand."""
    means, deviations = [], []
    for layer, found in enumerate(own["end"]):
        sds = np.array(found["before"]["channel_sds"], float)
        running_means, variances = (np.array(own[key][layer], float) for key in ("running_mean", "running_var"))
        means += list(np.abs(running_means - np.array(found["before"]["channel_means"], float)) / sds)
        deviations += list(np.sqrt(variances) / sds)
    if not np.isfinite([*means, *deviations]).all():
        return f"The running statistics of {name} are not all finite, or a channel is constant (@{_running_label(at)})."
    return (
        f"At test time {name} uses its running averages (@{_running_label(at)}). Over {len(means)} channels, a running "
        f"mean is at most {max(means):.2g} standard deviations from the mean of the images at hand, and a running "
        f"standard deviation between {min(deviations):.3g} and {max(deviations):.3g} times theirs. The running "
        "ones are averages over the last batches of training; the images at hand are others."
    )


def _activations_picture(measured: Measured, colours: Mapping[str, str], runs: Sequence[RecordedRun]) -> str:
    told = []
    for name, own in measured.items():
        for side in ("before", "after"):
            sds = ", ".join(_over_time(own, layer, side) for layer in range(len(own["end"])))
            told.append(f"{name}, standard deviations {side} each normalization: {sds}")
    alt = f"Bars of the quantiles of activations, layer by layer, at up to four times. {'; '.join(told)}."
    caption = (
        f"Activations before and after each normalization, of {_images(runs)}: medians, the middle half (thick) and "
        "90 % (thin). The axis is linear up to 2 and logarithmic beyond. Statistics are those of training; of BN, at "
        "the end, also with the running averages in their place."
    )
    picture = markup.figure("inside-activations", activations_figure(measured, colours), alt, caption)
    return picture + folded("inside-activations", of_activations(measured, TIMES))


def _parameters_picture(measured: Measured, colours: Mapping[str, str]) -> str:
    told = [
        f"{name}, normalization {layer + 1}: γ {_span(own['gamma'], layer)}, β {_span(own['beta'], layer)}"
        for name, own in measured.items()
        for layer in range(len(own["gamma"]))
    ]
    alt = f"Points of γ and β over the normalizations. {'; '.join(told)}."
    caption = "γ and β of every channel after training. Dashed: where they started."
    picture = markup.figure("inside-parameters", parameters_figure(measured, colours), alt, caption)
    return picture + folded("inside-parameters", of_parameters(measured))


def _running_picture(name: str, own: Numbers, colour: str, at: int) -> str:
    alt = "Two clouds of points, one per channel: running mean against mean, running against standard deviation."
    caption = (
        f"{escape(name)}: the running statistics at the end of training against those of the images at hand, of every "
        "channel. On the dashed line they agree."
    )
    label = _running_label(at).removeprefix("fig-")
    return markup.figure(label, running_figure(own, colour), alt, caption) + folded(label, of_running(own))


def _running_label(at: int) -> str:
    return "fig-inside-running" + (f"-{at + 1}" if at else "")


def _images(runs: Sequence[RecordedRun]) -> str:
    config = runs[0].config
    return f"{config.evaluate_on} images of {markdown_title(config)}"


def _changes(own: Numbers, side: str) -> list[tuple[float, float]]:
    """By layer, the standard deviation at the start and at the end; nothing where one is not a positive number."""
    pairs = [(first[side]["sd"], last[side]["sd"]) for first, last in zip(own["start"], own["end"], strict=True)]
    return pairs if all(value for pair in pairs for value in pair) else []


def _movement(name: str, own: Numbers) -> str:
    """How far the means of channels move after the first epoch, before and after the normalizations."""
    if not own.get("first_epoch"):
        return ""
    found = {side: _moved(own, side) for side in ("before", "after")}
    if not all(np.isfinite(list(found.values()))):
        return ""
    return f"{name} {found['before']:.2g} before the normalizations and {found['after']:.2g} after them"


def _moved(own: Numbers, side: str) -> float:
    by_layer = []
    for early, late in zip(own["first_epoch"], own["end"], strict=True):
        means = [np.array(each[side]["channel_means"], float) for each in (early, late)]
        with np.errstate(divide="ignore", invalid="ignore"):
            moved = (means[1] - means[0]) / np.array(early[side]["channel_sds"], float)
        by_layer.append(float(np.sqrt(np.mean(moved**2))))
    return float(np.mean(by_layer))


def _over_time(own: Numbers, layer: int, side: str) -> str:
    """`1.8 → 2.4 → 36`."""
    found = [own[time][layer][side]["sd"] for time in ("start", "first_epoch", "end") if own.get(time)]
    return " → ".join("not finite" if value is None else f"{value:.2g}" for value in found)


def _span(by_layer: Sequence[Sequence[float | None]], layer: int) -> str:
    values = _known(by_layer[layer : layer + 1])
    return f"{rounded(values.min(), 2)} to {rounded(values.max(), 2)}" if len(values) else "–"


def _known(by_layer: Sequence[Sequence[float | None]]) -> np.ndarray:
    return np.array([value for values in by_layer for value in values if value is not None], float)
