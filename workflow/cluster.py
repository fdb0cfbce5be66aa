"""What `make report` needs to know of a cluster. The rest is Snakemake's, by a profile and its executor plugin."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml
from job_lock import JobError
from rich.console import Console

PROFILES = Path("workflow/profiles")


@dataclass(frozen=True)
class Profile:
    """A folder with Snakemake's options for a cluster; `jobs`: runs that are queued or going on at once."""

    folder: Path
    jobs: int

    def options(self, cores: int) -> list[str]:
        """Snakemake's options; `cores` are those of this machine, for what is not sent to the cluster."""
        return ["--profile", str(self.folder), "--jobs", str(self.jobs), "--local-cores", str(cores)]


def read_profile(name: str, jobs: int | None = None) -> Profile:
    """The profile `name` of `workflow/profiles`, or in a folder of that name. Raises `JobError` with one line."""
    for folder in (PROFILES / name, Path(name)):
        path = folder / "config.yaml"
        if path.is_file():
            break
    else:
        known = ", ".join(sorted(path.parent.name for path in PROFILES.glob("*/config.yaml")))
        raise JobError(f"PROFILE={name}: no such profile; there is {known}, or name a folder with a config.yaml")
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
        if jobs is None:
            jobs = settings["jobs"]
    except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError) as error:
        raise JobError(f"{path}: no number of jobs can be read ({' '.join(str(error).split())})") from None
    if type(jobs) is not int or jobs < 1:
        raise JobError(f"jobs = {jobs}: must be a whole number, at least 1; {path} or JOBS= says it")
    return Profile(folder, jobs)


def cancel_jobs(log: Path, console: Console) -> None:
    """Cancel what the scheduler that wrote `log` still has in Slurm's queue.

    Snakemake cancels the jobs it knows when it is interrupted, but not those it is just submitting, and
    none when it is killed.
    """
    try:
        name = re.search(r"^SLURM run ID: (\S+)", log.read_text(errors="replace"), re.MULTILINE)
    except OSError:
        return
    if not name:
        return
    try:
        subprocess.run(["scancel", f"--name={name[1]}"], capture_output=True, text=True, timeout=60, check=True)
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or [f"scancel ended with {error.returncode}"])[-1]
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = str(error)
    else:
        return
    console.print(f"Jobs may be left in the queue ({reason}); `scancel --name={name[1]}` ends them.")


def fate(log: Path, run: str) -> str:
    """What the scheduler that wrote `log` says of the last job of `run` that failed; nothing if it was no cluster's."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return ""
    message, logs = "", ""
    for part in text.split("\nError in rule train:\n")[1:]:
        output = re.search(r"^    output: .*/(\S+)$", part, re.MULTILINE)
        if output and output[1] == run:
            message = part.partition("    jobid: ")[0].strip().removeprefix("message: ")
            logs = (re.search(r"^    log: (.*?)(?: \(check|$)", part, re.MULTILINE) or ["", ""])[1]
    if refused := re.search(r"The error message was '(.*?)'\.(?:\n|$)", message, re.DOTALL):
        return f"its job was refused: {' '.join(refused[1].split())}"
    if ended := re.match(r"SLURM-job '(\S+)' failed.*?SLURM status is:\s+'(\w+)'", message, re.DOTALL):
        return f"its job {ended[1]} ended as {ended[2]} (see {logs.split(', ')[-1]})"
    return "" if message == "None" else message.partition("\n")[0]
