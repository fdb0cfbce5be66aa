"""Train finished runs again, and say whether their numbers come out as they were. What `make verify` calls.

Usage: python workflow/verify.py [--runs results] [--study NAME] [--all 1] [--stamp 1]

The first epochs of one run of each kind of model, in each study and in each record of one; with --all, whole runs, and
all of them. With --stamp, runs of other sources whose numbers the present ones give, bit by bit, are noted as current.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from processes import KilledError, side_by_side
from stamping import VerifyError, write_stamps
from surroundings import end_as_interrupted, settle

from normstudy.errors import NormstudyError, disk_refusal
from normstudy.hardware import cores, has_cuda
from normstudy.model_code import adopt
from normstudy.ownership import as_typed
from normstudy.report.core.text import count
from normstudy.runs.differences import Course
from normstudy.runs.folder import FinishedRun, environment, is_of_present_sources
from normstudy.runs.progress import in_words
from normstudy.runs.record import read_record, record_names, verify_predictions
from normstudy.runs.reproduction import (
    FIRST_EPOCHS,
    Comparison,
    compare,
    deciding,
    groups_of_a_kind,
    representative,
    stamp,
    train_again,
)
from normstudy.runs.stamps import Stamp
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


@dataclass(frozen=True)
class Group:
    """Runs of a kind of model in a study, all made by the same sources; `compared`: those of them to train again."""

    runs: Sequence[FinishedRun]
    compared: Sequence[FinishedRun]


def place(run: FinishedRun) -> Place:
    """Where `run` is."""
    return run.place, run.name


def environments() -> dict[str, dict[str, str]]:
    """What decides bits here, by device."""
    return {device: deciding(environment(device)) for device in ("cpu", *["cuda"] * has_cuda())}


def verify_runs(folder: Path, study: str, everything: bool, stamping: bool) -> int:
    """Train again, compare, tell, and with `stamping` note; the exit status. Raises `NormstudyError`."""
    sources, here = sources_hash(), environments()
    groups = choose(folder, study, everything, here)
    compared = {place(run): run for group in groups for run in group.compared}
    to_train = list({run.name: run for run in compared.values()}.values())
    epochs = {run.name: run.config.epochs if everything else min(FIRST_EPOCHS, run.config.epochs) for run in to_train}
    for dataset in {run.config.dataset for run in to_train}:
        ensure(dataset)
    found: dict[Place, Comparison] = {}
    trained = []

    def tell(run: FinishedRun, again: Course) -> None:
        trained.append(run.name)
        said: dict[str, list[Path]] = {}
        for own in (each for each in compared.values() if each.name == run.name):
            found[place(own)] = compare(own, again, epochs[own.name], here[own.config.device])
            said.setdefault(in_a_line(own, found[place(own)]), []).append(own.place)
        for line, places in said.items():
            where = f" ({', '.join(map(str, places))})" if len(said) > 1 else ""
            print(f"{len(trained)} of {len(to_train)}: {line}{where}", flush=True)

    jobs = max(1, min(len(to_train), cores() // max(run.config.threads for run in to_train)))
    announce(to_train, epochs, jobs)
    train_side_by_side(to_train, epochs, jobs, tell)
    if stamping and sources_hash() != sources:
        raise VerifyError("the sources were changed meanwhile, so that nothing was noted; call `make verify` again")
    note(groups, found, sources, here, stamping)
    return int(any(own.verdict == "different" for own in found.values()))


def choose(folder: Path, study: str, everything: bool, here: Mapping[str, Mapping[str, str]]) -> list[Group]:
    """What is to be trained again of the studies in `folder`, `here` being what decides bits on each device.

    Raises `NormstudyError` when a run is damaged, there is none, or it needs a device that is not there.
    """
    groups = []
    for finished in studies(folder, study):
        for runs in groups_of_a_kind(finished):
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
    named = study_names(folder) if study not in recorded or (folder / "studies.json").exists() else []
    if study and study not in {*named, *recorded}:
        there = ", ".join(dict.fromkeys([*named, *recorded])) or "none"
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


def announce(to_train: Sequence[FinishedRun], epochs: Mapping[str, int], jobs: int) -> None:
    """Say what will be done, and how long that takes if epochs take as long as they did."""
    took = [[entry["seconds"] for entry in run.history] for run in to_train]
    many = sum(epochs.values())
    seconds = START_UP + batch_seconds([*epochs.values()], took, 0, jobs) if any(took) else 0
    about = f", about {in_words(seconds)}" if seconds else ""
    told = f"{count(len(to_train), 'run')}, {count(many, 'epoch')} in all, {jobs} at once{about}"
    print(f"To train again: {told}.", flush=True)


def in_a_line(run: FinishedRun, found: Comparison) -> str:
    """What came of training `run` again."""
    part = f"{found.epochs} of {count(run.config.epochs, 'epoch')}"
    told = ": ".join([IN_WORDS[found.verdict], *[found.detail] * bool(found.detail)])
    return f"{run.name}, {part}: {told}"


def train_side_by_side(
    runs: Sequence[FinishedRun], epochs: Mapping[str, int], jobs: int, tell: Callable[[FinishedRun, Course], None]
) -> None:
    """Train each of `runs` again in one of `jobs` processes, calling `tell` as they end. Raises `NormstudyError`."""
    for run in runs:
        if run.config.model:  # of which the other processes know nothing but what is kept
            adopt(run.config.model, run.config.code)
    tasks = [(run.config, epochs[run.name]) for run in runs]
    try:
        side_by_side(train_again, tasks, jobs, lambda number, again: tell(runs[number], again))
    except KilledError as error:
        raise VerifyError(f"{error} and call `make verify` again") from None


def note(
    groups: Sequence[Group],
    found: Mapping[Place, Comparison],
    sources: str,
    here: Mapping[str, Mapping[str, str]],
    stamping: bool,
) -> None:
    """Say which runs are of other sources than the present, and with `stamping` note those that are as good."""
    proven: dict[Place, tuple[FinishedRun, Stamp]] = {}
    open_questions = set()
    for group in groups:
        equal = {place(run): run for run in group.compared if found[place(run)].verdict == "equal"}
        for run in group.runs:
            if is_of_present_sources(run):
                continue
            if len(equal) < len(group.compared) or not run.metrics["environment"].get("sources"):
                open_questions.add(place(run))
            else:
                compared = equal.get(place(run), group.compared[0])
                own = stamp(compared, found[place(compared)], sources, here[compared.config.device])
                proven[place(run)] = run, own
    if stamping:
        write_stamps(list(proven.values()))
    if proven:
        so = "noted beside them, and they count as current" if stamping else "`make verify STAMP=1` notes that"
        print(f"Made by other sources, to the same numbers: {count(len(proven), 'run')}; {so}.")
    if open_questions:
        print(
            f"Made by other sources, and not found to be the same bit by bit: {count(len(open_questions), 'run')}; "
            "`make report`, `make publish` and `make study` train them again."
        )
    if stamping and not proven and not open_questions:
        print("There was nothing to note: all runs are of the present sources.")


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
