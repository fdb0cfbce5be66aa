"""The section in which trained networks run in the page."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from normstudy.config import KNOWN, Config, image_facts
from normstudy.report import markup, networks_examples, networks_in_batches
from normstudy.report.drawing import COLOURS
from normstudy.report.labels import class_names, data_title, model_names
from normstudy.report.markup import escape
from normstudy.report.networks_examples import Example
from normstudy.report.networks_figure import Shown, networks_figure
from normstudy.report.networks_html import frame
from normstudy.report.wording import capitalized, confidence_text, join_words, rounded
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedRun

if TYPE_CHECKING:  # torch takes seconds to import, which reports without run folders do without
    from normstudy.runs.looks import Look

HEADING = "### In our own networks {#sec-networks}"

MOST_NETWORKS, MOST_WEIGHTS = 4, 100_000
"""That run in a page: their answers stand beside each other, and a weight takes five characters."""

TOLERANCE = 0.01
"""Of probabilities: what a network says of an image on one processor and on another may differ by so much."""

FORMS = {"mnist": {"box": 20, "pen": 2.4, "centre": "mass"}}
"""How drawings become images: the edge of the box that they fill and the width of the pen, in pixels, and what is in
the middle; of data that are not here they fill the image."""

ORIGINS = {
    "bn": "running averages",
    "gn": "of its group",
    "ln": "of the image",
    "in": "of the channel",
    "ln2d": "of each position",
}
"""Of mean and variance at test time, in few words."""


class _Asked(NamedTuple):
    """Networks in the page: their runs, what is known of their images, and what they say of the examples."""

    runs: list[FinishedRun]
    names: list[str]
    standard: tuple[float, float]
    examples: list[tuple[str, Example]]
    looks: list[Look]


def section(runs: Sequence[FinishedRun], theme: Path) -> str:
    """The section, with its heading; nothing where no run that finished has a folder with weights.

    Nor is there one on images that nobody could draw into a field: coloured ones, and one's own.
    `theme`: the folder with the scripts and the style, which become part of the page.
    """
    # The page’s scripts know the layers of our own network alone.
    sound = [run for run in runs if not (run.diverged or isinstance(run, RecordedRun) or run.config.model)]
    if not sound or not _can_be_drawn(sound[0].config):
        return ""
    from normstudy.runs.answers_in_batches import data_at_hand

    data = data_at_hand(sound[0])
    shown = _that_fit(sound)
    examples = [("wrong", each) for each in networks_examples.misclassified(shown)]
    examples += [("right", each) for each in networks_examples.all_right(shown, data)] if data else []
    standard = (data.mean, data.std) if data else _standard(shown[0])
    names = [name for name, run in zip(model_names(runs), runs, strict=True) if run in shown]
    asked = _Asked(shown, names, standard, examples, [_look(run, examples, standard) for run in shown])
    if (error := _error(asked)) > TOLERANCE:
        return (
            f"{HEADING}\n\nThe networks cannot be shown: made anew from their run folders, they give misclassified "
            f"images probabilities that differ from the recorded ones by up to {100 * error:.1f} percentage points.\n"
        )
    parts = [HEADING, _introduction(asked, len(sound)), _picture(asked), _to_try(asked, theme)]
    with_bn = [(name, run) for name, run in zip(names, shown, strict=True) if run.config.norm == "bn"]
    if with_bn:
        parts.append(networks_in_batches.in_words(*with_bn[0], data))
    return "\n\n".join(part for part in parts if part)


def _can_be_drawn(config: Config) -> bool:
    return config.images is None and image_facts(config).shape[0] == 1


def _that_fit(runs: Sequence[FinishedRun]) -> list[FinishedRun]:
    """The first of `runs` whose weights a page has room for; one at least."""
    found, weights = [], 0
    for run in runs[:MOST_NETWORKS]:
        weights += run.metrics["model"]["parameters"]
        if found and weights > MOST_WEIGHTS:
            break
        found.append(run)
    return found


def _standard(run: FinishedRun) -> tuple[float, float]:
    from normstudy.runs.class_maps import standard

    return standard(run.config)


def _look(run: FinishedRun, examples: Sequence[tuple[str, Example]], standard: tuple[float, float]) -> Look:
    import torch

    from normstudy.runs.looks import look
    from normstudy.runs.networks import trained_net

    edge = image_facts(run.config).shape[1]
    pixels = np.array([each.pixels for _, each in examples], np.float32).reshape(-1, 1, edge, edge)
    mean, std = standard
    return look(trained_net(run), torch.from_numpy(pixels).div(255).sub(mean).div(std))


def _error(asked: _Asked) -> float:
    """By how much probabilities of errors differ from the recorded ones, at most."""
    place = {example.index: at for at, (_, example) in enumerate(asked.examples)}
    found = [0.0]
    for run, look in zip(asked.runs, asked.looks, strict=True):
        errors = run.misclassified
        for index, said, sure in zip(errors["index"], errors["predicted"], errors["confidence"], strict=True):
            if int(index) in place:
                found.append(abs(float(look.probabilities[place[int(index)], int(said)]) - float(sure)))
    return max(found)


def _introduction(asked: _Asked, all_of_them: int) -> str:
    one = len(asked.runs) == 1
    names = [escape(name) for name in asked.names]
    weights = sorted({run.metrics["model"]["parameters"] for run in asked.runs})
    each = f"{weights[0]:,}" if len(weights) == 1 else f"{weights[0]:,} to {weights[-1]:,}"
    left = all_of_them - len(asked.runs)
    rest = f", the first {len(asked.runs)} of {all_of_them} models" if left else ""
    figure = " (@fig-networks)" if asked.examples else ""
    seeds = {run.config.seed for run in asked.runs}
    seed = f" (seed {seeds.pop()})" if len(seeds) == 1 else ""
    return (
        f"What do the normalizations of {'a trained network' if one else 'trained networks'} do to an image, and what "
        f"{'does it' if one else 'do they'} say of it? Here {'is' if one else 'are'} {join_words(names)}"
        f"{seed}{rest}, with {each} parameters{'' if one else ' each'}{figure}."
    )


def _picture(asked: _Asked) -> str:
    """`@fig-networks`, of the image that splits the networks, else of the first; nothing where there is no image."""
    if not asked.examples:
        return ""
    answers = np.array([look.probabilities.argmax(dim=1).numpy() for look in asked.looks])
    place = int((answers != answers[0]).any(axis=0).argmax())
    example, classes = asked.examples[place][1], class_names(asked.runs[0].config)
    shown = [
        _shown(name, run, look, place) for name, run, look in zip(asked.names, asked.runs, asked.looks, strict=True)
    ]
    told = [
        f"{each.name} says {classes[int(each.probabilities.argmax())]} ({confidence_text(each.probabilities.max())})"
        for each in shown
    ]
    config = asked.runs[0].config
    image = f"{config.evaluate_on} image {example.index} of {data_title(config)}"
    alt = (
        f"{capitalized(image)}, by its label {classes[example.label]}; bars of the probabilities of all classes, "
        f"and pictures of a channel before and after the first normalization. {'; '.join(told)}."
    )
    caption = (
        f"{capitalized(image)}, by its label {escape(classes[example.label])}"
        f"{f' ({escape(example.note)})' if example.note else ''}, at test time. "
        f"{join_words([escape(text) for text in told])}. Beside the probabilities of all classes is a channel before "
        "and after the first normalization, that which varies most after it, with the mean μ and the variance σ² that "
        "were used; orange is positive, violet negative."
    )
    return markup.figure("networks", networks_figure(example.pixels, shown, classes), alt, caption)


def _shown(name: str, run: FinishedRun, look: Look, place: int) -> Shown:
    first = look.normalizations[0]
    before, after = (each[place].numpy() for each in (first.before, first.after))
    channel = int(after.var(axis=(1, 2)).argmax())
    if first.mean is None:
        used = "not normalized"
    else:
        mean, variance = (_or_range(each[place, channel].numpy()) for each in (first.mean, first.variance))
        used = f"μ = {mean}, σ² = {variance}\n({ORIGINS[run.config.norm]})"
    colour, said = COLOURS[run.config.norm], look.probabilities[place].numpy()
    return Shown(name, colour, said, before[channel], after[channel], channel, used)


def _or_range(values: np.ndarray) -> str:
    low, high = float(values.min()), float(values.max())
    return rounded(low, 2) if low == high else f"{rounded(low, 2)} to {rounded(high, 2)}"


def _to_try(asked: _Asked, theme: Path) -> str:
    """The part of the page that runs the networks, with what to know before it; in HTML alone."""
    bn = next((name for name, run in zip(asked.names, asked.runs, strict=True) if run.config.norm == "bn"), "")
    config = asked.runs[0].config
    normalizations = max(len(look.normalizations) for look in asked.looks)
    body = frame(page_data(asked), theme, normalizations, max(run.config.channels for run in asked.runs), bn)
    before = (
        f"{'It runs' if len(asked.runs) == 1 else 'They run'} in this page, with the weights as they were "
        "trained, in single precision as in the evaluation (sums in double). "
        f"Draw, or choose one of the {config.evaluate_on} images. {_form_in_words(config.dataset)}"
    )
    shown = '::: {.content-visible when-format="html" html-table-processing="none"}'
    return f"{shown}\n{before}\n\n```{{=html}}\n{body}\n```\n:::\n"


def _form_in_words(dataset: str) -> str:
    form, edge = _form(dataset), KNOWN[dataset].shape[1]
    if form["centre"] == "mass":
        place = (
            "and moved until its centre of mass is in the middle, as it was done with the images of MNIST [@lecun1998]"
        )
    else:
        place = f"which the images of {KNOWN[dataset].title} more or less fill, too"
    return (
        f"A drawing is scaled to fit into a box of {form['box']} × {form['box']} pixels in the middle of {edge} × "
        f"{edge}, drawn with soft edges by a pen of {form['pen']:g} pixels, {place}."
    )


def _form(dataset: str) -> dict[str, Any]:
    return FORMS.get(dataset) or {"box": KNOWN[dataset].shape[1], "pen": 2.4, "centre": "box"}


def page_data(asked: _Asked) -> dict[str, Any]:
    """What the scripts work with: images and how they are standardised, classes, examples, and the networks."""
    from normstudy.runs.network_description import describe
    from normstudy.runs.networks import trained_net

    config = asked.runs[0].config
    examples = [
        {"kind": kind, "index": each.index, "label": each.label, "note": each.note}
        | {"pixels": base64.b64encode(each.pixels.astype(np.uint8).tobytes()).decode()}
        for kind, each in asked.examples
    ]
    networks = [
        {"name": markup.plain(name), "colour": COLOURS[run.config.norm], **describe(trained_net(run))}
        for name, run in zip(asked.names, asked.runs, strict=True)
    ]
    return {
        "edge": image_facts(config).shape[1],
        "mean": asked.standard[0],
        "std": asked.standard[1],
        "form": _form(config.dataset),
        "classes": class_names(config),
        "images": config.evaluate_on,
        "examples": examples,
        "networks": networks,
    }
