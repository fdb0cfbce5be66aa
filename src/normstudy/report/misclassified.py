"""Misclassified images: the ten errors of which a model was surest."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.style
from matplotlib.figure import Figure

from normstudy.report import disputed, markup
from normstudy.report.drawing import GRID, LITERAL, WIDTH
from normstudy.report.labels import class_names, markdown_title, model_names
from normstudy.report.outcomes import error_count
from normstudy.report.pixels import LONGEST, ROOM, above, cut, show
from normstudy.report.wording import capitalized, confidence_text, counted
from normstudy.runs.folder import FinishedRun


def sheets(runs: Sequence[FinishedRun]) -> str:
    """`@fig-misclassified-<run>` of each of `runs`; a line on each that diverged."""
    blocks = []
    for name, run in zip(model_names(runs), runs, strict=True):
        if run.diverged:
            blocks.append(f"{capitalized(name)} has no misclassified images to show.\n")
            continue
        alt, caption = misclassified_alt(run), misclassified_caption(name, run)
        blocks.append(markup.figure(f"misclassified-{run.name}", misclassified_figure(run), alt, caption))
    return "\n".join(blocks)


@matplotlib.style.context(LITERAL)
def misclassified_figure(run: FinishedRun) -> Figure:
    """The ten errors of which the model was surest, five by two; fewer when there are fewer."""
    errors, names = run.misclassified, class_names(run.config)
    rows, columns = GRID
    figure = Figure(figsize=(WIDTH, 3.7), layout="constrained")
    for place, axes in enumerate(figure.subplots(rows, columns).flat):
        axes.axis("off")
        if place >= len(errors["label"]):
            continue
        show(axes, errors["images"][place], run.config)
        true, predicted = names[errors["label"][place]], names[errors["predicted"][place]]
        said = disputed.marked(f"true {true}, said {predicted}", errors["index"][place], run.config)
        if len(said) > ROOM:
            said = f"{above(f'true {cut(true, LONGEST)}')}\n{above(f'said {cut(predicted, LONGEST)}')}"
        axes.set_title(f"{said}\n{confidence_text(errors['confidence'][place])}", fontsize=9)
    disputed.draw_legend(figure)
    return figure


def misclassified_alt(run: FinishedRun) -> str:
    """Alternative text for `misclassified_figure`: what each picture is and was taken for."""
    names, errors = class_names(run.config), run.misclassified
    columns = (errors[name][: GRID[0] * GRID[1]] for name in ("label", "predicted", "confidence", "index"))
    shown = list(zip(*columns, strict=True))
    items = (
        disputed.noted(f"{names[true]} taken for {names[said]} ({confidence_text(p)})", index, run.config)
        for true, said, p, index in shown
    )
    return f"Grid of {counted(len(shown), 'misclassified image')}: {', '.join(items)}."


def misclassified_caption(name: str, run: FinishedRun) -> str:
    """Caption of `misclassified_figure` for the run called `name`: how many errors there are, and which are shown."""
    errors, total = error_count(run)
    places = GRID[0] * GRID[1]
    which = f"the {places} it was surest of" if errors > places else "all are shown"
    which = {0: "there is none to show", 1: "this one"}.get(errors, which)
    return (
        f"{name} misclassifies {errors} of {total:,} {run.config.evaluate_on} images "
        f"({markdown_title(run.config)}): {which}. Above each image: true class, predicted class, and the "
        "probability that the model gave the latter."
    )
