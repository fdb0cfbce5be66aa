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
from dataclasses import dataclass
from pathlib import Path

import command
from command import check_machine
from processes import KilledError, side_by_side

from normstudy.data.available import ensure
from normstudy.errors import NormstudyError
from normstudy.hardware import cores, has_cuda
from normstudy.model_code import adopt
from normstudy.ownership import as_typed
from normstudy.report.core.text import count
from normstudy.runs import reproduction, stamps
from normstudy.runs.folder import FinishedRun, environment, is_of_present_sources
from normstudy.runs.history_differences import Course
from normstudy.runs.progress import in_words
from normstudy.runs.record import read_record, record_names, verify_predictions
from normstudy.runs.reproduction import FIRST_EPOCHS, Comparison, compare, deciding, representative, train_again
from normstudy.runs.studies import study_names, verified_study
from normstudy.runs.timing import batch_seconds
from normstudy.text import one_line
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
    note(folder, groups, found, sources if stamping else "", here)
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
    folder: Path,
    groups: Sequence[Group],
    found: Mapping[Place, Comparison],
    sources: str,
    here: Mapping[str, Mapping[str, str]],
) -> None:
    """Print which runs are of other sources than the present, and note in `folder` those that `sources` give as well.

    Nothing is noted without `sources`. Raises `NormstudyError`.
    """
    outdated = {place(run) for group in groups for run in group.runs if not is_of_present_sources(run)}
    different = {run.name for group in groups for run in group.compared if found[place(run)].verdict != "equal"}
    proven: list[stamps.Stamp] = []
    equal: set[Place] = set()
    for group in groups:
        made_by, names = group.runs[0].metrics["environment"].get("sources"), [run.name for run in group.runs]
        own = outdated & {place(run) for run in group.runs}
        if not own or not made_by or different & set(names):
            continue
        equal |= own
        run = group.compared[0]
        result = found[place(run)]
        proven.append(
            {
                **{"from": made_by, "to": sources, "runs": names, "compared": [run.name for run in group.compared]},
                **{"epochs": result.epochs, "measures": list(result.measures)},
                "environment": {**here[run.config.device], "threads": str(run.config.threads)},
            }
        )
    if sources:
        stamps.add(folder, proven)
    if equal:
        so = (
            f"noted in {folder / stamps.NAME}, and they count as current"
            if sources
            else "`make verify STAMP=1` notes that"
        )
        print(f"Made by other sources, to the same numbers: {count(len(equal), 'run')}; {so}.")
    if rest := outdated - equal:
        print(
            f"Made by other sources, and not found to be the same bit by bit: {count(len(rest), 'run')}; "
            "`make report`, `make publish` and `make study` train them again."
        )
    if sources and not outdated:
        print("There was nothing to note: all runs are of the present sources.")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=as_typed, default=Path("results"))
    parser.add_argument("--study", default="", help="one study of studies.json or a record; default: each")
    parser.add_argument("--all", choices=["1", "0", ""], default="", help="whole runs, and all of them")
    parser.add_argument("--stamp", choices=["1", "0", ""], default="", help="note runs of other sources as current")
    arguments = parser.parse_args()

    def work() -> int:
        check_machine()
        return verify_runs(arguments.runs, arguments.study, arguments.all == "1", arguments.stamp == "1")

    return command.run(work, arguments.runs, "Interrupted; nothing was noted.")


if __name__ == "__main__":
    sys.exit(main())
