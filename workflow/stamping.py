"""Write down that runs of other sources are as good as those of the present ones, in their folders and records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from normstudy.errors import NormstudyError
from normstudy.ownership import MARK
from normstudy.runs import stamps
from normstudy.runs.folder import FinishedRun, claim, is_claimed, read_run, remedy
from normstudy.runs.record import RecordedRun, read_record, write_record
from normstudy.runs.stamps import Stamp


class VerifyError(NormstudyError):
    """Runs cannot be trained again here, or what came of it cannot be noted."""


def write_stamps(proven: Sequence[tuple[FinishedRun, Stamp]]) -> None:
    """Put each stamp beside its run. Raises `NormstudyError` where a job is changing that."""
    records: dict[Path, dict[str, tuple[FinishedRun, Stamp]]] = {}
    for run, own in proven:
        if isinstance(run, RecordedRun):
            records.setdefault(run.place, {})[run.name] = run, own
        else:
            stamp_folder(run, own)
    for path, of_record in records.items():
        stamp_record(path, of_record)


def stamp_record(path: Path, of_record: Mapping[str, tuple[FinishedRun, Stamp]]) -> None:
    """Put the stamps of the runs `of_record`, by name, into the record `path`. Raises `NormstudyError`."""
    study = read_record(path)
    now = {run.name: run for run in study.runs}
    for name, (run, own) in of_record.items():
        if name not in now or now[name].metrics != run.metrics:
            raise VerifyError(f"{path}: was made anew meanwhile; call `make verify` again")
        now[name] = replace(now[name], verified=[*now[name].verified, own])
    write_record(path, study.title, now.values())


def stamp_folder(run: FinishedRun, own: Stamp) -> None:
    """Put the stamp `own` into the folder of `run`. Raises `NormstudyError`."""
    folder = run.folder.parent
    is_of_jobs = (folder / MARK).is_file()  # the published ones are not
    if is_of_jobs and is_claimed(run.name, folder):
        raise VerifyError(f"{run.folder}: a job is at work on this run; call `make verify` again when it has ended")
    with claim(run.name, folder) if is_of_jobs else nullcontext():
        if read_run(run.folder).metrics != run.metrics:
            raise VerifyError(f"{run.folder}: was made anew meanwhile; call `make verify` again")
        try:
            stamps.add(run.folder, own)
        except ValueError as error:
            raise VerifyError(f"{run.folder}: {error}; {remedy(run.folder)}") from None
