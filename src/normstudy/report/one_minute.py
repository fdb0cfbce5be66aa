"""In one minute: what was compared, on what, what came out, how sure that is."""

from __future__ import annotations

from collections.abc import Sequence

from normstudy.config import training_images
from normstudy.report import accuracies, needed, over_seeds, seeds, verdict
from normstudy.report.labels import FULL_NAMES, markdown_title
from normstudy.report.markup import escape
from normstudy.report.models import Model, has_several_seeds, models_of, of_first_seed
from normstudy.report.settings import note_on_numbers
from normstudy.report.wording import MOST_NAMES, capitalized, counted, join_words
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedStudy
from normstudy.runs.reproduction import SEEDS

OF_THE_NORMALIZATION = ("norm", "groups", "statistics_batch")
OF_THE_NETWORK = ("model", "code", "skeleton", "channels", "depth")

CALLED = {
    "max_lr": "the peak learning rate",
    "weight_decay": "the weight decay",
    "l1": "the L1 penalty",
    "model": "the network",
}
"""Parameters that have another name in prose."""


def section(runs: Sequence[FinishedRun], published: RecordedStudy | None = None) -> str:
    """What was compared, the verdict, the accuracies and how sure that is, as Markdown, with `@fig-seeds`.

    `published`: whose spread says how many seeds it takes, where `runs` have too few to say it.
    """
    models = models_of(runs)
    found = _found(runs, models)
    sure = [_how_sure(models), needed.in_words(runs, published)] if found else []
    said = [f"**{found}**" if found else "", accuracies.in_words(models), *sure]
    return "\n\n".join(filter(None, [compared(runs), " ".join(filter(None, said)), seeds.figure(runs)]))


def compared(runs: Sequence[FinishedRun]) -> str:
    """Which models are compared, on which images, with how many runs, and in what they differ."""
    models, config = models_of(runs), runs[0].config
    epochs = _span({model.config.epochs for model in models}, "epoch")
    judged = next((f"{len(run.predictions['label']):,} " for run in runs if not run.diverged), "")
    return (
        f"{_names(models)} {'is' if len(models) == 1 else 'are'} compared in {_network(models)}, trained for {epochs} "
        f"on the {training_images(config):,} training images of {markdown_title(config)} and judged by its "
        f"{judged}{config.evaluate_on} images: {_span({len(model.runs) for model in models}, 'run')} of each model."
        f"{_differences(models)}{note_on_numbers(of_first_seed(runs))}"
    )


def _found(runs: Sequence[FinishedRun], models: Sequence[Model]) -> str:
    """The verdict in a sentence; nothing where there are no two models to compare."""
    if sum(bool(model.finished) for model in models) < 2:
        return ""
    return over_seeds.in_short(models) if has_several_seeds(models) else verdict.in_short(runs)


def _how_sure(models: Sequence[Model]) -> str:
    if has_several_seeds(models):
        return "@sec-limits has what these intervals, over seeds, leave open."
    return "One run of each cannot tell what another seed would have given (@sec-limits)."


def _names(models: Sequence[Model]) -> str:
    """`Batch normalization with an L1 penalty (BN + L1) and group normalization (GN)`; many models are counted."""
    if len(models) > MOST_NAMES:
        kinds = dict.fromkeys(FULL_NAMES[model.config.norm].lower() for model in models)
        return f"{len(models)} models ({join_words(list(kinds))})"
    if len({model.config.norm for model in models}) < len(models):
        return join_words([model.name for model in models])
    told = [
        f"{FULL_NAMES[model.config.norm].lower()}{' with an L1 penalty' if model.config.l1 else ''} ({model.name})"
        for model in models
    ]
    return capitalized(join_words(told))


def _network(models: Sequence[Model]) -> str:
    """`one small network of 7,610 parameters`, where the models have the same convolutions."""
    parameters = {model.runs[0].metrics["model"]["parameters"] for model in models}
    same = len({tuple(getattr(model.config, key) for key in OF_THE_NETWORK) for model in models}) == 1
    if named := list(dict.fromkeys(model.config.model for model in models if model.config.model)):
        others = ["that of this project"] * any(not model.config.model for model in models)
        which = join_words([*others, *map(escape, named)])
        return f"{'the network' if same else 'networks'} of {_span(parameters, 'parameter')} ({which})"
    return f"{'one small network' if same else 'small networks'} of {_span(parameters, 'parameter')}"


def _differences(models: Sequence[Model]) -> str:
    """In what the models differ apart from the normalization, with a space before it; nothing for a single model."""
    dumps = [model.config.model_dump() for model in models]
    differing = [key for key in dumps[0] if len({str(values[key]) for values in dumps}) > 1]
    differing = [key for key in differing if key != "code" or "model" not in differing]
    others = [CALLED.get(key, key.replace("_", " ")) for key in differing if key not in (*OF_THE_NORMALIZATION, *SEEDS)]
    if len(models) == 1:
        return ""
    if not others:
        return " Nothing but the normalization differs."
    which = join_words(others) if len(others) <= MOST_NAMES else f"{len(others)} parameters"
    return f" Beside the normalization, {which} {'differs' if len(others) == 1 else 'differ'} (@tbl-parameters)."


def _span(numbers: set[int], noun: str) -> str:
    """`20 epochs`; `5 to 20 epochs` where they are not all alike."""
    low, high = min(numbers), max(numbers)
    return counted(high, noun) if low == high else f"{low:,} to {counted(high, noun)}"
