"""Disks that are full or read-only: one line says so, what is finished stays, and with room the job goes on."""

import os
import re
import shutil
import sys

import pytest
import yaml
from commands import NO_DATA, ROOT, run, workflow, write_params
from conftest import QUICK
from faults.trials import without_times
from folders import files_below, report_of_ours
from readers import NEEDS_QUARTO

from normstudy.config import Config
from normstudy.notebook import save_picture
from normstudy.paths import DiskError, write_whole
from normstudy.runs.folder import read_run
from normstudy.runs.studies import MAIN, write_studies
from normstudy.training.loop import fit

sys.path.insert(0, str(ROOT / "workflow"))
from report import last_error

FULL = "No space left on device; make room there, or name another folder (RUNS=, OUTPUT=)"


def train(where, runs, **environment):
    params = write_params(where / "params", ln=yaml.safe_dump({**QUICK, "norm": "ln", "epochs": 3}))
    return workflow("report", "--params", params, "--runs", runs, "--only-train", **NO_DATA, **environment)


def the_line(process, beginning: str) -> str:
    """The one line that tells what is wrong, of a command that failed."""
    assert process.returncode == 1, process.stdout + process.stderr
    assert "Traceback" not in process.stdout + process.stderr
    (line,) = [line for line in (process.stdout + process.stderr).splitlines() if beginning in line]
    return line.partition(beginning)[2]


@pytest.mark.slow
@pytest.mark.fault(
    "disk full in a run (checkpoint, saving)",
    "one line; no half folder; with room, history and losses of the undisturbed run, bit by bit",
)
@pytest.mark.parametrize(
    ("room", "expected"),
    [
        pytest.param(
            250_000,
            ".safetensors: cannot be written (No space left on device); make room and start again: the run goes",
            id="at a checkpoint",
        ),
        pytest.param(450_000, "No space left on device", id="at saving"),
    ],
)
def test_a_run_whose_disk_is_full_leaves_a_line_and_goes_on_when_there_is_room(disk, tmp_path, room, expected):
    runs = disk.path / "runs"
    disk.leave(room)
    line = the_line(train(tmp_path, runs), " failed: ")
    assert str(runs) in line
    assert expected in line
    assert "make room" in line
    assert [path.name for path in runs.iterdir() if not path.name.startswith(".")] == []
    assert list((runs / ".unfinished").iterdir()) == []
    disk.make_room()
    process = train(tmp_path, runs)
    assert process.returncode == 0, process.stdout
    (folder,) = [path.parent for path in runs.glob("[!.]*/metrics.json")]
    finished, undisturbed = read_run(folder), fit(Config(**{**QUICK, "norm": "ln", "epochs": 3}))
    assert without_times(finished.history) == without_times(undisturbed.history)
    assert (finished.predictions["loss"] == undisturbed.predictions.loss.numpy()).all()
    assert finished.metrics["extra"]["resumed_after"] in ([[3]] if room > 400_000 else [[1], [2]])


@pytest.mark.fault("no room at all for the runs", "refused at once in one line")
def test_a_job_without_any_room_is_refused_at_once(disk, tmp_path):
    disk.leave(0)
    assert the_line(train(tmp_path, disk.path / "runs"), "error: ") == f"{disk.path}/runs: {FULL}"


@pytest.mark.fault("folder of runs read-only", "refused in one line")
def test_a_folder_of_runs_that_is_read_only_is_refused(disk, tmp_path):
    disk.make_read_only()
    line = the_line(train(tmp_path, disk.path / "runs"), "error: ")
    assert (
        line == f"RUNS={disk.path}/runs: cannot be made, for {disk.path} cannot be written; name another folder (RUNS=)"
    )


@pytest.mark.fault("disk full at rendering", "one line; the report before and the run are there, byte by byte")
@pytest.mark.parametrize(
    ("renderer", "room"),
    [("preview", 300_000), pytest.param("quarto", 3_000_000, marks=[NEEDS_QUARTO, pytest.mark.slow])],
)
def test_a_report_that_has_no_room_leaves_the_one_before(disk, renderer, room):
    report = report_of_ours(disk.path / "report", dict.fromkeys(("index.html", "report.pdf"), "the one before"))
    disk.leave(room)
    before = files_below(disk.path)
    process = workflow("render", "--results", "results", "--output", report, "--renderer", renderer)
    assert process.returncode == 1
    (line,) = process.stderr.splitlines()
    assert re.search("(No space left|disk is full).*; make room there, or name another folder", line)
    assert files_below(disk.path) == before


@pytest.mark.fault("report's folder read-only", "refused in one line")
def test_a_report_on_a_disk_that_is_read_only_is_refused(disk):
    disk.make_read_only()
    process = workflow("render", "--results", "results", "--output", disk.path / "report", "--renderer", "preview")
    line = the_line(process, "error: ")
    assert line.startswith(
        f"OUTPUT={disk.path}/report: cannot be made, for {disk.path} cannot be written; name another"
    )


def test_a_full_disk_under_the_scheduler_s_records_is_named(disk):
    log = disk.path / "runs/.logs/snakemake.log"
    log.parent.mkdir(parents=True)
    log.write_text("Arguments: ()\n")
    disk.leave(0)
    assert last_error(log).startswith(f"{disk.path}/runs: only 0 bytes are free there; make room there")


@pytest.mark.slow
@pytest.mark.fault("disk full at publishing", "every published file byte by byte; with room, it is published")
def test_publishing_on_a_full_disk_leaves_what_was_published(disk, trained, whole):
    """In a copy of the checkout, with a finished run that is to be published."""
    checkout = disk.path / "checkout"
    for name in ("src", "workflow"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copyfile(ROOT / name, checkout / name)
    (checkout / "params").mkdir()
    (checkout / "params/gn.yaml").write_text(yaml.safe_dump(trained.config.model_dump()))
    shutil.copytree(whole, checkout / "runs" / whole.name)
    disk.leave(0)
    before = files_below(checkout)

    def publish():
        return run(
            *("env", "-C", checkout, sys.executable, "workflow/publish.py"),
            PYTHONPATH=str(checkout / "src"),
            PYTHONDONTWRITEBYTECODE="1",
        )

    line = the_line(publish(), "error: results: ")
    assert "No space left on device" in line
    assert "; make room there" in line
    assert files_below(checkout) == before
    disk.make_room()
    process = publish()
    assert process.returncode == 0, process.stderr
    assert files_below(checkout / "results" / whole.name) == files_below(whole)
    assert "UCI digits" in (checkout / "README.md").read_text()


@pytest.mark.fault("disk full under a file that is overwritten", "the file before, byte by byte")
def test_a_file_is_replaced_whole_or_not_at_all(disk):
    folder = disk.path / "files"
    folder.mkdir()
    studies, picture, text = folder / "studies.json", folder / "picture.png", folder / "text"
    write_studies(folder, {MAIN: ["a"]})
    save_picture(b"a", picture)
    write_whole(text, "a")
    disk.leave(0)
    before = files_below(folder)
    for path, write in {
        studies: lambda: write_studies(folder, {MAIN: ["a", "b"]}),
        picture: lambda: save_picture(b"b" * 10_000, picture),
        text: lambda: write_whole(text, "b" * 10_000),
    }.items():
        with pytest.raises(DiskError) as caught:
            write()
        assert str(caught.value) == f"{path}: {FULL}"
    assert files_below(folder) == before
    disk.make_room()
    (folder / "link").symlink_to("text")
    write_whole(folder / "link", "b")
    assert text.read_text() == "b"
    assert (folder / "link").is_symlink()


def test_a_folder_that_may_not_be_written_is_named(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "file").write_text("a")
    folder.chmod(0o555)
    if os.access(folder, os.W_OK):
        pytest.skip("whoever runs this may write everywhere")
    with pytest.raises(DiskError, match="Permission denied; see that it is there and can be written"):
        write_whole(folder / "file", "b")
    assert (folder / "file").read_text() == "a"
