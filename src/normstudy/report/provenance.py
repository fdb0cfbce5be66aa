"""How to reproduce this: with which versions, on what, and from which code the runs were made, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from normstudy.report.markup import escape, note_on_code_points
from normstudy.report.wording import counted, join_words, seeds_text
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedRun


def versions(runs: Sequence[FinishedRun]) -> str:
    """`Python 3.11.7, torch 2.15.0 and torchvision 0.30.0`; several of one, where they differ, with `or`."""
    parts = []
    for name in ("python", "torch", "torchvision"):
        found = _named(runs, name)
        parts.append(f"{name.replace('python', 'Python')} {' or '.join(found)}")
    return join_words(parts)


def processors(runs: Sequence[FinishedRun]) -> str:
    """On which processors the runs were made."""
    return join_words(_named(runs, "processor"))


def threads(runs: Sequence[FinishedRun]) -> str:
    """`1 thread, bf16`: threads and precision of the runs."""
    kinds = dict.fromkeys((run.config.threads, run.config.precision) for run in runs)
    return join_words([f"{counted(count, 'thread')}, {precision}" for count, precision in kinds])


def commits(runs: Sequence[FinishedRun]) -> str:
    """From which commits of the code the runs were made."""
    parts = []
    for commit, clean in dict.fromkeys(
        (run.metrics["environment"]["commit"], run.metrics["environment"]["clean"]) for run in runs
    ):
        state = "" if clean else " with uncommitted changes"
        parts.append(f"commit {escape(commit[:10])}{state}" if commit else "sources outside version control")
    return join_words(parts)


def code_points(runs: Sequence[FinishedRun]) -> str:
    """What is to be said of code points among versions, processors and commits; nothing where there are none."""
    return note_on_code_points(f"{versions(runs)} {processors(runs)} {commits(runs)}")


def notebooks(every_run: Sequence[FinishedRun], shown: Sequence[FinishedRun]) -> str:
    """Where the executed notebook of each of `every_run` is; those of `shown`, one of each model, have pages."""
    listed = [run for run in shown if not isinstance(run, RecordedRun)]
    names = {run.name for run in listed}
    others = [run for run in every_run if run.name not in names]
    in_folders = sum(not isinstance(run, RecordedRun) for run in others)
    if not others:
        return "The notebooks are listed beside this article."
    parts = []
    if listed:
        seeds = sorted({run.config.seed for run in listed})
        parts.append(f"Beside this article is the notebook of one run of each model ({seeds_text(seeds)})")
    if in_folders:
        have = "has its own" if in_folders == 1 else "have theirs"
        parts.append(f"{counted(in_folders, 'further run')} {have} in a folder")
    if recorded := len(others) - in_folders:
        kept = counted(recorded, "further run" if parts else "run")
        parts.append(
            f"{kept} {'is' if recorded == 1 else 'are'} kept without a notebook, as a record (`results/README.md` has "
            "a table of these, and says how each is made again)"
        )
    return f"{'; '.join(parts)}."


def _named(runs: Sequence[FinishedRun], key: str) -> list[str]:
    """What the environments of `runs` have for `key`, each once."""
    return [escape(text) or "(no name)" for text in dict.fromkeys(run.metrics["environment"][key] for run in runs)]
