"""Reproduce: by which commands the page was made, with which versions, on what, and from which code.

What was typed reaches the report in its environment, as JSON, which `workflow/page_commands.py` writes:
`{"options": {"PARAMS": "my"}, "studies": ["my/studies/rates.yaml"]}`, both empty where a page is made as published.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence

from normstudy.report.core.literal import code, code_block, escape, note_on_code_points
from normstudy.report.core.models import Model, names_of_runs
from normstudy.report.core.names import some_of
from normstudy.report.core.text import count, join
from normstudy.runs.folder import FinishedRun, is_of_present_sources
from normstudy.runs.record import RecordedRun
from normstudy.text import one_line, visible

FOLDER = "params"
"""Of the parameter files, unless another is named."""

VARIABLE = "NORMSTUDY_MADE_BY"
"""Of the environment, in which the report finds it."""


def commands() -> str:
    """A block of the commands that made the page: each study of the user's, then the report."""
    made_by = _made_by()
    lines = [f"make study {_typed('STUDY', study)}   # trains and records it" for study in made_by["studies"]]
    folder = one_line(_folder(made_by))
    lines += [f"# trains {folder}/*.yaml with the exact versions of requirements.lock", _report(made_by)]
    return code_block(visible("\n".join(lines)), "bash") + "\n"


def further_model() -> str:
    """How a further model comes onto the page, and how one trains several seeds of each."""
    made_by = _made_by()
    folder = _folder(made_by)
    text = (
        f"For a further model, put its parameter file into {code(f'{folder}/')} and run {code(_report(made_by))} "
        "again: only the new model is trained."
    )
    if "SEEDS" not in made_by["options"]:
        text += f" {code(_report(made_by, SEEDS='10'))} trains ten runs of each model."
    return text


def report_command(options: Mapping[str, str]) -> str:
    """`make report` with `options` as a shell takes them, such as `PARAMS=my`."""
    return " ".join(["make report", *(_typed(*option) for option in options.items())])


def provenance(models: Sequence[Model]) -> str:
    """With which versions, on what, and from which code the runs were made; which of them later sources repeat."""
    runs = [run for model in models for run in model.runs]
    versions = join(
        f"{name.replace('python', 'Python')} {' or '.join(_named(runs, name))}"
        for name in ("python", "torch", "torchvision")
    )
    threads = dict.fromkeys((run.config.threads, run.config.precision) for run in runs)
    how = join(f"{count(number, 'thread')}, {precision}" for number, precision in threads)
    commits = dict.fromkeys((run.metrics["environment"]["commit"], run.metrics["environment"]["clean"]) for run in runs)
    where = some_of([_commit(*each) for each in commits])
    hours = sum(run.config.threads * entry["seconds"] for run in runs for entry in run.history) / 3600
    amount = f"{hours:,.1f} {{}}-hours" if hours >= 1 else f"{60 * hours:.0f} {{}}-minutes"
    amount = amount.format("core" if runs[0].config.device == "cpu" else "GPU")
    text = (
        f"{count(len(runs), 'run')}, {amount} on "
        f"{some_of(_named(runs, 'processor'))} ({how}), with {versions}, from {where}. On the same machine with the "
        "same versions the same parameters give the same numbers; elsewhere rounding leads to differences like those "
        f"between seeds. {_verified(runs)} {_kept(runs)}"
    )
    return f"{text} {note_on_code_points(text)}".strip()


def _verified(runs: Sequence[FinishedRun]) -> str:
    """Which runs the present sources are not known to repeat. Raises `RunError` when what says so is damaged."""
    names = names_of_runs([run.config for run in runs])
    outdated = [escape(name) for name, run in zip(names, runs, strict=True) if not is_of_present_sources(run)]
    if not outdated:
        return "The present code made them, or was verified to give the same numbers bit by bit."
    who = f" ({some_of(outdated)})" if len(outdated) < len(runs) else ""
    return (
        f"Made by other code than the present one: {len(outdated)} of {count(len(runs), 'run')}{who}; it was not "
        "verified that the present code gives the same numbers (`make verify STAMP=1` does that)."
    )


def _kept(runs: Sequence[FinishedRun]) -> str:
    """Where the runs are."""
    recorded = sum(isinstance(run, RecordedRun) for run in runs)
    text = "Each run’s folder has its parameters, history, predictions, weights and executed notebook."
    if recorded:
        text += f" {count(recorded, 'run')} {'is' if recorded == 1 else 'are'} kept as a record without notebooks."
    return text


def _commit(commit: str | None, clean: bool) -> str:
    state = "" if clean else " with uncommitted changes"
    return f"commit {escape(commit[:10])}{state}" if commit else "sources outside version control"


def _made_by() -> dict:
    return {"options": {}, "studies": [], **json.loads(os.environ.get(VARIABLE) or "{}")}


def _folder(made_by: dict) -> str:
    return made_by["options"].get("PARAMS", FOLDER).rstrip("/")


def _report(made_by: dict, **more: str) -> str:
    return report_command({**made_by["options"], **more})


def _typed(name: str, value: str) -> str:
    """`NAME=value` as a shell takes it."""
    return f"{name}={shlex.quote(value)}"


def _named(runs: Sequence[FinishedRun], key: str) -> list[str]:
    """What the environments of `runs` have for `key`, each once."""
    return [escape(text) or "(no name)" for text in dict.fromkeys(run.metrics["environment"][key] for run in runs)]
