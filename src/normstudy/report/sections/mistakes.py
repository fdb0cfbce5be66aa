"""The most confident errors of each model, and what all models get wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.figure import Figure

from normstudy.report.core import images, markup
from normstudy.report.core.literal import escape
from normstudy.report.core.models import Model
from normstudy.report.core.names import class_names
from normstudy.report.core.text import confidence, count
from normstudy.runs.folder import FinishedRun, wrong

MOST_ANSWERS = 4
"""Models whose answers stand above an image one by one; for more models, answers are counted."""

LONGEST_NAME = 16
"""Characters of a model's name for which the answers stand above an image one by one."""

ROOM, LINE = 20, 22
"""Characters that fit above an image: of a class, and of a line."""


def sheets(models: Sequence[Model]) -> str:
    """`@fig-misclassified-<run>` for one run of each model; a sentence on a model that has no errors to show."""
    blocks = []
    for model in models:
        run, name = model.shown, escape(model.name)
        if run.diverged:
            blocks.append(f"{name} diverged in epoch {run.metrics['epoch']} and classified nothing.\n")
        elif not (errors := int(wrong(run).sum())):
            total = count(len(run.predictions["label"]), f"{run.config.evaluate_on} image")
            blocks.append(f"{name} misclassifies none of the {total}.\n")
        else:
            which = f", the {images.MOST} most confident" if errors > images.MOST else ""
            seed = f", seed {run.config.seed}" if len(model.runs) > 1 else ""
            caption = f"**{name}{seed}**: {count(errors, 'error')}{which}."
            figure = markup.figure(f"misclassified-{run.name}", misclassified(run), misclassified_alt(run), caption)
            blocks.append(figure)
    return "\n".join(blocks)


def misclassified(run: FinishedRun) -> Callable[[], Figure]:
    """A function that draws the errors of which a finished run was most confident, five in a row."""
    errors, names = run.misclassified, class_names(run.config)
    titles = []
    for true, said, probability, index in _shown(run):
        text = f"{names[true]} → {names[said]}{_mark(index, run)}"
        if len(text) > ROOM:
            text = f"{images.cut(names[true], ROOM)}\n→ {images.cut(names[said], ROOM - 4)}{_mark(index, run)}"
        titles.append(f"{text}\n{confidence(probability)}")
    return images.sheet(list(errors["images"][: images.MOST]), titles, run.config)


def misclassified_alt(run: FinishedRun) -> str:
    """Alternative text of `misclassified`: what each picture is and was taken for."""
    names = class_names(run.config)
    items = [
        f"{names[true]} taken for {names[said]} ({confidence(probability)})"
        for true, said, probability, _ in _shown(run)
    ]
    return f"Grid of {count(len(items), 'misclassified image')}: {', '.join(items)}."


def shared(models: Sequence[Model]) -> str:
    """A heading, how many images every model gets wrong, and `@fig-shared`: ten of them, or fewer, or none.

    Of one run each, as the sheets; nothing where fewer than two models finished.
    """
    judges = [model for model in models if not model.shown.diverged]
    if len(judges) < 2:
        return ""
    runs = [model.shown for model in judges]
    mistakes = np.array([wrong(run) for run in runs])
    everyone, anyone = int(mistakes.all(axis=0).sum()), int(mistakes.any(axis=0).sum())
    models_count = "both models" if len(judges) == 2 else f"all {len(judges)} models"
    text = (
        "### What all models get wrong {#sec-shared}\n\n"
        f"Of the {count(mistakes.shape[1], f'{runs[0].config.evaluate_on} image')}, {models_count} misclassify "
        f"{everyone:,}; at least one model misclassifies {anyone:,}. These are the runs shown above."
    )
    if not everyone:
        return text
    places = np.flatnonzero(mistakes.all(axis=0))
    places = places[np.argsort(-runs[0].predictions["predicted_probability"][places], kind="stable")][: images.MOST]
    some = f"{len(places)} of the {everyone}" if everyone > len(places) else "The"
    caption = f"{some} images that {models_count} misclassify: true class, number in the data set, predictions."
    names = class_names(runs[0].config)
    first = runs[0].predictions
    items = [f"{names[first['label'][at]]} (number {first['index'][at]})" for at in places]
    alt = f"Grid of {count(len(items), 'image')} that every model misclassifies: {', '.join(items)}."
    return f"{text}\n\n{markup.figure('shared', _shared_sheet(judges, places), alt, caption)}"


def _shared_sheet(models: Sequence[Model], places: np.ndarray) -> Callable[[], Figure]:
    """Images at `places` of the predictions, each misclassified by every one of `models`, with their answers."""
    runs = [model.shown for model in models]
    names, first = class_names(runs[0].config), runs[0].misclassified
    pixels = dict(zip(first["index"].tolist(), first["images"], strict=True))
    one_by_one = len(models) <= MOST_ANSWERS and max(len(model.name) for model in models) <= LONGEST_NAME
    titles, shown = [], []
    for place in places:
        said = [names[run.predictions["predicted"][place]] for run in runs]
        index = int(runs[0].predictions["index"][place])
        shown.append(pixels[index])
        true = images.cut(names[runs[0].predictions["label"][place]], ROOM // 2)
        lines = [f"true {true} (no. {index}){_mark(index, runs[0])}"]
        if one_by_one:
            lines += [images.cut(f"{model.name}: {each}", LINE) for model, each in zip(models, said, strict=True)]
        else:
            lines += _counted(said)
        titles.append("\n".join(lines))
    return images.sheet(shown, titles, runs[0].config)


def _counted(answers: Sequence[str]) -> list[str]:
    """`3: 20 models`: how many gave which answer, the most frequent first, rare ones together."""
    counts = Counter(images.cut(answer, ROOM // 2) for answer in answers).most_common()
    if len(counts) > MOST_ANSWERS:
        rest = sum(number for _, number in counts[MOST_ANSWERS - 1 :])
        counts = [*counts[: MOST_ANSWERS - 1], ("others", rest)]
    return [f"{answer}: {count(number, 'model')}" for answer, number in counts]


def _shown(run: FinishedRun) -> list[tuple[int, int, float, int]]:
    """(true class, predicted class, confidence, number of the image), the most confident errors first."""
    columns = (run.misclassified[name][: images.MOST] for name in ("label", "predicted", "confidence", "index"))
    return list(zip(*columns, strict=True))


def _mark(index: int, run: FinishedRun) -> str:
    return f" {images.MARK}" if images.is_disputed(index, run.config) else ""
