"""The main job: train what is missing, then render the report. What `make report` calls.

Usage: python workflow/report.py [--params params] [--seeds 10] [--runs runs] [--output _report]
                                 [--renderer auto|quarto|preview] [--profile slurm]
       python workflow/report.py --study NAME [--params params] [--runs runs] [--results results] [--profile slurm]
                                 (for `make study`, which has tried the models; no report)
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import command
from cluster import Profile, cancel_jobs, fate, read_profile
from command import check_machine
from job_lock import JobError, note_holders, one_job_at_a_time
from page_commands import page_commands, study_pages
from placement import clear_up
from rich.console import Console
from trying import try_models
from watch import MOST_SHOWN, watch

from normstudy.data.available import ensure
from normstudy.data.facts import KNOWN
from normstudy.errors import SCANT
from normstudy.hardware import cores
from normstudy.ownership import as_typed, refuse_places
from normstudy.paths import write_whole
from normstudy.report.core.models import names_of_runs
from normstudy.report.core.names import data_title
from normstudy.report.core.text import count
from normstudy.runs.folder import checkpoint_file, is_claimed
from normstudy.runs.missing_runs import missing_runs
from normstudy.runs.reproduction import kind_of_model
from normstudy.runs.seeds import first_seeds
from normstudy.runs.studies import PlannedRun, auto_dataset, plan
from normstudy.runs.study_file import read_study_file, study_path
from normstudy.text import one_line, visible

PLANNED = ".planned.json"
"""In the folder of runs: those of the job, for Snakemake to read."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--params", default="params", type=as_typed)
    parser.add_argument("--seeds", help="train each file of --params that names no seed with so many, from 0 on")
    parser.add_argument("--runs", default="runs", type=as_typed)
    parser.add_argument("--output", default="_report", type=as_typed)
    parser.add_argument("--renderer", choices=["auto", "quarto", "preview"], default="auto")
    parser.add_argument("--cores", type=int, default=cores())
    parser.add_argument("--profile", default="", help="Snakemake's options for a cluster: slurm, or a folder")
    parser.add_argument("--jobs", type=int, help="runs at once on a cluster; default: what the profile says")
    parser.add_argument("--only-train", action="store_true", help="stop before the report")
    parser.add_argument("--study", default="", help="train what this study of params/studies/ lacks; no report")
    parser.add_argument("--results", type=as_typed, help="where the study is recorded, if not where it is by default")
    arguments = parser.parse_args()
    arguments.only_train |= bool(arguments.study)
    arguments.command = f"make study STUDY={one_line(arguments.study)}" if arguments.study else "make report"
    console = terminal()
    interrupted = f"Interrupted. What is finished is kept, and `{arguments.command}` goes on from there."

    def work() -> int:
        check_machine()
        if not arguments.only_train:
            clear_up(arguments.output)
        refuse_places(arguments.params, arguments.runs, None if arguments.only_train else arguments.output)
        profile = read_profile(arguments.profile, arguments.jobs) if arguments.profile else None
        runs, reason = asked_for(arguments, trust_device=profile is not None)
        if not arguments.study:
            try_models([run for run in runs if not run.is_done(arguments.runs)], console.print)
        with one_job_at_a_time(arguments.runs, console) as lock:
            return make_report(arguments, profile, runs, reason, console, lock)

    return command.run(work, arguments.runs, interrupted, lambda line: console.print(line, style="red"))


def terminal() -> Console:
    """The terminal, or the file that stands in its place, whatever a `FORCE_COLOR` says: frames are for eyes alone."""
    command.speak_to_nobody()
    to_eyes = sys.stdout.isatty()
    return Console(highlight=False, markup=False, soft_wrap=True, force_terminal=to_eyes, force_interactive=to_eyes)


def asked_for(arguments: argparse.Namespace, trust_device: bool) -> tuple[list[PlannedRun], str]:
    """The runs of the job, whatever of them is done, and why on other data than MNIST, unless the user chose them.

    Those of a study are what its record lacks.
    """
    if arguments.study:
        study = read_study_file(study_path(arguments.params, arguments.study), trust_device)
        return missing_runs(study, arguments.results), ""
    seeds = () if arguments.seeds is None else first_seeds(arguments.seeds)
    dataset, reason = auto_dataset(arguments.params)
    return plan(arguments.params, dataset, trust_device, seeds), reason


def make_report(
    arguments: argparse.Namespace,
    profile: Profile | None,
    runs: list[PlannedRun],
    reason: str,
    console: Console,
    lock: IO[str],
) -> int:
    if not runs:
        return 0
    runs_folder = arguments.runs
    if profile:  # what the scheduler of an earlier job left, should it have been killed
        cancel_jobs(runs_folder / ".logs/snakemake.log", console)
    waiting = [run for run in runs if not run.is_done(runs_folder)]
    dataset = runs[0].config.dataset
    ensure(dataset)  # all runs have the same; none starts without it
    if reason:
        console.print(f"The runs use {KNOWN[dataset].title}: {reason}.")
    announce(console, runs, waiting, runs_folder)
    folders = {"params": arguments.params, "runs": runs_folder, "output": arguments.output}
    settings = {name: str(folder.absolute()) for name, folder in folders.items()}
    planned = (runs_folder / PLANNED).absolute()
    write_whole(planned, json.dumps({run.name: run.config.model_dump() for run in runs}))
    settings |= {"auto_dataset": dataset, "renderer": arguments.renderer, "planned": str(planned)}
    settings["made_by"] = page_commands(arguments)
    settings["pages"] = "[]" if arguments.only_train else study_pages(arguments)
    code = run_snakemake(arguments, profile, settings, runs, waiting, console, lock)
    if code < 0:
        if profile:
            cancel_jobs(runs_folder / ".logs/snakemake.log", console)
        kept = f"what is finished is kept: `{arguments.command}` goes on"
        raise JobError(f"the scheduler was killed (signal {-code}); {kept}")
    problems = [(run, why_failed(run, runs_folder / ".logs")) for run in waiting if not run.is_done(runs_folder)]
    for run, why in problems[:MOST_SHOWN]:
        source = visible(one_line(run.source))
        console.print(f"the run {run.name} failed: {why} (its parameters: {source})", style="red")
    if others := problems[MOST_SHOWN:]:
        console.print(f"{count(len(others), 'other run')} failed as well; see {runs_folder / '.logs'}", style="red")
    if problems:
        done = len(runs) - len(problems)
        no_report = "" if arguments.study else " No report was made: a run of it is missing."
        console.print(f"{done} of {len(runs)} runs are finished and kept.{no_report}")
        console.print(f"`{arguments.command}` tries the others again, from the last epoch of each.")
        return 1
    if code:
        why = last_error(runs_folder / ".logs/report.log", runs_folder / ".logs/snakemake.log")
        raise JobError(f"the report could not be made: {why}")
    if not arguments.only_train:
        announce_report(console, arguments.output, runs)
    return 0


def announce(console: Console, runs: list[PlannedRun], waiting: list[PlannedRun], runs_folder: Path) -> None:
    """Say what will be done."""
    names = names_of_runs([run.config for run in runs])
    models = len({kind_of_model(run.config) for run in runs})
    many = count(models, "model") + (f" in {count(len(runs), 'run')}" if models < len(runs) else "")
    console.print(f"{many} on {data_title(runs[0].config)}; {len(runs) - len(waiting)} trained already.")
    shown = dict(zip([run.name for run in runs], names, strict=True))
    for run in waiting[:MOST_SHOWN]:
        if is_claimed(run.name, runs_folder):
            how = ", which a process left by an earlier job is training: it is waited for"
        else:
            how = ", from where it was interrupted" if checkpoint_file(run.config, runs_folder).exists() else ""
        source = visible(one_line(run.source))
        console.print(f"  to train: {shown[run.name]}, {count(run.config.epochs, 'epoch')} ({source}){how}")
    if others := waiting[MOST_SHOWN:]:
        console.print(f"  and {count(len(others), 'other run')}")


def run_snakemake(
    arguments: argparse.Namespace,
    profile: Profile | None,
    settings: dict,
    runs: list[PlannedRun],
    waiting: list[PlannedRun],
    console: Console,
    lock: IO[str],
) -> int:
    """Run the workflow and show its progress; its exit status, below 0 if a signal ended it.

    The scheduler has the checkout's `lock` too, so that nobody starts a second one should it outlive this process.
    """
    logs, settings_file = arguments.runs / ".logs", (arguments.runs / ".settings.json").absolute()
    logs.mkdir(parents=True, exist_ok=True)
    write_whole(settings_file, json.dumps(settings, indent=1) + "\n")
    for run in waiting:
        if not is_claimed(run.name, arguments.runs):
            (arguments.runs / ".progress" / f"{run.name}.jsonl").unlink(missing_ok=True)
            (logs / f"{run.name}.log").unlink(missing_ok=True)
    report_log = logs / "report.log"
    report_log.unlink(missing_ok=True)
    # As many as the scheduler lets run at once; on a cluster, nobody knows.
    workers = max(1, min(len(waiting), arguments.cores // max((run.config.threads for run in waiting), default=1)))
    workers = None if profile else workers
    target = ["runs" if arguments.study else "studies"] if arguments.only_train else ["report"]
    snakemake = [sys.executable, "-m", "snakemake", *target, "--snakefile", "workflow/Snakefile"]
    snakemake += profile.options(arguments.cores) if profile else ["--profile", "none", "--cores", str(arguments.cores)]
    snakemake += ["--workflow-profile", "none", "--configfile", str(settings_file)]
    snakemake += ["--keep-going", "--rerun-incomplete", "--nolock", "--rerun-triggers", "params"]
    with open(logs / "snakemake.log", "w") as log:
        process = subprocess.Popen(
            snakemake, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, pass_fds=[lock.fileno()]
        )
        try:
            note_holders(lock, process)
            report_log = report_log if target == ["report"] else None
            watch(process, arguments.runs / ".progress", runs, waiting, console, workers, report_log)
        except (KeyboardInterrupt, OSError):
            try:
                stop(process, profile)
            finally:
                if profile:
                    cancel_jobs(logs / "snakemake.log", console)
            raise
    return process.returncode


def announce_report(console: Console, output: Path, runs: list[PlannedRun]) -> None:
    """Say where the report is, on which data its runs were trained, and how it was rendered."""
    by = json.loads((output / "render.json").read_text())["by"]
    console.print(f"Report: {output / 'index.html'} and {output / 'report.pdf'}")
    console.print(f"Data: {data_title(runs[0].config)}. Rendered by {by}.")


def last_error(*logs: Path) -> str:
    """The last line of the first of `logs` that tells of an error; a full disk may have kept it from being written."""
    ends = []
    for log in logs:
        try:
            lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
        except OSError:
            continue
        for line in reversed(lines):
            if line.startswith("error: "):
                return line.removeprefix("error: ")
        if lines and re.match(r"[\w.]*(Error|Exception|Interrupt|Exit)\b.", lines[-1]):
            return f"{lines[-1]} (see {log})"
        if lines:
            ends.append(f"its last line: {lines[-1]} (see {log})")
    place = logs[-1].parent.parent
    if place.exists() and (free := shutil.disk_usage(place).free) < SCANT:
        return f"{place}: only {free:,} bytes are free there; make room there, or name another folder (RUNS=)"
    if ends:
        return f"it ended without a reason, as what is killed does; {ends[0]}"
    return f"it was killed, or never begun, and left no reason (see {logs[-1]})"


def why_failed(run: PlannedRun, logs: Path) -> str:
    """What the run said last, and on a cluster, what became of its job."""
    log, scheduler = logs / f"{run.name}.log", logs / "snakemake.log"
    ended = fate(scheduler, run.name)
    if not (log.exists() and log.stat().st_size):  # it said nothing, or was never begun
        return ended or last_error(scheduler)
    return last_error(log) + (f"; {ended}" if ended else "")


def stop(process: subprocess.Popen, profile: Profile | None = None) -> None:
    """End the scheduler and everything it started, leaving runs a few seconds to take their unfinished folders away.

    That of a cluster is interrupted, which has it cancel its jobs; then it would wait for its own next look at them.
    """
    gently = [(signal.SIGINT, 4), (signal.SIGTERM, 2)] if profile else [(signal.SIGTERM, 8)]
    for how, patience in (*gently, (signal.SIGKILL, 2)):
        deadline = time.monotonic() + patience
        try:
            os.killpg(process.pid, how)
            while time.monotonic() < deadline:
                process.poll()
                os.killpg(process.pid, 0)  # raises once nobody of the group is left
                time.sleep(0.1)
        except ProcessLookupError:
            return


if __name__ == "__main__":
    sys.exit(main())
