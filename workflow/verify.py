"""Train finished runs again, and say whether their numbers come out as they were. What `make verify` calls.

Usage: python workflow/verify.py [--runs results] [--study NAME] [--all 1] [--stamp 1]

The first epochs of one run of each kind of model, in each study; with --all, whole runs, and all of them.
With --stamp, runs of other sources whose numbers the present ones give, bit by bit, are noted as current.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from processes import KilledError, side_by_side
from surroundings import settle

from normstudy.errors import NormstudyError, disk_refusal
from normstudy.hardware import cores, has_cuda
from normstudy.ownership import MARK, as_typed
from normstudy.report.wording import counted
from normstudy.runs import stamps
from normstudy.runs.differences import Course
from normstudy.runs.folder import FinishedRun, claim, environment, is_claimed, is_of_present_sources, read_run, remedy
from normstudy.runs.progress import in_words
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
from normstudy.training.download import ensure
from normstudy.training.sources import sources_hash

IN_WORDS = {"equal": "equal bit by bit", "close": "within tolerance", "different": "DIFFERENT"}
START_UP = 8
"""Seconds until a process has imported torch and read its data."""


class VerifyError(NormstudyError):
    """Runs cannot be trained again here."""


@dataclass(frozen=True)
class Group:
    """Runs of a kind of model in a study, all made by the same sources; `compared`: those of them to train again."""

    runs: Sequence[FinishedRun]
    compared: Sequence[FinishedRun]


def environments() -> dict[str, dict[str, str]]:
    """What decides bits here, by device."""
    return {device: deciding(environment(device)) for device in ("cpu", *["cuda"] * has_cuda())}


def verify_runs(folder: Path, study: str, everything: bool, stamping: bool) -> int:
    """Train again, compare, tell, and with `stamping` note; the exit status. Raises `NormstudyError`."""
    sources, here = sources_hash(), environments()
    groups = choose(folder, study, everything, here)
    compared = list({run.folder: run for group in groups for run in group.compared}.values())
    epochs = {run.folder: run.config.epochs if everything else min(FIRST_EPOCHS, run.config.epochs) for run in compared}
    for dataset in {run.config.dataset for run in compared}:
        ensure(dataset)
    found: dict[Path, Comparison] = {}

    def tell(run: FinishedRun, again: Course) -> None:
        own = found[run.folder] = compare(run, again, epochs[run.folder], here[run.config.device])
        part = f"{own.epochs} of {counted(run.config.epochs, 'epoch')}"
        told = ": ".join([IN_WORDS[own.verdict], *[own.detail] * bool(own.detail)])
        print(f"{len(found)} of {len(compared)}: {run.name}, {part}: {told}")

    jobs = max(1, min(len(compared), cores() // max(run.config.threads for run in compared)))
    announce(compared, epochs, jobs)
    train_side_by_side(compared, epochs, jobs, tell)
    if stamping and sources_hash() != sources:
        raise VerifyError("the sources were changed meanwhile, so that nothing was noted; call `make verify` again")
    note(groups, found, sources, here, stamping)
    return int(any(own.verdict == "different" for own in found.values()))


def choose(folder: Path, study: str, everything: bool, here: Mapping[str, Mapping[str, str]]) -> list[Group]:
    """What is to be trained again of the studies in `folder`, `here` being what decides bits on each device.

    Raises `NormstudyError` when a run is damaged, there is none, or it needs a device that is not there.
    """
    groups = []
    for name in [study] if study else study_names(folder):
        for runs in groups_of_a_kind(verified_study(folder, name)):
            if (device := runs[0].config.device) not in here:
                raise VerifyError(
                    f"{runs[0].folder}: device = {device}, and none is available here; call `make verify` where there "
                    "is one, or name a study without such runs (STUDY=)"
                )
            groups.append(Group(runs, runs if everything else [representative(runs, here[device])]))
    if not groups:
        raise VerifyError(f"{folder}/studies.json: no study in it; name another folder of runs (RUNS=)")
    return groups


def announce(compared: Sequence[FinishedRun], epochs: Mapping[Path, int], jobs: int) -> None:
    """Say what will be done, and how long that takes if epochs take as long as they did."""
    took = [[entry["seconds"] for entry in run.history] for run in compared]
    many = sum(epochs.values())
    about = f", about {in_words(batch_seconds([*epochs.values()], took, START_UP, jobs))}" if any(took) else ""
    print(f"To train again: {counted(len(compared), 'run')}, {counted(many, 'epoch')} in all, {jobs} at once{about}.")


def train_side_by_side(
    runs: Sequence[FinishedRun], epochs: Mapping[Path, int], jobs: int, tell: Callable[[FinishedRun, Course], None]
) -> None:
    """Train each of `runs` again in one of `jobs` processes, calling `tell` as they end. Raises `NormstudyError`."""
    tasks = [(run.config, epochs[run.folder]) for run in runs]
    try:
        side_by_side(train_again, tasks, jobs, lambda number, again: tell(runs[number], again))
    except KilledError as error:
        raise VerifyError(f"{error} and call `make verify` again") from None


def note(
    groups: Sequence[Group],
    found: Mapping[Path, Comparison],
    sources: str,
    here: Mapping[str, Mapping[str, str]],
    stamping: bool,
) -> None:
    """Say which runs are of other sources than the present, and with `stamping` note those that are as good."""
    proven: dict[Path, tuple[FinishedRun, Stamp]] = {}
    open_questions = set()
    for group in groups:
        equal = {run.folder: run for run in group.compared if found[run.folder].verdict == "equal"}
        for run in group.runs:
            if is_of_present_sources(run):
                continue
            if len(equal) < len(group.compared) or not run.metrics["environment"].get("sources"):
                open_questions.add(run.folder)
            else:
                compared = equal.get(run.folder, group.compared[0])
                record = stamp(compared, found[compared.folder], sources, here[compared.config.device])
                proven[run.folder] = run, record
    if stamping:
        for run, record in proven.values():
            write_stamp(run, record)
    if proven:
        so = "noted in their folders, and they count as current" if stamping else "`make verify STAMP=1` notes that"
        print(f"Made by other sources, to the same numbers: {counted(len(proven), 'run')}; {so}.")
    if open_questions:
        print(
            f"Made by other sources, and not found to be the same bit by bit: {counted(len(open_questions), 'run')}; "
            "`make report` and `make publish` train them again."
        )
    if stamping and not proven and not open_questions:
        print("There was nothing to note: all runs are of the present sources.")


def write_stamp(run: FinishedRun, record: Stamp) -> None:
    """Put `record` into the folder of `run`. Raises `NormstudyError` where a job is changing it."""
    folder = run.folder.parent
    is_of_jobs = (folder / MARK).is_file()  # the published ones are not
    if is_of_jobs and is_claimed(run.name, folder):
        raise VerifyError(f"{run.folder}: a job is at work on this run; call `make verify` again when it has ended")
    with claim(run.name, folder) if is_of_jobs else nullcontext():
        if read_run(run.folder).metrics != run.metrics:
            raise VerifyError(f"{run.folder}: was made anew meanwhile; call `make verify` again")
        try:
            stamps.add(run.folder, record)
        except ValueError as error:
            raise VerifyError(f"{run.folder}: {error}; {remedy(run.folder)}") from None


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=as_typed, default=Path("results"))
    parser.add_argument("--study", default="", help="one study of studies.json; default: each")
    parser.add_argument("--all", choices=["1", "0", ""], default="", help="whole runs, and all of them")
    parser.add_argument("--stamp", choices=["1", "0", ""], default="", help="note runs of other sources as current")
    arguments = parser.parse_args()
    for ending in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(ending) is signal.SIG_DFL:  # nohup has it ignored
            signal.signal(ending, signal.default_int_handler)
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
