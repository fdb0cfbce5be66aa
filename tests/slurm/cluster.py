"""A cluster of one node that is this machine: munged, slurmctld and slurmd with everything in one folder.

The programs are Debian's (`apt-get install slurm-wlm munge`). Nothing outside the folder is read or
written, ports are free ones, and several such clusters can be there at once.
"""

from __future__ import annotations

import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

DAEMONS = ("munged", "slurmctld", "slurmd")
SEARCH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
PATIENCE = 120.0
"""Seconds until a daemon that does not answer counts as one that cannot start."""

CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CryptoType=crypto/munge
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
# No control groups, no accounting: neither is to be had everywhere.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
# A node that does not answer is down after seconds, and takes jobs again as soon as it is back.
SlurmdTimeout=10
ReturnToService=2
KillWait=10
# What the node has is what is said here; without RealMemory every job that names its memory is refused.
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=8000
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE
"""


class ClusterError(Exception):
    """Slurm is not installed, or does not start here."""


class Cluster:
    """A running cluster; `environment` is what its commands need."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.processes: dict[str, subprocess.Popen] = {}
        # On a node, the executor plugin drops SLURM_CONF before it calls srun.
        path = os.pathsep.join([str(folder / "bin"), SEARCH])
        self.environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf"), "PATH": path}

    def start(self) -> None:
        """Start everything. Raises `ClusterError`."""
        missing = [name for name in (*DAEMONS, "sbatch", "srun") if not shutil.which(name, path=SEARCH)]
        if missing:
            raise ClusterError(f"not installed: {', '.join(missing)} (apt-get install slurm-wlm munge)")
        for name in ("munge", "state", "spool", "bin"):
            (self.folder / name).mkdir()
        (self.folder / "munge/key").write_bytes(os.urandom(128))
        (self.folder / "munge/key").chmod(0o400)
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            other.bind(("127.0.0.1", 0))
            values = {"controller_port": one.getsockname()[1], "node_port": other.getsockname()[1]}
        values |= {"folder": self.folder, "user": getpass.getuser(), "host": socket.gethostname().split(".")[0]}
        (self.folder / "slurm.conf").write_text(CONFIGURATION.format(**values))
        wrapper = self.folder / "bin/srun"
        srun = shutil.which("srun", path=SEARCH)
        wrapper.write_text(f'#!/bin/sh\nSLURM_CONF={self.folder}/slurm.conf exec {srun} "$@"\n')
        wrapper.chmod(0o755)
        files = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
        options = [f"--{option}={self.folder}/munge/{name}" for option, name in files.items()]
        self.start_daemon("munged", "--foreground", "--force", *options)
        self.wait("munged", lambda: (self.folder / "munge/socket").exists())
        self.start_daemon("slurmctld", "-D")
        self.wait("slurmctld", lambda: self.call("scontrol", "ping").returncode == 0)
        self.start_daemon("slurmd", "-D")
        self.wait("slurmd", lambda: self.node_state() == "idle")

    def stop(self) -> None:
        """End everything, jobs and orphans of jobs too."""
        for process in reversed(self.processes.values()):
            process.kill()
            process.wait()
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                # slurmstepd writes its title over its environment, but has the log of slurmd open.
                if process.environ().get("SLURM_CONF") == self.environment["SLURM_CONF"] or (
                    process.name().startswith("slurmstepd")
                    and any(file.path.startswith(str(self.folder)) for file in process.open_files())
                ):
                    process.kill()

    def start_daemon(self, name: str, *options: str) -> None:
        with open(self.folder / f"{name}.out", "a") as output:
            self.processes[name] = subprocess.Popen(
                [shutil.which(name, path=SEARCH), *options], env=self.environment, stdout=output, stderr=output
            )

    def wait(self, daemon: str, condition: Callable[[], bool]) -> None:
        """Until `condition` holds. Raises `ClusterError` if `daemon` ends, or after minutes."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if self.processes[daemon].poll() is not None or time.monotonic() > deadline:
                said = (self.folder / f"{daemon}.out").read_text().splitlines()[-1:]
                raise ClusterError(f"{daemon} does not start here: {' '.join(said)}")
            time.sleep(0.2)

    def call(self, *command: str) -> subprocess.CompletedProcess:
        """Run one of Slurm's commands."""
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)

    def node_state(self) -> str:
        """`idle`, `mixed`, `allocated`, `down*`, …"""
        return self.call("sinfo", "--noheader", "--format=%T").stdout.strip()

    def jobs(self) -> dict[int, str]:
        """The run that each job trains which is in the queue or going on, by the job's number."""
        lines = self.call("squeue", "--noheader", "--format=%i %k").stdout.splitlines()
        return {int(line.split()[0]): re.sub(r".*wildcards_", "", line.split()[1]) for line in lines}

    def step(self, job: int) -> list[psutil.Process]:
        """The processes that `srun` started for `job`."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                variables = process.environ()
                if variables.get("SLURM_JOB_ID") == str(job) and variables.get("SLURM_STEP_ID") == "0":
                    found.append(process)
        return found

    def kill_slurmd(self) -> None:
        """End slurmd as a crash does; the steps of its jobs live on."""
        self.processes["slurmd"].send_signal(signal.SIGKILL)
        self.processes["slurmd"].wait()


@contextmanager
def one_node() -> Iterator[Cluster]:
    """A cluster that is gone afterwards. Raises `ClusterError` where there can be none."""
    with tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(folder))
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()
