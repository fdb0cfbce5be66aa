"""What all models get wrong: the images, and what each model says they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure

from normstudy.report import disputed, markup
from normstudy.report.drawing import GRID, LITERAL, WIDTH
from normstudy.report.labels import class_names, data_name, labels, model_names
from normstudy.report.outcomes import finished, note_on_diverged
from normstudy.report.pixels import NAME, WIDE, cut, show
from normstudy.report.wording import counted
from normstudy.runs.folder import FinishedRun, wrong

MOST_ANSWERS = 4
"""Models whose answers stand above an image one by one; of more it is told how many gave which answer, up to so many
answers."""

LONGEST_NAME = 16
"""Characters of a name for which the answers stand above an image one by one."""


def in_words(runs: Sequence[FinishedRun]) -> str:
    """How many images every model that finished gets wrong, beside how many at least one does."""
    judges = finished(runs)
    if not judges:
        return "No model finished."
    which = " that finished" if len(judges) < len(runs) else ""
    everyone = len(shared_errors(judges))
    anyone = len(set().union(*(run.predictions["index"][wrong(run)].tolist() for run in judges)))
    images = f"{everyone} of {len(judges[0].predictions['label']):,} images {'is' if everyone == 1 else 'are'}"
    if len(judges) == 1:
        return f"{images} misclassified by the one model{which}."
    all_models = "both models" if len(judges) == 2 else f"all {len(judges)} models"
    return f"{images} misclassified by {all_models}{which}, {anyone} by at least one of them."


def sheet(runs: Sequence[FinishedRun]) -> str:
    """`@fig-shared`: ten of the images that every model gets wrong, or fewer; nothing where there is none."""
    judges = finished(runs)
    positions = shared_errors(judges)[: GRID[0] * GRID[1]] if judges else []
    if not len(positions):
        return ""
    called = [name for name, run in zip(model_names(runs), runs, strict=True) if not run.diverged]
    everyone = "both models get" if len(judges) == 2 else "every model gets"
    caption = (
        f"{len(positions)} of the images that {everyone} wrong ({data_name(runs)}), those that {called[0]} is "
        f"surest of first, with their number in the data set and what the models say.{note_on_diverged(runs)}"
    )
    figure = shared_errors_figure(judges, positions, called)
    return markup.figure("shared", figure, shared_errors_alt(judges, positions), caption)


def shared_errors(runs: Sequence[FinishedRun]) -> np.ndarray:
    """Positions (m,) of the evaluated images that every run got wrong; those the first was surest of come first."""
    everywhere = np.logical_and.reduce([wrong(run) for run in runs])
    positions = np.flatnonzero(everywhere)
    return positions[np.argsort(-runs[0].predictions["predicted_probability"][positions], kind="stable")]


@matplotlib.style.context(LITERAL)
def shared_errors_figure(runs: Sequence[FinishedRun], positions: np.ndarray, called: Sequence[str] = ()) -> Figure:
    """Images (at most ten) that every run got wrong, with what each said, or how many said what.

    `positions` as of `shared_errors`; `called`: the names of `runs` in a study that has others, too.
    """
    rows, columns = GRID
    names = class_names(runs[0].config)
    called = called or labels([run.config for run in runs])
    one_by_one = len(runs) <= MOST_ANSWERS and max(map(len, called)) <= LONGEST_NAME
    first = runs[0].misclassified
    place_of = {int(index): place for place, index in enumerate(first["index"])}
    predictions = [run.predictions for run in runs]
    titles = []
    for row in positions:
        answers = [names[each["predicted"][row]] for each in predictions]
        said = [cut(f"{name}: {answer}", WIDE) for name, answer in zip(called, answers, strict=True)]
        told = said if one_by_one else _answers_counted(answers)
        label, index = cut(names[predictions[0]["label"][row]], NAME), predictions[0]["index"][row]
        titles.append("\n".join([disputed.marked(f"true {label} (no. {index})", index, runs[0].config), *told]))
    lines = max(title.count("\n") for title in titles)
    figure = Figure(figsize=(WIDTH, 3.2 + 0.36 * lines), layout="constrained")
    for place, axes in enumerate(figure.subplots(rows, columns).flat):
        axes.axis("off")
        if place < len(positions):
            index = int(predictions[0]["index"][positions[place]])
            show(axes, first["images"][place_of[index]], runs[0].config)
            axes.set_title(titles[place], fontsize=8)
    disputed.draw_legend(figure)
    return figure


def shared_errors_alt(runs: Sequence[FinishedRun], positions: np.ndarray) -> str:
    """Alternative text for `shared_errors_figure`."""
    names = class_names(runs[0].config)
    first = runs[0].predictions
    items = (
        disputed.noted(f"{names[label]} (number {index})", index, runs[0].config)
        for label, index in zip(first["label"][positions], first["index"][positions], strict=True)
    )
    return f"Grid of {counted(len(positions), 'image')} that every model misclassifies: {', '.join(items)}."


def _answers_counted(answers: Sequence[str]) -> list[str]:
    """`3: 20 models`: how many gave which answer, the most frequent first, rare ones together."""
    counts = Counter(cut(answer, NAME) for answer in answers).most_common()
    if len(counts) > MOST_ANSWERS:
        counts = [*counts[: MOST_ANSWERS - 1], ("others", sum(count for _, count in counts[MOST_ANSWERS - 1 :]))]
    return [f"{answer}: {counted(count, 'model')}" for answer, count in counts]
