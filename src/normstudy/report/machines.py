"""On which kinds of processors runs were made, and what time they took there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from normstudy.report.markup import escape
from normstudy.report.wording import counted, join_words
from normstudy.runs.folder import FinishedRun


def processors(runs: Sequence[FinishedRun]) -> list[str]:
    """The kinds of processors of `runs`, with their widest instructions, as Markdown: `AMD EPYC (AVX512)`."""
    return list(_counts(runs))


def where_made(runs: Sequence[FinishedRun]) -> str:
    """`on one kind of processor, AMD EPYC (AVX512)`; where there are several, how many runs on each."""
    counts = _counts(runs)
    if len(counts) == 1:
        return f"on one kind of processor, {next(iter(counts))}"
    return "on different kinds of processors: " + join_words(
        [f"{counted(count, 'run')} on {kind}" for kind, count in counts.items()]
    )


def hours(runs: Sequence[FinishedRun], device: str = "cpu") -> float:
    """What the finished epochs of those of `runs` took that went on that device, evaluation included.

    Of processors, hours of one core each; of GPUs (`cuda`), hours of one.
    """
    own = [run for run in runs if run.config.device == device]
    cores = {"cpu": lambda run: run.config.threads, "cuda": lambda run: 1}[device]
    return sum(cores(run) * entry["seconds"] for run in own for entry in run.history) / 3600


def hours_text(value: float) -> str:
    """Two decimals, or one from ten hours on."""
    if 0 < value < 0.005:
        return "<\u00a00.01"
    return f"{value:,.2f}" if value < 10 else f"{value:,.1f}"


def took(runs: Sequence[FinishedRun]) -> str:
    """`3.20 core-hours`, and the hours of GPUs where there are any."""
    on_gpu = hours(runs, "cuda")
    on_cpu = hours(runs)
    parts = [f"{hours_text(on_cpu)} core-hours"] if on_cpu or not on_gpu else []
    return join_words([*parts, *[f"{hours_text(on_gpu)} GPU-hours"] * bool(on_gpu)])


def _counts(runs: Sequence[FinishedRun]) -> Counter[str]:
    return Counter(map(_processor, runs))


def _processor(run: FinishedRun) -> str:
    made_with = run.metrics["environment"]
    instructions = made_with.get("instructions")  # which older runs do not tell, and a GPU has none
    name = escape(made_with["processor"]) or "(no name)"
    return f"{name} ({escape(instructions)})" if isinstance(instructions, str) else name
