"""Training: which optimizer the models have, and how their learning rate goes, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from normstudy.report.labels import model_names
from normstudy.report.wording import some_of
from normstudy.runs.folder import FinishedRun

OPTIMIZERS = {
    "muon": (
        "convolutions follow Muon [@jordan2024]: the momentum of the gradient, seen as a matrix, is brought to "
        "singular values near 1, so that every update has the same size, the learning rate, in all directions. "
        "Whatever is no convolution (γ, β, biases and the linear layer) follows AdamW [@loshchilov2019], with its "
        "own rate."
    ),
    "adamw": "weights follow AdamW [@loshchilov2019].",
    "sgd": "weights follow stochastic gradient descent with Nesterov momentum.",
}

SCHEDULES = {
    "one_cycle": "rises to its peak and falls to almost 0 once, over the whole run [@smith2017].",
    "cosine": "rises to its peak and falls to 0 along half a cosine.",
    "step": "rises to its peak, and falls to a tenth after half and again after three quarters of the steps.",
    "plateau": "rises to its peak, and falls to a tenth when the validation loss has not fallen for three epochs.",
    "constant": "rises to its peak and stays there.",
}

THROUGH_MUON = (
    "Through Muon, L1 turns an update and does not lengthen it: its pull λ sign(w) is added to the gradient, and "
    "counts for as much as it is large beside the rest of the gradient, so for more towards the end of a run."
)


def in_words(runs: Sequence[FinishedRun]) -> str:
    """Markdown: the optimizers of `runs`, what L1 does through Muon if any has both, and the schedules."""
    sentences = _of_each("optimizer", runs, OPTIMIZERS, "the ")
    if any(run.config.l1 and run.config.optimizer == "muon" for run in runs):
        sentences.append(THROUGH_MUON)
    return " ".join([*sentences, *_of_each("schedule", runs, SCHEDULES, "the learning rate ")])


def _of_each(key: str, runs: Sequence[FinishedRun], told: dict[str, str], subject: str) -> list[str]:
    """A sentence for each value of the parameter `key` that `runs` have, with the models if it is not that of all."""
    named = list(zip(model_names(runs), runs, strict=True))
    values = list(dict.fromkeys(getattr(run.config, key) for run in runs))
    sentences = []
    for value in values:
        own = [name for name, run in named if getattr(run.config, key) == value]
        sentence = f"{subject}{told[value]}"
        where = f"Of {some_of(own)}, " if len(values) > 1 else ""
        sentences.append(where + (sentence if where else sentence[0].upper() + sentence[1:]))
    return sentences
