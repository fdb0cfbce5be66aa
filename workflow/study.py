"""Train what a study of `params/studies/` still lacks, and write what it found to `results/<study>.json`.

Usage: python workflow/study.py --study NAME|--all [--runs runs] [--cores n] [--profile slurm --jobs n] [--gather 1]

The runs go through the notebook into run folders, as those of `make report` do. What is in a record already, of this
study or another, is not trained again; what is no longer part of the study leaves its record. However this ends, the
record gets what is finished, and `results/README.md` says so; with --gather nothing else is done.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path
from statistics import fmean

from surroundings import settle

from normstudy.config import Config, training_images
from normstudy.errors import NormstudyError, disk_refusal
from normstudy.hardware import cores
from normstudy.ownership import as_typed
from normstudy.report import results_readme
from normstudy.report.wording import counted
from normstudy.runs.folder import is_current, read_run
from normstudy.runs.lacking import not_among, recorded_runs
from normstudy.runs.progress import in_words
from normstudy.runs.record import RecordedRun, read_records, recorded, write_predictions, write_record
from normstudy.runs.studies import PlannedRun
from normstudy.runs.study_file import Study, read_study_file, study_file_names, study_path
from normstudy.runs.timing import batch_seconds
from normstudy.runs.verification import verify
from normstudy.skeleton import parse_skeleton

RESULTS = Path("results")
INTERRUPTED = 130
"""The exit status of a job that Ctrl-C has ended."""

BESIDE_THE_EPOCHS = 8
"""Seconds of a run: start-up of its notebook, pictures, saving."""

IMAGES_OF_A_STEP = 80
"""A step of training takes as long as so many images more would; measured with batches of 2 to 512."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--study", default="")
    parser.add_argument("--all", action="store_true", help="every study of params/studies/, one after the other")
    parser.add_argument("--runs", default="runs", type=as_typed)
    parser.add_argument("--cores", type=int, default=cores())
    parser.add_argument("--profile", default="")
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--gather", choices=["1", "0", ""], default="", help="train nothing, record what is finished")
    options = parser.parse_args()
    try:
        settle(__file__)
        names = study_file_names() if options.all else [options.study]
        studies = [read_study_file(study_path(name)) for name in names]  # all are read before any is begun
        code = 0
        for study in studies:
            code = max(code, run(study, options))
            if code == INTERRUPTED:
                break
        return code
    except NormstudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {disk_refusal(error, RESULTS)}", file=sys.stderr)
        return 1


def run(study: Study, options: argparse.Namespace) -> int:
    """Train and record; the exit status. Raises `NormstudyError`."""
    there = recorded_runs(study, RESULTS)
    missing = not_among(study, there)
    to_train = [planned for planned in missing if not planned.is_done(options.runs)]
    print(f"{study.name}: {counted(len(study.runs), 'run')}, of which {len(to_train)} are missing", flush=True)
    code, start = 0, time.monotonic()
    if to_train and options.gather != "1":
        if (seconds := expected_seconds(to_train, options.cores)) and not options.profile:
            print(f"That will take about {in_words(seconds)}.", flush=True)
        code = train(study.name, options)
    finished = gather(study, there, missing, options.runs)
    took = f" after {in_words(time.monotonic() - start)}" if to_train else ""
    if finished < len(study.runs):
        print(f"{RESULTS / study.name}.json: {finished} of {counted(len(study.runs), 'run')}{took}")
        return code or int(options.gather != "1")
    print(f"{RESULTS / study.name}.json: whole{took}")
    return 0


def train(name: str, options: argparse.Namespace) -> int:
    """Have the runs that are missing trained side by side; the exit status."""
    command = [sys.executable, "workflow/report.py", "--study", name, "--runs", str(options.runs)]
    command += ["--cores", str(options.cores)]
    command += ["--profile", options.profile] if options.profile else []
    command += ["--jobs", str(options.jobs)] if options.jobs else []
    process = subprocess.Popen(command)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # it has been interrupted, too, and ends as soon as nothing of it is left behind
            continue


def expected_seconds(missing: list[PlannedRun], workers: int) -> float:
    """How long `missing` will take by what records tell of epochs of such models; 0 where they tell nothing."""
    known: dict[str, list[float]] = {}
    for recorded_study in read_records(RESULTS).values():
        for run in recorded_study.runs:
            known.setdefault(run.config.norm, []).extend(entry["seconds"] / work(run.config) for entry in run.history)
    took = [[fmean(known[run.config.norm]) * work(run.config)] if known.get(run.config.norm) else [] for run in missing]
    if not any(took):
        return 0.0
    return batch_seconds([run.config.epochs for run in missing], took, BESIDE_THE_EPOCHS, workers)


def work(config: Config) -> float:
    """To what the time of an epoch is about proportional, for one normalization."""
    images = training_images(config)
    blocks = len(parse_skeleton(config.skeleton)) + config.depth
    return blocks * (images + IMAGES_OF_A_STEP * images / config.batch_size)


def gather(study: Study, there: dict[str, RecordedRun], missing: list[PlannedRun], runs: Path) -> int:
    """Bring the record of `study` up to date with what is finished; how many of its runs that is.

    Raises `NormstudyError` when a finished run is damaged.
    """
    models = {planned.name: own.model for planned, own in zip(not_among(study, ()), study.runs, strict=True)}
    found = dict(there)
    for planned in missing:
        if is_current(runs / planned.name):
            finished = read_run(runs / planned.name)
            verify(finished)
            found[planned.name] = recorded(finished, models[planned.name], measured(study, finished))
    in_order = [found[name] for name in models if name in found]
    if in_order:
        if study.predictions:
            judged = [each for each in in_order if not each.diverged]
            write_predictions(RESULTS / f"{study.name}.npz", judged)
        write_record(RESULTS / f"{study.name}.json", study.title, in_order)
        results_readme.write(RESULTS)
    return len(in_order)


def measured(study: Study, run) -> dict:
    """What `study` wants to know of the trained network."""
    if not study.afterwards or run.diverged:
        return {}
    from normstudy.runs.afterwards import measure  # with torch

    return {name: measure(name, run) for name in study.afterwards}


if __name__ == "__main__":
    sys.exit(main())
