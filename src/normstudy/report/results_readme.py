"""`results/README.md`: which studies are recorded, on which machine, from which commits, and how long they took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from normstudy.paths import write_whole
from normstudy.report.core.literal import escape
from normstudy.report.core.models import models_of
from normstudy.report.core.text import count, join
from normstudy.runs.folder import FinishedRun, is_of_present_sources
from normstudy.runs.record import RecordedStudy, read_records
from normstudy.runs.studies import read_study
from normstudy.runs.study_file import read_study_file, study_file_names, study_path

NAME = "README.md"
INTRODUCTION = """# Results

*Written by `make study` and `make publish`.*

The report, the site and the README are made of these files (`make site`, `make publish`). All of them are verified
before anything is drawn.

- A **run** is one training of one network. Runs that differ in their seed alone are runs of one **setting**.
- A **study** is a file in [`params/studies/`](../params/studies), made by `make study STUDY=<name>`. Its record is
  `<study>.json`: parameters, what was measured after each epoch, and what made the runs. Some studies also have
  `<study>.npz`: what each run predicted for every image. `src/normstudy/runs/record.py` describes both.
- A **run folder** has everything of one run, its weights and its notebook too.
- **Core-hours** are hours of one processor core in finished epochs, evaluation included.
"""


def write(results: Path, params: Path) -> None:
    """Write the file anew; `params` has the files of studies.

    Raises `NormstudyError` when something in `results` is damaged or cannot be written, or a study file is wrong.
    """
    records = read_records(results)
    published = read_study(results) if (results / "studies.json").exists() else []
    known = study_file_names(params)
    asked = {
        name: len(read_study_file(study_path(params, name), trust_device=True).runs)
        for name in records
        if name in known
    }
    write_whole(results / NAME, page(records, published, asked))


def page(records: Mapping[str, RecordedStudy], published: Sequence[FinishedRun], asked: Mapping[str, int]) -> str:
    """The text. `asked`: for how many runs a study's file asks."""
    parts = [INTRODUCTION]
    if records:
        table = pd.DataFrame(_row(study, asked) for study in records.values())
        parts.append(table.to_markdown(index=False, tablefmt="pipe", disable_numparse=True))
        every = list({run.name: run for study in records.values() for run in study.runs}.values())
        parts.append(f"Each run counted once, these are {count(len(every), 'run')} in {_hours(every)} core-hours.")
        machines = {machine for study in records.values() for machine in _machines(study.runs)}
        parts.append("## Where they were made\n\n" + "\n".join(f"- {machine}" for machine in sorted(machines)))
    if published:
        lines = [
            f"- [`{run.name}`]({run.name}): {model.name}, seed {run.config.seed}"
            for model in models_of(published)
            for run in model.runs
        ]
        parts.append("## Run folders\n\n" + "\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _row(study: RecordedStudy, asked: Mapping[str, int]) -> dict[str, str]:
    runs = study.runs
    wanted = asked.get(study.name, len(runs))
    outdated = sum(not is_of_present_sources(run) for run in runs)
    commits = dict.fromkeys(str(run.metrics["environment"]["commit"])[:10] for run in runs)
    diverged = sum(run.diverged for run in runs)
    notes = [f"{diverged} diverged"] if diverged else []
    notes += [f"{outdated} of other sources, not verified"] if outdated else []
    return {
        "study": f"`{study.name}`",
        "title": escape(study.title),
        "settings": f"{len(models_of(runs)):,}",
        "runs": f"{len(runs):,}" if wanted == len(runs) else f"{len(runs):,} of {wanted:,} so far",
        "seeds": _seeds(runs),
        "core-hours": _hours(runs),
        "commits": ", ".join(f"`{commit}`" for commit in commits),
        "notes": "; ".join(notes) or "–",
    }


def _seeds(runs: Sequence[FinishedRun]) -> str:
    """`0 to 39`, `101, 301 and 302`."""
    seeds = sorted({run.config.seed for run in runs})
    if len(seeds) > 2 and seeds == list(range(seeds[0], seeds[-1] + 1)):
        return f"{seeds[0]} to {seeds[-1]}"
    return join(seeds)


def _hours(runs: Sequence[FinishedRun]) -> str:
    hours = sum(run.config.threads * entry["seconds"] for run in runs for entry in run.history) / 3600
    return f"{hours:,.2f}"


def _machines(runs: Sequence[FinishedRun]) -> set[str]:
    """`AMD EPYC (AVX512), Python 3.11.7, torch 2.15.0`."""
    found = set()
    for run in runs:
        made = run.metrics["environment"]
        processor = f"{escape(made['processor']) or '(no name)'}"
        instructions = f" ({escape(made['instructions'])})" if isinstance(made.get("instructions"), str) else ""
        found.add(f"{processor}{instructions}, Python {escape(made['python'])}, torch {escape(made['torch'])}")
    return found
