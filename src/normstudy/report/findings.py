"""What the runs say, in sentences: every number and every verdict is computed here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from normstudy.config import VALIDATION_IMAGES
from normstudy.model import SKELETON
from normstudy.report.figures import GRID, shared_errors, value_text
from normstudy.report.labels import (
    DATA_TITLES,
    MOST_NAMES,
    are_numbered,
    counted,
    join_words,
    labels,
    model_names,
    some_of,
)
from normstudy.report.markup import escape, note_on_code_points
from normstudy.report.search import VARIED, best_combinations, mean_over_models, read_search
from normstudy.report.statistics import CONFIDENCE, proportion_interval
from normstudy.report.tables import compare_pairs, error_count, p_text, settings_tables, telling_pairs
from normstudy.runs.folder import FinishedRun, wrong
from normstudy.skeleton import describe_skeleton

MOST_CLEAR = 3
"""Clear differences that the summary lists; more are counted."""


def summary(runs: Sequence[FinishedRun]) -> str:
    """One paragraph: who made how many errors, and whether the differences are more than noise."""
    diverged = [(name, run) for name, run in _by_name(runs) if run.diverged]
    sentences = [_accuracies(runs)] if len(diverged) < len(runs) else []
    sentences += [diverged_count(runs)] if diverged else []
    sentences += [
        f"{name} diverged in epoch {run.metrics['epoch']}, at step {run.metrics['step']} and a learning rate of "
        f"{run.metrics['lr']:.3g}; it has no final accuracy."
        for name, run in diverged
        if len(diverged) <= MOST_NAMES
    ]
    if len(runs) - len(diverged) > 1:
        sentences += [verdict(runs), _caveat([run for run in runs if not run.diverged])]
    return " ".join(sentences)


def verdict(runs: Sequence[FinishedRun]) -> str:
    """Whether the models differ in their errors, by McNemar's test on each pair, adjusted for their number."""
    names = labels([run.config for run in runs])
    compared = compare_pairs(runs)
    clear = []
    for i, j, result, p in sorted(compared, key=lambda each: each[2].p_value):
        if p < 1 - CONFIDENCE:
            better, worse = (j, i) if result.only_first > result.only_second else (i, j)
            clear.append((better, worse, f"{names[better]} errs less often than {names[worse]} (p {p_relation(p)})"))
    finished = [place for place, run in enumerate(runs) if not run.diverged]
    if not clear:
        smallest = min(p for *_, p in compared)
        subject = "the two models" if len(finished) == 2 else f"any two of the {len(finished)} models"
        return f"The differences between {subject} are within the noise (smallest adjusted p = {smallest:.2f})."
    rest = len(compared) - len(clear)
    if len(clear) > MOST_CLEAR:
        best = min(finished, key=lambda place: error_count(runs[place]))
        beaten, others = sum(better == best for better, *_ in clear), len(finished) - 1
        where = f"all {others} others" if beaten == others else f"{beaten or 'none'} of the {others} others"
        share = f"{len(clear):,} of the {len(compared):,}" if rest else f"all {len(compared):,}"
        return (
            f"On these images {share} pairs of models differ by more than noise. {names[best]}, which errs least, is "
            f"clearly better than {where}. The clearest difference of all: {clear[0][-1]}."
        )
    told = "; ".join(sentence for *_, sentence in clear)
    tail = f"; the other {rest} pairs differ by no more than noise" if rest > 1 else ""
    tail = "; the remaining pair differs by no more than noise" if rest == 1 else tail
    return f"On these images {told}{tail}."


def take_away(runs: Sequence[FinishedRun], measure: str) -> str:
    """A caption's last sentence: where the lines of `measure`, a key of the history, end, and how far apart."""
    ended = [(run.history[-1][measure], name) for name, run in _by_name(runs) if run.history and not run.diverged]
    if not ended:
        return "No model finished."
    (low, lowest), (high, highest) = min(ended), max(ended)
    accuracy = measure.endswith("accuracy")
    if len(ended) == 1:
        return f"{lowest} ends at {value_text(measure, low)}."
    gap = f"{100 * (high - low):.2f} percentage points" if accuracy else f"{high - low:.4f} nats"
    best, worst = ((high, highest), (low, lowest)) if accuracy else ((low, lowest), (high, highest))
    return (
        f"{best[1]} ends best, at {value_text(measure, best[0])}, {worst[1]} last, "
        f"at {value_text(measure, worst[0])}: {gap} apart."
    )


def epochs_shown(runs: Sequence[FinishedRun]) -> str:
    """How many of the configured epochs a chart shows: `20 of 20 epochs of each model`."""
    counts: dict[tuple[int, int], list[str]] = {}
    for name, run in zip(model_names(runs), runs, strict=True):
        counts.setdefault((len(run.history), run.config.epochs), []).append(name)
    if len(counts) == 1:
        ((shown, configured),) = counts
        return f"{shown} of {counted(configured, 'epoch')} of each model"
    parts = (f"{shown} of {configured} ({some_of(names)})" for (shown, configured), names in counts.items())
    return "epochs shown: " + ", ".join(parts)


def shared(runs: Sequence[FinishedRun]) -> str:
    """How many images every model that finished gets wrong, beside how many at least one does."""
    every = [run for run in runs if not run.diverged]
    if not every:
        return "No model finished."
    finished = " that finished" if len(every) < len(runs) else ""
    everyone = len(shared_errors(every))
    anyone = len(set().union(*(run.predictions["index"][wrong(run)].tolist() for run in every)))
    images = f"{everyone} of {len(every[0].predictions['label']):,} images {'is' if everyone == 1 else 'are'}"
    if len(every) == 1:
        return f"{images} misclassified by the one model{finished}."
    all_models = "both models" if len(every) == 2 else f"all {len(every)} models"
    return f"{images} misclassified by {all_models}{finished}, {anyone} by at least one of them."


def diverged_count(runs: Sequence[FinishedRun]) -> str:
    """`1 of 3 models diverged (No norm).`: how many of `runs`, and which."""
    diverged = [name for name, run in _by_name(runs) if run.diverged]
    which = f" ({some_of(diverged)})" if diverged else ""
    return f"{len(diverged)} of {counted(len(runs), 'model')} diverged{which}."


def summary_of_differences(runs: Sequence[FinishedRun]) -> str:
    """The verdict on all pairs, and what it leaves open."""
    finished = [run for run in runs if not run.diverged]
    if len(finished) < 2:
        return "With fewer than two finished models there is nothing to compare."
    return f"{verdict(runs)} {_caveat(finished)}"


def pairs_caption(runs: Sequence[FinishedRun]) -> str:
    """What the table of pairs shows: `Each pair of models`, or which of them."""
    adjusted = sorted(p for *_, p in compare_pairs(runs))
    shown = len(telling_pairs(runs))
    if shown == len(adjusted):
        return "Each pair of models"
    left = adjusted[shown:]
    clear = sum(p < 1 - CONFIDENCE for p in left)
    return (
        f"The {shown} of {len(adjusted):,} pairs of models with the smallest p; of the {counted(len(left), 'other')}, "
        f"{clear or 'none'} {'differs' if clear == 1 else 'differ'} by more than noise. Each pair is compared"
    )


def on_settings(runs: Sequence[FinishedRun]) -> str:
    """Which tables have the parameters in which more models differ than the table of parameters has columns for."""
    parts = len(settings_tables(runs))
    tables = join_words([f"@tbl-settings-{part}" for part in range(1, parts + 1)]) if parts else ""
    return f" {tables} {'has' if parts == 1 else 'have'} what differs." if parts else ""


def on_numbers(runs: Sequence[FinishedRun]) -> str:
    """What the numbers of models stand for, and where that is told, as Markdown; nothing where no model has one."""
    if not are_numbered(labels([run.config for run in runs])):
        return ""
    told = on_settings(runs) or " @tbl-parameters has what differs."
    return f" Models that differ in too much for a name are numbered (#1, #2, …).{told}"


def limits(runs: Sequence[FinishedRun]) -> str:
    """What the number of runs and images allows to be said."""
    finished = [run for run in runs if not run.diverged]
    if not finished:
        return "No model finished, so nothing can be said."
    worst = max(finished, key=error_count)
    errors, total = error_count(worst)
    low, high = proportion_interval(errors, total)
    mean = "means" if errors == 1 else "mean"
    return (
        f"{_caveat(runs)} And {counted(errors, 'error')} of {total:,} {mean}, by chance alone, anything between "
        f"{low * total:.0f} and {high * total:.0f}."
    )


def misclassified_caption(name: str, run: FinishedRun) -> str:
    """The caption of a sheet of misclassified images."""
    errors, total = error_count(run)
    places = GRID[0] * GRID[1]
    which = f"the {places} it was surest of" if errors > places else "all of them"
    if errors == 0:
        which = "there is none to show"
    return (
        f"{name} misclassifies {errors} of {total:,} {run.config.evaluate_on} images "
        f"({DATA_TITLES[run.config.dataset]}): {which}. Above each image: true class, predicted class, and the "
        "probability that the model gave the latter."
    )


def skeleton_protocol(path: Path | str) -> str:
    """How the skeletons were compared, from the record, and what was found for the one of the reports."""
    rows = read_search(path)
    means = mean_over_models(rows).set_index("skeleton")
    config = rows[0]["config"]
    models = len({row["model"] for row in rows})
    seeds = sorted({row["config"]["seed"] for row in rows})
    ours = describe_skeleton(SKELETON)
    tried = f"{counted(len(means), 'skeleton')} {'was' if len(means) == 1 else 'were'} compared"
    sentence = (
        f"on the validation split of {DATA_TITLES[config['dataset']]}, {tried}, "
        f"{counted(config['epochs'], 'epoch')} with each of {counted(models, 'model')}, {_seeds(seeds)}."
    )
    if ours not in means.index:
        return f"{sentence} The one of this report is not among them."
    first, chosen = means.iloc[0], means.loc[ours]
    points = 100 * (chosen["accuracy"] - first["accuracy"])
    return (
        f"{sentence} The one of this report, {ours}, takes {chosen['time']:.2f} times as long for an epoch as the "
        f"first; its mean loss differs from the first one's by {chosen['loss'] - first['loss']:+.4f} nats, its mean "
        f"accuracy by {points:+.2f} percentage points."
    )


def search_protocol(path: Path | str) -> str:
    """How the recorded hyperparameter search went, from its file."""
    rows = read_search(path)
    budgets = Counter(row["model"] for row in rows)
    seeds = sorted({row["config"]["seed"] for row in rows})
    config = rows[0]["config"]
    each = set(budgets.values())
    share = counted(len(rows), "run")
    if len(each) == 1:
        share = f"{counted(each.pop(), 'run')} for each of {counted(len(budgets), 'model')}"
    return (
        f"on the validation split of {DATA_TITLES[config['dataset']]} "
        f"({VALIDATION_IMAGES[config['dataset']]:,} training images held out), {share}, "
        f"{counted(config['epochs'], 'epoch')} each, {_seeds(seeds)}; the combination with the lowest mean validation "
        "loss was taken."
    )


def search_agreement(path: Path | str, runs: Sequence[FinishedRun]) -> str:
    """Which of `runs` use the best combination that the search found for a model of their kind."""
    best = best_combinations(read_search(path))
    verdicts = []
    for run in runs:
        own = run.config.model_dump()
        kinds = [values for values in best if values["norm"] == own["norm"] and bool(values["l1"]) == bool(own["l1"])]
        as_best = bool(kinds) and all(own[key] == kinds[0][key] for key in VARIED)
        verdicts.append("best" if as_best else "other" if kinds else "none")
    one = {
        "none": "was not part of the search",
        "best": "has the best combination found for it",
        "other": "has other values than the best found",
    }
    many = {
        "none": "were not part of the search",
        "best": "have the best combinations found for them",
        "other": "have other values than the best found",
    }
    names = model_names(runs)
    if len(runs) <= MOST_NAMES:
        return join_words([f"{name} {one[each]}" for name, each in zip(names, verdicts, strict=True)]) + "."
    parts = []
    for each in dict.fromkeys(verdicts):
        alike = [name for name, own in zip(names, verdicts, strict=True) if own == each]
        parts.append(f"{some_of(alike)} {(one if len(alike) == 1 else many)[each]}")
    return "; ".join(parts) + "."


def versions(runs: Sequence[FinishedRun]) -> str:
    """With which versions the runs were made, as Markdown: `Python 3.11.7, torch 2.15.0 and torchvision 0.30.0`."""
    parts = []
    for name in ("python", "torch", "torchvision"):
        found = _named(runs, name)
        parts.append(f"{name.replace('python', 'Python')} {' or '.join(found)}")
    return join_words(parts)


def processors(runs: Sequence[FinishedRun]) -> str:
    """On which processors the runs were made, as Markdown."""
    return join_words(_named(runs, "processor"))


def code_points(runs: Sequence[FinishedRun]) -> str:
    """What is to be said of code points among versions, processors and commits; nothing where there are none."""
    return note_on_code_points(f"{versions(runs)} {processors(runs)} {commits(runs)}")


def threads(runs: Sequence[FinishedRun]) -> str:
    """`1 thread, bf16`: threads and precision of the runs."""
    kinds = dict.fromkeys((run.config.threads, run.config.precision) for run in runs)
    return join_words([f"{counted(count, 'thread')}, {precision}" for count, precision in kinds])


def commits(runs: Sequence[FinishedRun]) -> str:
    """From which commits of the code the runs were made, as Markdown."""
    parts = []
    for commit, clean in dict.fromkeys(
        (run.metrics["environment"]["commit"], run.metrics["environment"]["clean"]) for run in runs
    ):
        state = "" if clean else " with uncommitted changes"
        parts.append(f"commit {escape(commit[:10])}{state}" if commit else "sources outside version control")
    return join_words(parts)


def _named(runs: Sequence[FinishedRun], key: str) -> list[str]:
    """What the environments of `runs` have for `key`, each once, as Markdown."""
    return [escape(text) or "(no name)" for text in dict.fromkeys(run.metrics["environment"][key] for run in runs)]


def _accuracies(runs: Sequence[FinishedRun]) -> str:
    """Who misclassifies how many; of more models than can be listed: the best, the worst, and half of them."""
    finished = [(name, run) for name, run in _by_name(runs) if not run.diverged]
    finished.sort(key=lambda pair: error_count(pair[1]))
    images = f"{len(finished[0][1].predictions['label']):,} {finished[0][1].config.evaluate_on} images"
    if len(finished) <= MOST_NAMES:
        return f"Of {images}, {join_words([_accuracy(*each) for each in finished])}."
    half, _ = error_count(finished[(len(finished) - 1) // 2][1])
    return (
        f"{len(finished)} models judged the same {images}: {_accuracy(*finished[0])}, the fewest; "
        f"{_accuracy(*finished[-1])}, the most. Half of the models misclassify at most {half}."
    )


def _accuracy(name: str, run: FinishedRun) -> str:
    errors, _ = error_count(run)
    return f"{name} misclassifies {errors} ({100 * run.history[-1]['test_accuracy']:.2f} % right)"


def _by_name(runs: Sequence[FinishedRun]) -> list[tuple[str, FinishedRun]]:
    return list(zip(labels([run.config for run in runs]), runs, strict=True))


def p_relation(p_value: float) -> str:
    """`= 0.012` or `< 0.001`, to be put behind a p."""
    text = p_text(p_value)
    return text if text.startswith("<") else f"= {text}"


def _caveat(runs: Sequence[FinishedRun]) -> str:
    if len({run.config.seed for run in runs}) == 1:
        return (
            "There is one run per model, all from one seed: this test allows for the choice of images, but not "
            "for the seed, so even a clear difference here may turn out otherwise with another seed."
        )
    return "The runs have different seeds, so a difference holds what the seed does as well as what the model does."


def _seeds(seeds: list[int]) -> str:
    return f"seed {seeds[0]}" if len(seeds) == 1 else "seeds " + join_words([str(seed) for seed in seeds])
