"""A new report takes the place of an old one whole, or not at all, and other files stay where they are."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from commands import ROOT
from folders import files_below, report_of_ours, write_files

from normstudy.ownership import PlaceError, recorded

sys.path.insert(0, str(ROOT / "workflow"))

import placement
from placement import clear_up, put_in_place, workshop

OLD = {"index.html": "old", "notebooks/gn.html": "old", "gone/away.png": "old"}
NEW = {"index.html": "new", "report.pdf": "new", "notebooks/ln.html": "new"}


def place(output, files=NEW):
    with workshop(output) as work:
        put_in_place(report_of_ours(work.folder / "page", files), work)


def texts(folder):
    return {name: text.decode() for name, text in files_below(folder).items() if name != "render.json"}


def test_a_report_takes_the_place_of_the_one_before(tmp_path):
    output = tmp_path / "deep/report"
    place(output, OLD)
    assert texts(output) == OLD
    output.chmod(0o750)
    place(output)
    assert texts(output) == NEW
    assert recorded(output).keys() == NEW.keys()
    assert output.stat().st_mode & 0o777 == 0o750
    assert os.listdir(tmp_path / "deep") == ["report"]
    assert not (output / "gone").exists()


def test_files_of_others_stay_in_a_report(tmp_path):
    output = report_of_ours(tmp_path / "report", OLD)
    theirs = {"CNAME": "example", "notebooks/mine.html": "mine", "gone/mine.txt": "mine"}
    write_files(output, theirs)
    (output / "empty").mkdir()
    place(output)
    assert texts(output) == NEW | theirs
    assert (output / "empty").is_dir()
    assert os.listdir(tmp_path) == ["report"]
    place(output, OLD)
    assert texts(output) == OLD | theirs


@pytest.mark.parametrize(
    "theirs", [{"report.pdf": "mine"}, {"report.pdf/mine.txt": "mine"}, {"render.json/mine.txt": "mine"}]
)
def test_a_file_of_others_that_is_in_the_way_is_named_and_all_stays(tmp_path, theirs):
    output = report_of_ours(tmp_path / "report", OLD) if "render.json/mine.txt" not in theirs else tmp_path / "report"
    write_files(output, theirs)
    before = files_below(tmp_path)
    with pytest.raises(PlaceError, match=f"{next(iter(theirs)).split('/')[0]}: is no file of the report"):
        place(output)
    assert files_below(tmp_path) == before


def test_a_folder_of_notebooks_that_is_a_file_of_others_is_named(tmp_path):
    output = report_of_ours(tmp_path / "report", {"index.html": "old"})
    write_files(output, {"notebooks": "mine"})
    before = files_below(tmp_path)
    with pytest.raises(PlaceError, match="notebooks/"):
        place(output)
    assert files_below(tmp_path) == before


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "report").symlink_to("elsewhere")
    for files in (OLD, NEW):
        place(tmp_path / "report", files)
        assert (tmp_path / "report").is_symlink()
        assert texts(tmp_path / "elsewhere") == files


@pytest.mark.fault("report on a mount point", "its contents are exchanged; other files stay")
def test_a_mounted_folder_gets_its_contents_exchanged(disk):
    write_files(disk.path, {"mine.txt": "mine"})
    (disk.path / "mine.txt").unlink()
    for files in (OLD, NEW):
        place(disk.path, files)
        assert texts(disk.path) == files
        assert not (disk.path / ".normstudy-report").exists()


def test_a_folder_that_does_not_move_gets_its_contents_exchanged(tmp_path, monkeypatch):
    """As one that is mounted from the same disk, which cannot be told beforehand."""
    output = report_of_ours(tmp_path / "report", OLD)
    rename = type(output).rename

    def refuse(self, target):
        if self == output:
            raise OSError(16, "Device or resource busy", str(self))
        return rename(self, target)

    monkeypatch.setattr(type(output), "rename", refuse)
    inode = output.stat().st_ino
    place(output)
    assert texts(output) == NEW
    assert output.stat().st_ino == inode


def test_a_disk_that_refuses_leaves_the_report_before(tmp_path, monkeypatch):
    output = report_of_ours(tmp_path / "report", OLD)
    write_files(output, {"mine.txt": "mine"})
    before = files_below(tmp_path)
    rename, left = type(output).rename, [3]

    def refuse(self, target):
        left[0] -= 1
        if not left[0]:
            raise OSError(28, "No space left on device", str(target))
        return rename(self, target)

    for moves in range(1, 8):
        left[0] = moves
        monkeypatch.setattr(type(output), "rename", refuse)
        with pytest.raises(OSError, match="No space left"):
            place(output)
        monkeypatch.undo()
        assert files_below(tmp_path) == before


@pytest.mark.fault("SIGKILL between any two renamings of a report", "the report before is back, byte by byte", tried=7)
def test_a_kill_at_any_moment_leaves_the_report_before(tmp_path):
    output = report_of_ours(tmp_path / "report", OLD)
    write_files(output, {"mine.txt": "mine"})
    before = files_below(output)
    program = (
        "import sys, os, signal; from pathlib import Path; sys.path[:0] = [{workflow!r}, {tests!r}, {own!r}]\n"
        "import test_placement as t\n"
        "rename, left = Path.rename, [{moves}]\n"
        "def die(self, target):\n"
        "    left[0] -= 1\n"
        "    left[0] or os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return rename(self, target)\n"
        "Path.rename = die\n"
        "t.place(Path({output!r}))\n"
    )
    for moves in range(1, 8):
        names = {
            "workflow": str(ROOT / "workflow"),
            "tests": str(ROOT / "tests"),
            "own": str(ROOT / "tests/workflow"),
            "output": str(output),
        }
        process = subprocess.run([sys.executable, "-c", program.format(moves=moves, **names)], capture_output=True)
        assert process.returncode == -signal.SIGKILL, process.stderr
        clear_up(output)
        assert files_below(output) == before, moves
        assert os.listdir(tmp_path) == ["report"]
    place(output)
    assert texts(output) == NEW | {"mine.txt": "mine"}


def test_what_a_killed_one_left_goes_and_a_folder_of_others_stays(tmp_path):
    left = write_files(tmp_path / ".report.new", {".lock": "", "html/half.html": "half", "exchange.json": "[["})
    clear_up(tmp_path / "report")
    assert not left.exists()
    theirs = write_files(left, {"mine.txt": "mine"})
    for attempt in (clear_up, place):
        with pytest.raises(PlaceError, match=r"\.report\.new: a report is made there, but it holds something else"):
            attempt(tmp_path / "report")
    assert (theirs / "mine.txt").read_text() == "mine"
    (tmp_path / ".other.new").write_text("mine")
    with pytest.raises(PlaceError, match=r"\.other\.new: a report is made there"):
        clear_up(tmp_path / "other")


def test_one_process_at_a_time_makes_a_report(tmp_path):
    going_on, most = [], []

    def work():
        for _ in range(50):
            with workshop(tmp_path / "report") as made:
                going_on.append(made)
                (made.folder / "page").mkdir()  # there is none yet
                most.append(len(going_on))
                going_on.pop()

    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(work) for _ in range(4)]:
            each.result()
    assert most == [1] * 200
    assert list(tmp_path.iterdir()) == []  # no lock, either


def test_the_journal_says_what_is_moved(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(placement, "_take_back", lambda folder: None)
    output = report_of_ours(tmp_path / "report", OLD)
    rename = type(output).rename
    monkeypatch.setattr(
        type(output),
        "rename",
        lambda self, target: (
            seen.append(json.loads((tmp_path / ".report.new/exchange.json").read_text())),
            rename(self, target),
        ),
    )
    place(output)
    assert [[str(output), str(tmp_path / ".report.new/earlier")]] == seen[0][:1]
