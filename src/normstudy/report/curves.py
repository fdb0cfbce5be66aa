"""Loss and accuracy over the epochs: Graph 1, Graph 2, training, and the curves of one run."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.style
from matplotlib.figure import Figure

from normstudy.report import markup, milestones
from normstudy.report.course_numbers import behind
from normstudy.report.courses import Course, courses
from normstudy.report.drawing import PLAIN, WIDTH, scale_accuracy, scale_epochs, scale_loss, styles
from normstudy.report.history_chart import MEASURES, end_text, history_figure, places, value_text, without_line
from normstudy.report.labels import data_name, markdown_title
from normstudy.report.models import diverged_runs, has_several_seeds, models_of, seeds_each
from normstudy.report.outcomes import note_on_diverged
from normstudy.report.wording import MOST_NAMES, capitalized, counted, some_of
from normstudy.runs.folder import FinishedRun


def test_loss(runs: Sequence[FinishedRun]) -> str:
    """`@fig-test-loss`, Graph 1."""
    split = runs[0].config.evaluate_on
    caption = (
        f"Graph 1. Mean {split} loss after each epoch ({data_name(runs)}; {epochs_shown(runs)}; logarithmic axis). "
        f"{on_the_way(runs)}{what_lines_are(runs)}{take_away(runs, 'test_loss')}{_note_on_diverged(runs)}"
    )
    figure = history_figure(runs, ["test_loss"])
    picture = markup.figure("test-loss", figure, history_alt(runs, "test_loss"), caption)
    return picture + behind("test-loss", runs, ["test_loss"])


def test_accuracy(runs: Sequence[FinishedRun]) -> str:
    """`@fig-test-accuracy`, Graph 2."""
    split = runs[0].config.evaluate_on
    caption = (
        f"Graph 2. {split.capitalize()} accuracy after each epoch ({data_name(runs)}; {epochs_shown(runs)}). The axis "
        "is stretched towards 100 %, so that early and late epochs can both be read. "
        f"{on_the_way(runs)}{what_lines_are(runs)}{take_away(runs, 'test_accuracy')}{_note_on_diverged(runs)}"
    )
    figure = history_figure(runs, ["test_accuracy"])
    picture = markup.figure("test-accuracy", figure, history_alt(runs, "test_accuracy"), caption)
    return picture + behind("test-accuracy", runs, ["test_accuracy"])


def training(runs: Sequence[FinishedRun]) -> str:
    """`@fig-training`: loss and accuracy in training."""
    measures = ["train_loss", "train_accuracy"]
    caption = (
        f"Training loss and training accuracy of each epoch ({markdown_title(runs[0].config)}; "
        f"{epochs_shown(runs)}). {on_the_way(runs)}{what_lines_are(runs)}"
        f"Loss: {take_away(runs, measures[0])} Accuracy: {take_away(runs, measures[1])}"
        f"{_note_on_diverged(runs)}"
    )
    alt = " ".join(history_alt(runs, measure) for measure in measures)
    picture = markup.figure("training", history_figure(runs, measures), alt, caption)
    return picture + behind("training", runs, measures)


def history_alt(runs: Sequence[FinishedRun], measure: str) -> str:
    """Alternative text for `history_figure` with one measure."""
    title = MEASURES[measure].format(split=runs[0].config.evaluate_on)
    everything = courses(runs, measure)
    drawn = [course for course in everything if len(course.values)]
    if len(drawn) > MOST_NAMES:
        drawn.sort(key=lambda course: course.values[-1])
        low, high = ((course.name, end_text(measure, course)) for course in (drawn[0], drawn[-1]))
        ends = f"{len(drawn)} lines, which end between {low[1]} ({low[0]}) and {high[1]} ({high[0]})"
    else:
        ends = "; ".join(
            f"{course.name} goes from {value_text(measure, course.values[0], places(course))} in epoch 1 to "
            f"{end_text(measure, course)} in epoch {len(course.values)}"
            for course in drawn
        )
    without = "".join(f" {text}." for text in without_line(everything))
    kind = "a line of the means in a band" if _are_means(everything) else "one line"
    return f"Line chart of {title} over the epochs, {kind} per model: {ends or 'there is none'}.{without}"


def what_lines_are(runs: Sequence[FinishedRun]) -> str:
    """A caption's sentence on lines and bands, with a space behind it; nothing where every line is a run."""
    models = models_of(runs)
    if not has_several_seeds(models):
        return ""
    return f"Lines are means over {seeds_each(models)}, bands reach from the lowest run to the highest. "


def on_the_way(runs: Sequence[FinishedRun]) -> str:
    """A caption's sentence on the line and the shade behind the lines, with a space behind it."""
    return milestones.in_words([run.config for run in runs])


def take_away(runs: Sequence[FinishedRun], measure: str) -> str:
    """A caption's last sentence: where the lines of `measure`, a key of the history, end, and how far apart."""
    everything = courses(runs, measure)
    decimals = max(map(places, everything))
    ended = [
        (course.values[-1], course.name) for course in everything if len(course.values) and not course.run.diverged
    ]
    if not ended:
        return "No model finished."
    (low, lowest), (high, highest) = min(ended), max(ended)
    accuracy = measure.endswith("accuracy")
    if len(ended) == 1:
        return f"{capitalized(lowest)} ends at {value_text(measure, low, decimals)}."
    gap = f"{100 * (high - low):.{decimals}f} percentage points" if accuracy else f"{high - low:.4f} nats"
    best, worst = ((high, highest), (low, lowest)) if accuracy else ((low, lowest), (high, highest))
    mean = "on average " if _are_means(everything) else ""
    if len(ended) == 2:
        if low == high:
            return f"{capitalized(lowest)} and {highest} both end {mean}at {value_text(measure, low, decimals)}."
        return (
            f"{capitalized(best[1])} ends {mean}better, at {value_text(measure, best[0], decimals)}, than {worst[1]}, "
            f"at {value_text(measure, worst[0], decimals)}: {gap} apart."
        )
    return (
        f"{capitalized(best[1])} ends {mean}best, at {value_text(measure, best[0], decimals)}, {worst[1]} last, "
        f"at {value_text(measure, worst[0], decimals)}: {gap} apart."
    )


def epochs_shown(runs: Sequence[FinishedRun]) -> str:
    """How many of the configured epochs a chart shows: `20 of 20 epochs of each model`."""
    counts: dict[tuple[int, int], list[str]] = {}
    for course in courses(runs, "test_loss"):
        counts.setdefault((len(course.values), course.run.config.epochs), []).append(course.name)
    if len(counts) == 1:
        ((shown, configured),) = counts
        return f"{shown} of {counted(configured, 'epoch')} of each model"
    parts = (f"{shown} of {configured} ({some_of(names)})" for (shown, configured), names in counts.items())
    return "epochs shown: " + ", ".join(parts)


@matplotlib.style.context(PLAIN)
def curves_figure(run: FinishedRun) -> Figure:
    """Loss and accuracy of one run, in training and in evaluation."""
    split = run.config.evaluate_on
    figure = Figure(figsize=(WIDTH, 3.2), layout="constrained")
    colour = styles([run.config])[0][0]
    for axes, kind in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        factor = 100 if kind == "accuracy" else 1
        for key, name, line in ((f"test_{kind}", split, "-"), (f"train_{kind}", "training", "--")):
            values = [factor * entry[key] for entry in run.history]
            axes.plot(_epochs(run), values, line, color=colour, marker="o", markersize=3, label=name)
        axes.set(xlabel="epoch", ylabel=kind + (" (%)" if kind == "accuracy" else " (cross-entropy, nats per image)"))
        scale_epochs(axes)
        (scale_accuracy if kind == "accuracy" else scale_loss)(axes)
        axes.legend(frameon=False)
    return figure


def _are_means(drawn: Sequence[Course]) -> bool:
    return any(course.seeds > 1 for course in drawn)


def _note_on_diverged(runs: Sequence[FinishedRun]) -> str:
    """A caption's last sentence, with a space before it; nothing where all finished."""
    models = models_of(runs)
    if not has_several_seeds(models):
        return note_on_diverged(runs)
    return f" {diverged_runs(models)}" if diverged_runs(models) else ""


def _epochs(run: FinishedRun) -> list[int]:
    return [entry["epoch"] for entry in run.history]
