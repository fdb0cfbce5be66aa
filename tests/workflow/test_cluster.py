"""What the workflow does for a cluster, as far as it can be seen without one."""

import json
import re
import shutil
import subprocess
import sys
import time

import pytest
from commands import NO_DATA, ROOT, run, workflow, write_params

from normstudy.runs.studies import plan

sys.path.insert(0, str(ROOT / "workflow"))
from cluster import fate

LOG = """
Error in rule train:
    message: SLURM-job '7' failed, SLURM status is: 'TIMEOUT'. Detailed failure reason unavailable.For further error
    jobid: 1
    output: runs/.done/a
    log: runs/.logs/a.log, logs/7.log (check log file(s) for error details)
rule train:
    output: runs/.done/b

Error in rule train:
    message: None
    jobid: 2
    output: runs/.done/c
    log: runs/.logs/c.log (check log file(s) for error details)

Error in rule train:
    jobid: 3
    output: runs/.done/d
"""


def snakemake(where, *more):
    settings = (f"params={where / 'params'}", f"runs={where / 'runs'}", "auto_dataset=digits")
    return run("snakemake", "--snakefile", "workflow/Snakefile", "--dry-run", "--nolock", *more, "--config", *settings)


def test_a_node_takes_the_plan_as_it_was_made_and_touches_nothing(tmp_path):
    params = write_params(tmp_path / "params", bn="dataset: digits\n", gpu="dataset: digits\ndevice: cuda\n")
    names = [planned.name for planned in plan(params, "digits", trust_device=True)]
    assert snakemake(tmp_path, "runs", "--cores", "1").returncode == 0
    shutil.rmtree(params)  # the plan is made once, where the job began
    marks = [tmp_path / "runs/.done" / name for name in ("report", names[0])]
    for mark in marks:
        mark.touch()
    node = ("--mode", "remote", "--executor", "slurm-jobstep", "--jobs", "1", "--force", "--allowed-rules", "train")
    process = snakemake(tmp_path, "--target-jobs", f"train:name={names[1]}", *node)
    assert process.returncode == 0, process.stdout + process.stderr
    result = process.stdout + process.stderr
    assert f"wildcards: name={names[1]}" in result
    assert re.search(r"resources: .*runtime=15", result)
    assert "gpu=1" in result
    assert all(mark.exists() for mark in marks)


def test_a_long_run_asks_for_more_time_and_a_large_batch_for_more_memory(tmp_path):
    write_params(tmp_path / "params", ln="norm: ln\ndataset: mnist\nepochs: 100\nbatch_size: 10000\n")
    result = snakemake(tmp_path, "runs", "--cores", "1").stdout
    assert "runtime=115" in result
    assert "mem_mb=3500" in result
    assert "gpu=0" in result


def test_a_profile_that_is_not_there_or_says_nothing_is_refused(tmp_path):
    params = write_params(tmp_path / "params", bn="dataset: digits\n")
    (tmp_path / "config.yaml").write_text("executor: slurm\njobs: many\n")
    path = tmp_path / "config.yaml"
    for profile, expected in {
        "slrum": "PROFILE=slrum: no such profile; there is slurm, or name a folder with a config.yaml",
        str(tmp_path): f"jobs = many: must be a whole number, at least 1; {path} or JOBS= says it",
    }.items():
        process = workflow("report", "--params", params, "--runs", tmp_path / "runs", "--profile", profile, **NO_DATA)
        assert process.returncode == 1
        assert process.stdout == f"error: {expected}\n"
        assert not (tmp_path / "runs/.done").exists()


def test_the_study_is_written_when_the_last_run_can_be_seen_here(tmp_path):
    (tmp_path / "plan.json").write_text('{"one": {}}')
    command = ["workflow/write_studies.py", "--runs", tmp_path, "--study", "main", "--plan", tmp_path / "plan.json"]
    with subprocess.Popen([sys.executable, *command], cwd=ROOT) as process:
        time.sleep(3)
        assert process.poll() is None
        assert not (tmp_path / "studies.json").exists()
        (tmp_path / "one").mkdir()
        (tmp_path / "one/metrics.json").write_text("{}")
    assert process.returncode == 0
    assert json.loads((tmp_path / "studies.json").read_text()) == {"main": ["one"]}


@pytest.mark.parametrize(
    ("run", "result"), [("a", "its job 7 ended as TIMEOUT (see logs/7.log)"), ("b", ""), ("c", ""), ("d", "")]
)
def test_what_became_of_a_job_is_reported_of_that_run_alone(tmp_path, run, result):
    (tmp_path / "log").write_text(LOG)
    assert fate(tmp_path / "log", run) == result
