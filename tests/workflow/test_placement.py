"""A new report takes the place of an old one whole, or not at all, and other files stay where they are."""

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

from placement import clear_up, put_in_place, workshop

OLD = {"index.html": "old", "notebooks/gn.html": "old", "gone/away.png": "old"}
NEW = {"index.html": "new", "report.pdf": "new", "notebooks/ln.html": "new"}


def place(output, files=NEW):
    with workshop(output) as work:
        put_in_place(report_of_ours(work / "page", files), output)


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
    with pytest.raises(PlaceError, match=f"{next(iter(theirs))}: is no file of the report"):
        place(output)
    assert files_below(tmp_path) == before


def test_a_folder_of_notebooks_that_is_a_file_of_others_is_named(tmp_path):
    output = report_of_ours(tmp_path / "report", {"index.html": "old"})
    write_files(output, {"notebooks": "mine"})
    before = files_below(tmp_path)
    with pytest.raises(PlaceError, match="notebooks: is no file"):
        place(output)
    assert files_below(tmp_path) == before


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "report").symlink_to("elsewhere")
    for files in (OLD, NEW):
        place(tmp_path / "report", files)
        assert (tmp_path / "report").is_symlink()
        assert texts(tmp_path / "elsewhere") == files


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

    for moves in (1, 2):  # the report before, the new one
        left[0] = moves
        monkeypatch.setattr(type(output), "rename", refuse)
        with pytest.raises(OSError, match="No space left"):
            place(output)
        monkeypatch.undo()
        assert files_below(tmp_path) == before


@pytest.mark.fault("SIGKILL between any two renamings of a report", "the report before is back, byte by byte", tried=3)
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
    for moves in range(1, 4):
        names = {
            "workflow": str(ROOT / "workflow"),
            "tests": str(ROOT / "tests"),
            "own": str(ROOT / "tests/workflow"),
            "output": str(output),
        }
        process = subprocess.run([sys.executable, "-c", program.format(moves=moves, **names)], capture_output=True)
        assert process.returncode == -signal.SIGKILL, process.stderr
        clear_up(output)
        assert files_below(output) == before or moves == 3, moves
        assert os.listdir(tmp_path) == ["report"]
    assert texts(output) == NEW | {"mine.txt": "mine"}  # killed when all but that file was in place


def test_folders_of_others_and_of_those_at_work_stay(tmp_path):
    theirs = write_files(tmp_path / ".report.mine.new", {"mine.txt": "mine"})
    with workshop(tmp_path / "report") as work:
        clear_up(tmp_path / "report")
        place(tmp_path / "report", OLD)
        put_in_place(report_of_ours(work / "page", NEW), tmp_path / "report")
    assert texts(tmp_path / "report") == NEW
    assert sorted(os.listdir(tmp_path)) == [".report.mine.new", "report"]
    assert (theirs / "mine.txt").read_text() == "mine"


def test_many_at_once_leave_one_report(tmp_path):
    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(place, tmp_path / f"report{number % 2}") for number in range(2)]:
            each.result()
    assert sorted(os.listdir(tmp_path)) == ["report0", "report1"]
