"""`results/README.md`: what was measured, on which machine, from which commit, with which command, how long it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from normstudy.paths import write_whole
from normstudy.report import provenance
from normstudy.report.machines import took, where_made
from normstudy.report.markup import escape
from normstudy.report.models import models_of
from normstudy.report.wording import MOST_NAMES, counted, seeds_text
from normstudy.runs.folder import FinishedRun, is_of_present_sources
from normstudy.runs.record import RecordedStudy, read_records
from normstudy.runs.studies import read_study
from normstudy.runs.study_file import read_study_file, study_file_names, study_path
from normstudy.training.sources import sources_hash

NAME = "README.md"
INTRODUCTION = """# Results

*Written by `make study` and `make publish`, which write over what is changed here.*

This is what the report and README.md are made of (`make render`, `make publish`): what was trained, on what, and how
long it took. All of it is verified before anything is drawn.

- A **run** is one training of one network. Runs that differ in their seed alone are runs of one **model**; how many
  models a study has is thus how many settings it compares.
- A **study** is a file in [`params/studies/`](../params/studies), which says what is compared. Its runs are kept in a
  compact record, `<study>.json`: parameters, what was measured after each epoch, and what made them. Where a study asks
  for it, `<study>.npz` has what each run said of every image. [`runs/record.py`](../src/normstudy/runs/record.py)
  describes both.
- A **run folder** has everything of one run: its weights and its notebook, too. There is one of each model of the
  main comparison.
- **Core-hours** are hours of one processor core, those of finished epochs, evaluation included.
"""


def write(results: Path, params: Path) -> None:
    """Write the file anew; `params` has the files of studies.

    Raises `NormstudyError` when something in `results` is damaged or cannot be written, or a study file is wrong.
    """
    records = read_records(results)
    published = read_study(results) if (results / "studies.json").exists() else []
    sizes = {path.name: _size(path) for path in results.iterdir()}
    known = study_file_names(params)
    asked = {
        name: len(read_study_file(study_path(params, name), trust_device=True).runs)
        for name in records
        if name in known
    }
    write_whole(results / NAME, page(records, published, sizes, asked))


def page(
    records: Mapping[str, RecordedStudy],
    published: Sequence[FinishedRun],
    sizes: Mapping[str, int],
    asked: Mapping[str, int],
) -> str:
    """The text. `sizes`: bytes of the files and folders beside it; `asked`: for how many runs a study's file asks."""
    parts = [INTRODUCTION]
    if records:
        parts.append(_overview(records, sizes).to_markdown(index=False, tablefmt="pipe", disable_numparse=True) + "\n")
    parts += [_about_study(study, asked.get(study.name)) for study in records.values()]
    if published:
        parts.append(_about_folders(published, sizes))
    return "\n".join(parts)


def seeds_in_short(runs: Sequence[FinishedRun]) -> str:
    """`seed 3`, `seeds 0 to 39`, `seeds 101, 301 and 302`, or of more that do not follow each other, how many."""
    seeds = sorted({run.config.seed for run in runs})
    if len(seeds) > 2 and seeds == list(range(seeds[0], seeds[-1] + 1)):
        return f"seeds {seeds[0]} to {seeds[-1]}"
    return seeds_text(seeds) if len(seeds) <= MOST_NAMES else f"{len(seeds)} seeds"


def _overview(records: Mapping[str, RecordedStudy], sizes: Mapping[str, int]) -> pd.DataFrame:
    rows = [
        {
            "study": f"[{escape(study.name)}](#{study.name})",
            "about": escape(study.title),
            "models": f"{len(models_of(study.runs)):,}",
            "seeds": seeds_in_short(study.runs).removeprefix("seeds ").removeprefix("seed "),
            "runs": f"{len(study.runs):,}",
            "time": took(study.runs),
            "size": _megabytes(sum(sizes.get(f"{study.name}{suffix}", 0) for suffix in (".json", ".npz"))),
        }
        for study in records.values()
    ]
    every = list({run.name: run for study in records.values() for run in study.runs}.values())
    whole = {"study": "all", "about": "each run counted once", "models": f"{len(models_of(every)):,}", "seeds": ""}
    whole |= {"runs": f"{len(every):,}", "time": took(every)}
    return pd.DataFrame([*rows, {**whole, "size": f"{_megabytes(sum(sizes.values()))} with the run folders"}])


def _about_study(study: RecordedStudy, asked: int | None) -> str:
    count = counted(len(study.runs), "run")
    if asked is None:
        made, whole = "from a study's file that is not in `params/studies/`", count
    else:
        made = f"by `make study STUDY={study.name}`"
        whole = f"all {count}" if asked == len(study.runs) else f"{len(study.runs):,} of {counted(asked, 'run')} so far"
    diverged = sum(run.diverged for run in study.runs)
    lines = [
        f"made {made}: {whole}, {seeds_in_short(study.runs)}" + (f"; {diverged:,} diverged" if diverged else ""),
        f"{where_made(study.runs)}, {provenance.threads(study.runs)}, in {took(study.runs)}",
        f"with {provenance.versions(study.runs)}, from {provenance.commits(study.runs)}",
        _about_sources(study.runs),
    ]
    return f"## {escape(study.name)}\n\n{escape(study.title)}.\n\n" + "\n".join(f"- {line}" for line in lines) + "\n"


def _about_sources(runs: Sequence[FinishedRun]) -> str:
    """Whether the code that decides the numbers is still that with which `runs` were made."""
    others = sum(not is_of_present_sources(run) for run in runs)
    if not others:
        return f"by code that gives the same numbers as that beside this file (fingerprint `{sources_hash()}`)"
    return (
        f"{others:,} of {counted(len(runs), 'run')} by other code than that beside this file (fingerprint "
        f"`{sources_hash()}`), and it was not verified that both give the same numbers"
    )


def _about_folders(published: Sequence[FinishedRun], sizes: Mapping[str, int]) -> str:
    lines = [
        f"- [`{run.name}`]({run.name}): {model.name}, seed {run.config.seed}, {_megabytes(sizes.get(run.name, 0))}"
        for model in models_of(published)
        for run in model.runs
    ]
    made = (
        f"Made by `make publish`, {where_made(published)}, in {took(published)}, with "
        f"{provenance.versions(published)}, from {provenance.commits(published)}."
    )
    return f"## Run folders\n\n{made}\n\n" + "\n".join(lines) + "\n"


def _size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; nothing of this page itself."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file() and file.name != NAME)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.2f} MB" if size < 1e6 else f"{size / 1e6:.1f} MB"
