"""Train what a study still lacks, and record what it found.

The record of a study of `params/studies/` is `results/<study>.json`, that of any other file lies next to the file.

Usage: python workflow/study.py --study NAME|FILE|--all [--params params] [--runs runs] [--results results]
                                [--cores n] [--profile slurm --jobs n] [--gather 1]

The runs go through the notebook into run folders, as those of `make report` do. What is in a record already, of this
study or another, is not trained again; what is no longer part of the study leaves its record. However training ends,
the record gets what is finished, and README.md next to it says so; with --gather nothing is trained.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import command
from command import INTERRUPTED, check_machine
from trying import try_models

from normstudy.errors import NormstudyError
from normstudy.hardware import cores
from normstudy.ownership import as_typed
from normstudy.report import results_readme
from normstudy.report.core.text import count
from normstudy.report.sections.reproduce import FOLDER as PARAMS
from normstudy.report.sections.reproduce import report_command
from normstudy.runs.folder import FinishedRun, read_run
from normstudy.runs.missing_runs import RESULTS, not_among, record_path, recorded_runs
from normstudy.runs.progress import in_words
from normstudy.runs.record import RecordedRun, recorded, write_predictions, write_record
from normstudy.runs.studies import PlannedRun
from normstudy.runs.study_file import FOLDER, Study, read_study_file, study_file_names, study_path
from normstudy.runs.verification import verify
from normstudy.text import one_line


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--study", default="")
    parser.add_argument("--all", action="store_true", help="every study of params/studies/, one after the other")
    parser.add_argument("--params", default="params", type=as_typed)
    parser.add_argument("--runs", default="runs", type=as_typed)
    parser.add_argument("--results", type=as_typed, help="where to record, whichever study it is")
    parser.add_argument("--cores", type=int, default=cores())
    parser.add_argument("--profile", default="")
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--gather", choices=["1", "0", ""], default="", help="train nothing, record what is finished")
    options = parser.parse_args()

    def work() -> int:
        if options.gather != "1":
            check_machine()
        names = study_file_names(options.params) if options.all else [options.study]
        paths = [study_path(options.params, name) for name in names]
        studies = [read_study_file(path, bool(options.profile)) for path in paths]  # all, before any is begun
        if options.gather != "1":
            try_models([planned for study in studies for planned in with_custom_models(study, options)], say)
        codes = []
        for study in studies:
            codes.append(run(study, options))
            if codes[-1] == INTERRUPTED:
                break
        return next((code for code in reversed(codes) if code), 0)

    interrupted = "Interrupted. What is finished is kept, and `make study` goes on from there."
    return command.run(work, options.results or RESULTS, interrupted)


def run(study: Study, options: argparse.Namespace) -> int:
    """Train and record; the exit status, of which `INTERRUPTED` is one. Raises `NormstudyError`."""
    there = recorded_runs(study, options.results)
    missing = not_among(study, there)
    to_train = [planned for planned in missing if not planned.is_done(options.runs)]
    say(f"{study.name}: {count(len(study.runs), 'run')}, of which {len(to_train)} are missing")
    code, start = 0, time.monotonic()
    if to_train and options.gather != "1":
        code = train(str(study.path), options)
    finished = gather(study, there, missing, options)
    took = f" after {in_words(time.monotonic() - start)}" if to_train else ""
    if finished < len(study.runs):
        print(f"{record_path(study, options.results)}: {finished} of {count(len(study.runs), 'run')}{took}")
        return code or int(options.gather != "1")
    print(f"{record_path(study, options.results)}: whole{took}")
    if to_train:
        print(f"`{page_command(study)}` makes a page of it.")
    return 0


def page_command(study: Study) -> str:
    """The command that makes the page of `study`: the site, or the report of the folder to which its file belongs."""
    folder = study.path.parent.parent if study.path.parent.name == FOLDER else study.path.parent
    if folder.resolve() == Path(PARAMS).resolve():
        return "make site"
    return report_command({"PARAMS": one_line(folder)})


def say(line: str) -> None:
    """Show it at once, also in a file that stands in the terminal's place."""
    print(line, flush=True)


def with_custom_models(study: Study, options: argparse.Namespace) -> list[PlannedRun]:
    """The runs of `study` that have to be trained, if it has custom networks."""
    if not any(run.config.model for run in study.runs):
        return []
    missing = not_among(study, recorded_runs(study, options.results))
    return [planned for planned in missing if not planned.is_done(options.runs)]


def train(file: str, options: argparse.Namespace) -> int:
    """Have the runs that are missing trained side by side; the exit status.

    An interruption is passed on, and what trains is waited for: it ends as soon as nothing of it is left behind.
    """
    job = [sys.executable, "workflow/report.py", "--study", file, "--cores", str(options.cores)]
    job += ["--params", str(options.params), "--runs", str(options.runs)]
    job += ["--results", str(options.results)] if options.results else []
    job += ["--profile", options.profile] if options.profile else []
    job += ["--jobs", str(options.jobs)] if options.jobs else []
    process = subprocess.Popen(job, start_new_session=True)  # out of the terminal's reach, to hear of it once
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGTERM)


def gather(study: Study, there: dict[str, RecordedRun], missing: list[PlannedRun], options: argparse.Namespace) -> int:
    """Bring the record of `study` up to date with what is finished; how many of its runs that is.

    Raises `NormstudyError` when a finished run is damaged, after the others are recorded.
    """
    models = {planned.name: own.model for planned, own in zip(not_among(study, ()), study.runs, strict=True)}
    found, damage = dict(there), None
    for planned in missing:
        if planned.is_done(options.runs):
            finished = read_run(options.runs / planned.name)
            try:
                verify(finished)
            except NormstudyError as error:
                damage = damage or error
                continue
            found[planned.name] = recorded(finished, models[planned.name], measured(study, finished))
    in_order = [found[name] for name in models if name in found]
    path = record_path(study, options.results)
    if in_order:
        evaluated = [each for each in in_order if not each.diverged] if study.predictions else []
        if evaluated:
            write_predictions(path.with_suffix(".npz"), evaluated)
        write_record(path, study.title, in_order)
        if path.parent != study.path.parent:
            results_readme.write(path.parent, options.params)
    if damage:
        raise damage
    return len(in_order)


def measured(study: Study, run: FinishedRun) -> dict[str, Any]:
    """What `study` wants to know of the trained network."""
    if not study.afterwards or run.diverged:
        return {}
    from normstudy.runs.diagnostics import measure  # with torch

    return {name: measure(name, run) for name in study.afterwards}


if __name__ == "__main__":
    sys.exit(main())
