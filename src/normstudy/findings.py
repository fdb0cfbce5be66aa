"""What the runs say, in sentences: every number and every verdict is computed here."""

from __future__ import annotations

from collections.abc import Sequence

from normstudy.data import TITLES
from normstudy.figures import shared_errors
from normstudy.labels import labels
from normstudy.runs import FinishedRun
from normstudy.statistics import CONFIDENCE, adjust_for_many, compare_errors
from normstudy.tables import error_count, wrong


def summary(runs: Sequence[FinishedRun]) -> str:
    """One paragraph: who made how many errors, and whether the differences are more than noise."""
    finished = [run for run in runs if not run.diverged]
    sentences = [_accuracies(finished)] if finished else []
    sentences += [
        f"{name} diverged in epoch {run.metrics['epoch']}, at step {run.metrics['step']} and a learning rate of "
        f"{run.metrics['lr']:.3g}; it has no final accuracy."
        for name, run in zip(labels([run.config for run in runs]), runs, strict=True)
        if run.diverged
    ]
    if len(finished) > 1:
        sentences += [verdict(finished), _caveat(finished)]
    return " ".join(sentences)


def verdict(runs: Sequence[FinishedRun]) -> str:
    """Whether the models differ in their errors, by McNemar's test on each pair, adjusted for their number."""
    names = labels([run.config for run in runs])
    pairs = [(i, j) for i in range(len(runs)) for j in range(i + 1, len(runs))]
    results = [compare_errors(wrong(runs[i]), wrong(runs[j])) for i, j in pairs]
    adjusted = adjust_for_many([result.p_value for result in results])
    clear = []
    for (i, j), result, p in zip(pairs, results, adjusted, strict=True):
        if p < 1 - CONFIDENCE:
            better, worse = (j, i) if result.only_first > result.only_second else (i, j)
            clear.append(f"{names[better]} errs less often than {names[worse]} (p = {p:.2g})")
    if not clear:
        smallest = min(adjusted)
        subject = "the two models" if len(runs) == 2 else f"any two of the {len(runs)} models"
        return f"The differences between {subject} are within the noise (smallest adjusted p = {smallest:.2f})."
    rest = len(pairs) - len(clear)
    tail = f"; the other {rest} pairs differ by no more than noise" if rest > 1 else ""
    tail = "; the remaining pair differs by no more than noise" if rest == 1 else tail
    return f"On these images {'; '.join(clear)}{tail}."


def take_away(runs: Sequence[FinishedRun], measure: str) -> str:
    """A caption's last sentence: where the lines of `measure`, a key of the history, end, and how far apart."""
    ended = [
        (run.history[-1][measure], name)
        for name, run in zip(labels([run.config for run in runs]), runs, strict=True)
        if run.history and not run.diverged
    ]
    if not ended:
        return "No model finished."
    (low, lowest), (high, highest) = min(ended), max(ended)
    accuracy = measure.endswith("accuracy")
    if len(ended) == 1:
        return f"{lowest} ends at {_value(low, accuracy)}."
    gap = f"{100 * (high - low):.2f} percentage points" if accuracy else f"{high - low:.4f} nats"
    best, worst = ((high, highest), (low, lowest)) if accuracy else ((low, lowest), (high, highest))
    return (
        f"{best[1]} ends best, at {_value(best[0], accuracy)}, {worst[1]} last, "
        f"at {_value(worst[0], accuracy)}: {gap} apart."
    )


def epochs_shown(runs: Sequence[FinishedRun]) -> str:
    """How many of the configured epochs a chart shows: `20 of 20 epochs of each model`."""
    counts = {(len(run.history), run.config.epochs) for run in runs}
    if len(counts) == 1:
        shown, configured = counts.pop()
        return f"{shown} of {configured} epochs of each model"
    names = labels([run.config for run in runs])
    parts = (f"{len(run.history)} of {run.config.epochs} ({name})" for name, run in zip(names, runs, strict=True))
    return "epochs shown: " + ", ".join(parts)


def shared(runs: Sequence[FinishedRun]) -> str:
    """How many images every model gets wrong, beside how many at least one does."""
    everyone = len(shared_errors(runs))
    anyone = len(set().union(*(run.predictions["index"][wrong(run)].tolist() for run in runs)))
    total = len(runs[0].predictions["label"])
    return (
        f"{everyone} of {total:,} images are misclassified by all {len(runs)} models, {anyone} by at least one of them."
    )


def data_name(runs: Sequence[FinishedRun]) -> str:
    """`MNIST, 10,000 test images`: what the runs were evaluated on."""
    config = runs[0].config
    counts = {len(run.predictions["label"]) for run in runs if not run.diverged}
    size = f", {counts.pop():,} {config.evaluate_on} images" if counts else ""
    return f"{TITLES[config.dataset]}{size}"


def _accuracies(runs: Sequence[FinishedRun]) -> str:
    parts = []
    for name, run in sorted(
        zip(labels([run.config for run in runs]), runs, strict=True), key=lambda pair: error_count(pair[1])
    ):
        errors, _ = error_count(run)
        parts.append(f"{name} misclassifies {errors} ({100 * run.history[-1]['test_accuracy']:.2f} % right)")
    return f"Of {len(runs[0].predictions['label']):,} {runs[0].config.evaluate_on} images, {_join(parts)}."


def _caveat(runs: Sequence[FinishedRun]) -> str:
    if len({run.config.seed for run in runs}) == 1:
        return (
            "There is one run per model, all from one seed: this test allows for the choice of images, but not "
            "for the seed, so even a clear difference here may turn out otherwise with another seed."
        )
    return "The runs have different seeds, so a difference holds what the seed does as well as what the model does."


def _value(value: float, accuracy: bool) -> str:
    return f"{100 * value:.2f} %" if accuracy else f"{value:.4f}"


def _join(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
