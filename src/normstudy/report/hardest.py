"""The images that most runs misclassify, over all seeds of all models, and what they are taken for."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure

from normstudy.report import disputed, markup
from normstudy.report.drawing import LITERAL, WIDTH
from normstudy.report.judgements import Judgements, errors_of_each_run, have_seeds, judgements, note_on_left_out
from normstudy.report.labels import class_names, data_name
from normstudy.report.pixels import NAME, cut, show
from normstudy.report.wording import counted
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedRun

COLUMNS, MOST_SHOWN = 5, 20
"""Images beside each other, and in all."""

MOST_ANSWERS = 3
"""Wrong classes that are told of an image."""

LINE = 21
"""Characters that fit above an image."""


def sheet(runs: Sequence[FinishedRun]) -> str:
    """`@fig-hardest`: the `hardest_figure`; nothing where no model has several runs, or none errs."""
    judged = judgements(runs)
    positions = hardest(judged) if have_seeds(judged) else np.array([], int)
    if not len(positions):
        return ""
    wrong = errors_of_each_run(judged)
    every = int(wrong.all(axis=0).sum())
    several = f"the {len(positions)} images that most runs misclassify"
    shown = several if len(positions) > 1 else "the one image that a run misclassifies"
    whose = " of all models" if len(judged) > 1 else ""
    those = {0: "no image is", 1: "one is"}.get(every, f"{every:,} are")
    caption = (
        f"Over all seeds{whose}, {shown} ({data_name(runs)}; {those} misclassified by every run). Above each: "
        f"true class, number in the data set, how many of the {len(wrong):,} runs are wrong, and how many of them say "
        f"what (at most {MOST_ANSWERS} classes).{_on_missing(runs, judged, positions)}{note_on_left_out(runs)}"
    )
    picture = hardest_figure(judged, positions, images_of(runs))
    return markup.figure("hardest", picture, hardest_alt(judged, positions), caption)


def hardest(judged: Sequence[Judgements]) -> np.ndarray:
    """Positions (m,) of the images that most runs get wrong, of which at least one does, at most `MOST_SHOWN`.

    Where as many are wrong, those of the higher mean loss come first.
    """
    if not judged:
        return np.array([], int)
    times = errors_of_each_run(judged).sum(axis=0)
    loss = np.concatenate([each.loss for each in judged]).mean(axis=0)
    order = np.lexsort((-loss, -times))[:MOST_SHOWN]
    return order[times[order] > 0]


def images_of(runs: Sequence[FinishedRun]) -> dict[int, np.ndarray]:
    """By number in the data set, the images that run folders have: of records none are kept."""
    found = {}
    for run in runs:
        if not (run.diverged or isinstance(run, RecordedRun)):
            errors = run.misclassified
            found |= dict(zip(errors["index"].tolist(), errors["images"], strict=True))
    return found


@matplotlib.style.context(LITERAL)
def hardest_figure(judged: Sequence[Judgements], positions: np.ndarray, images: dict[int, np.ndarray]) -> Figure:
    """The images at `positions`, with what the runs say; a grey field for one that is not among `images`."""
    titles = [_title(judged, position) for position in positions]
    rows = -(-len(positions) // COLUMNS)
    lines = max(title.count("\n") for title in titles) + 1
    picture = Figure(figsize=(WIDTH, 0.3 + rows * (1.15 + 0.135 * lines)), layout="constrained")
    places = picture.subplots(rows, COLUMNS, squeeze=False).flat
    for axes in places:
        axes.axis("off")
    for position, title, axes in zip(positions, titles, picture.axes, strict=False):
        axes.set_title(title, fontsize=8)
        image = images.get(int(judged[0].index[position]))
        if image is None:
            axes.set_facecolor("#dddddd")
            axes.set(xticks=[], yticks=[], box_aspect=1)
            axes.axis("on")
            axes.spines[:].set_visible(False)
            axes.text(0.5, 0.5, "image\nnot kept", ha="center", va="center", fontsize=8, transform=axes.transAxes)
        else:
            show(axes, image, judged[0].config)
    disputed.draw_legend(picture)
    return picture


def hardest_alt(judged: Sequence[Judgements], positions: np.ndarray) -> str:
    """Alternative text for `hardest_figure`: what each image is, how often it is misclassified, and as what."""
    first = judged[0]
    names, runs = class_names(first.config), sum(each.runs for each in judged)
    items = []
    for position in positions:
        answers = _wrong_answers(judged, position)
        name, index = names[first.label[position]], int(first.index[position])
        text = f"{name} (number {index}): {sum(count for _, count in answers)}, mostly as {names[answers[0][0]]}"
        items.append(disputed.noted(text, index, first.config))
    shown = counted(len(positions), "image")
    return f"Grid of {shown}, with how many of {runs} runs misclassify each, and as what: {'; '.join(items)}."


def _title(judged: Sequence[Judgements], position: int) -> str:
    first = judged[0]
    names, index = [cut(name, NAME) for name in class_names(first.config)], int(first.index[position])
    answers = _wrong_answers(judged, position)
    runs, times = sum(each.runs for each in judged), sum(count for _, count in answers)
    told = ", ".join(f"{names[said]}:\u00a0{count}" for said, count in answers[:MOST_ANSWERS])
    head = disputed.marked(f"true {names[first.label[position]]} (no. {index})", index, first.config)
    return "\n".join([head, f"wrong: {times} of {runs}", *textwrap.wrap(told, LINE)])


def _wrong_answers(judged: Sequence[Judgements], position: int) -> list[tuple[int, int]]:
    """(class, runs) of the wrong classes that runs give the image at `position`, the most frequent first."""
    answers = np.concatenate([each.predicted[each.wrong[:, position], position] for each in judged])
    return sorted(Counter(answers.tolist()).items(), key=lambda each: (-each[1], each[0]))


def _on_missing(runs: Sequence[FinishedRun], judged: Sequence[Judgements], positions: np.ndarray) -> str:
    kept = images_of(runs)
    missing = sum(int(index) not in kept for index in judged[0].index[positions])
    return " A grey field stands for an image that no run folder has." if missing else ""
