"""Train finished runs again, and report whether their numbers come out as they were. What `make verify` calls.

Usage: python workflow/verify.py [--runs results] [--study NAME] [--all 1] [--stamp 1]

The first epochs of one run of each kind of model, in each study and in each record of one; with --all, whole runs, and
all of them. With --stamp, runs of other sources whose numbers the present ones give, bit by bit, are noted as current.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from processes import KilledError, side_by_side
from surroundings import end_as_interrupted, settle

from normstudy.errors import NormstudyError, disk_refusal
from normstudy.hardware import cores, has_cuda
from normstudy.model_code import adopt
from normstudy.ownership import MARK, as_typed
from normstudy.report.core.text import count
from normstudy.runs import reproduction, stamps
from normstudy.runs.contract import Stamp
from normstudy.runs.differences import Course
from normstudy.runs.folder import FinishedRun, claim, environment, is_claimed, is_of_present_sources, remedy
from normstudy.runs.progress import in_words
from normstudy.runs.record import RecordedRun, read_record, record_names, verify_predictions, write_record
from normstudy.runs.reproduction import FIRST_EPOCHS, Comparison, compare, deciding, representative, train_again
from normstudy.runs.studies import study_names, verified_study
from normstudy.runs.timing import batch_seconds
from normstudy.text import one_line
from normstudy.training.at_hand import ensure
from normstudy.training.sources import sources_hash

IN_WORDS = {"equal": "equal bit by bit", "close": "within tolerance", "different": "DIFFERENT"}
START_UP = 8
"""Seconds until a process has imported torch and read its data."""

Place = tuple[Path, str]
"""The folder or record that has a run, and its name: the same run may have been made twice."""


class VerifyError(NormstudyError):
    """Runs cannot be trained again here, or the result cannot be noted."""


@dataclass(frozen=True)
class Group:
    """Runs of a kind of model in a study, all made by the same sources; `compared`: those of them to train again."""

    runs: Sequence[FinishedRun]
    compared: Sequence[FinishedRun]


def place(run: FinishedRun) -> Place:
    """Where `run` is."""
    return run.place, run.name


def verify_runs(folder: Path, study: str, everything: bool, stamping: bool) -> int:
    """Train again, compare, print, and with `stamping` note; the exit status. Raises `NormstudyError`."""
    sources = sources_hash()
    here = {device: deciding(environment(device)) for device in ("cpu", *["cuda"] * has_cuda())}
    groups = choose(folder, study, everything, here)
    places: dict[str, list[FinishedRun]] = defaultdict(list)
    for run in (run for group in groups for run in group.compared):
        places[run.name].append(run)
    to_train = [runs[0] for runs in places.values()]
    epochs = {run.name: run.config.epochs if everything else min(FIRST_EPOCHS, run.config.epochs) for run in to_train}
    for dataset in {run.config.dataset for run in to_train}:
        ensure(dataset)
    found: dict[Place, Comparison] = {}
    trained = []

    def report(name: str, again: Course) -> None:
        trained.append(name)
        for run in places[name]:
            result = found[place(run)] = compare(run, again, epochs[name], here[run.config.device])
            where = f" ({run.place})" if len(places[name]) > 1 else ""
            part = f"{result.epochs} of {count(run.config.epochs, 'epoch')}"
            line = ": ".join(filter(None, (f"{name}{where}, {part}", IN_WORDS[result.verdict], result.detail)))
            print(f"{len(trained)} of {len(to_train)}: {line}", flush=True)

    jobs = max(1, min(len(to_train), cores() // max(run.config.threads for run in to_train)))
    took = [[entry["seconds"] for entry in run.history] for run in to_train]
    seconds = START_UP + batch_seconds([*epochs.values()], took, 0, jobs) if any(took) else 0
    about = f", about {in_words(seconds)}" if seconds else ""
    many = f"{count(len(to_train), 'run')}, {count(sum(epochs.values()), 'epoch')} in all"
    print(f"To train again: {many}, {jobs} at once{about}.", flush=True)
    train_side_by_side(to_train, epochs, jobs, report)
    if stamping and sources_hash() != sources:
        raise VerifyError("the sources were changed meanwhile, so that nothing was noted; call `make verify` again")
    note(groups, found, sources, here, stamping)
    return int(any(result.verdict == "different" for result in found.values()))


def choose(folder: Path, study: str, everything: bool, here: Mapping[str, Mapping[str, str]]) -> list[Group]:
    """What is to be trained again, `here` being what decides bits on each device. Raises `NormstudyError`."""
    groups = []
    for runs in (group for finished in studies(folder, study) for group in reproduction.groups_of_a_kind(finished)):
        if (device := runs[0].config.device) not in here:
            raise VerifyError(
                f"{runs[0].place}: device = {device}, and none is available here; call `make verify` where there "
                "is one, or name a study without such runs (STUDY=)"
            )
        groups.append(Group(runs, runs if everything else [representative(runs, here[device])]))
    return groups


def studies(folder: Path, study: str) -> Iterator[Sequence[FinishedRun]]:
    """The runs of each study in `folder`, or of the one called `study`: those with folders, and those of its record.

    Raises `NormstudyError` when a run is damaged, or there is none.
    """
    recorded = record_names(folder)
    named = study_names(folder) if (folder / "studies.json").exists() or not recorded else []
    if study not in ("", *named, *recorded):
        there = ", ".join(dict.fromkeys(named + recorded)) or "none"
        raise VerifyError(f"{folder}: no study {one_line(study)!r} in it; there are: {there}")
    if not named and not recorded:
        raise VerifyError(f"{folder}/studies.json: no study in it; name another folder of runs (RUNS=)")
    for name in named:
        if study in ("", name):
            yield verified_study(folder, name)
    for name in recorded:
        if study in ("", name):
            record = read_record(folder / f"{name}.json")
            verify_predictions(record)
            yield record.runs


def train_side_by_side(
    runs: Sequence[FinishedRun], epochs: Mapping[str, int], jobs: int, report: Callable[[str, Course], None]
) -> None:
    """Train each of `runs` again in one of `jobs` processes, and `report` as they end. Raises `NormstudyError`."""
    for run in runs:
        if run.config.model:  # of which the other processes know nothing but what is kept
            adopt(run.config.model, run.config.code)
    tasks = [(run.config, epochs[run.name]) for run in runs]
    try:
        side_by_side(train_again, tasks, jobs, lambda number, again: report(runs[number].name, again))
    except KilledError as error:
        raise VerifyError(f"{error} and call `make verify` again") from None


def note(
    groups: Sequence[Group],
    found: Mapping[Place, Comparison],
    sources: str,
    here: Mapping[str, Mapping[str, str]],
    stamping: bool,
) -> None:
    """Print which runs are of other sources than the present, and with `stamping` note those that are as good."""
    proven: dict[Place, tuple[FinishedRun, Stamp]] = {}
    open_questions = set()
    for group in groups:
        is_equal = all(found[place(run)].verdict == "equal" for run in group.compared)
        for run in group.runs:
            if is_of_present_sources(run):
                continue
            if is_equal and run.metrics["environment"].get("sources"):
                same = run if run in group.compared else group.compared[0]
                stamp = reproduction.stamp(same, found[place(same)], sources, here[same.config.device])
                proven[place(run)] = run, stamp
            else:
                open_questions.add(place(run))
    if stamping:
        write_stamps([*proven.values()])
    if proven:
        so = "noted with them, and they count as current" if stamping else "`make verify STAMP=1` notes that"
        print(f"Made by other sources, to the same numbers: {count(len(proven), 'run')}; {so}.")
    if open_questions:
        print(
            f"Made by other sources, and not found to be the same bit by bit: {count(len(open_questions), 'run')}; "
            "`make report`, `make publish` and `make study` train them again."
        )
    if stamping and not proven and not open_questions:
        print("There was nothing to note: all runs are of the present sources.")


def write_stamps(proven: Sequence[tuple[FinishedRun, Stamp]]) -> None:
    """Add the stamps to the run folders and records. Raises `NormstudyError`, where a job is changing these too."""
    records: dict[Path, dict[str, Stamp]] = defaultdict(dict)
    for run, stamp in proven:
        if isinstance(run, RecordedRun):
            records[run.place][run.name] = stamp
            continue
        runs_folder = run.folder.parent
        is_of_jobs = (runs_folder / MARK).is_file()  # the published ones are not
        if is_of_jobs and is_claimed(run.name, runs_folder):
            raise VerifyError(f"{run.folder}: a job is at work on this run; call `make verify` again when it has ended")
        try:
            with claim(run.name, runs_folder) if is_of_jobs else nullcontext():
                stamps.add(run.folder, stamp)
        except ValueError as error:
            raise VerifyError(f"{run.folder}: {error}; {remedy(run.folder)}") from None
    for path, of_record in records.items():
        study = read_record(path)
        added = {name: [stamp] for name, stamp in of_record.items()}
        runs = [replace(run, verified=[*run.verified, *added.get(run.name, [])]) for run in study.runs]
        write_record(path, study.title, runs)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=as_typed, default=Path("results"))
    parser.add_argument("--study", default="", help="one study of studies.json or a record; default: each")
    parser.add_argument("--all", choices=["1", "0", ""], default="", help="whole runs, and all of them")
    parser.add_argument("--stamp", choices=["1", "0", ""], default="", help="note runs of other sources as current")
    arguments = parser.parse_args()
    end_as_interrupted()
    try:
        settle(__file__)
        return verify_runs(arguments.runs, arguments.study, arguments.all == "1", arguments.stamp == "1")
    except NormstudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {disk_refusal(error, arguments.runs)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; nothing was noted.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
